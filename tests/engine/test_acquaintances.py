"""The names of task functions; what pools do with them is in tests/contracts/test_tasks_by_name.py."""

from __future__ import annotations

import re

import pytest

from poolapp.engine import InvalidOptionType
from poolapp.engine.acquaintances import Acquaintances


@pytest.fixture
def acquaintances() -> Acquaintances:
    return Acquaintances({})


@pytest.mark.parametrize("name", [[], 3, None])
def test_what_is_no_text_is_no_name(acquaintances: Acquaintances, name: object):
    message = f"^a task's name must be text, not {re.escape(repr(name))}$"

    with pytest.raises(InvalidOptionType, match=message):
        acquaintances.has(name)
    with pytest.raises(InvalidOptionType, match=message):
        acquaintances.remove(name)

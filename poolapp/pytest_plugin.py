"""Fixtures for the tests of sites, known to pytest by themselves; nothing is imported until one is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from poolapp.testing import Recording


@pytest.fixture
def immediate_pools() -> Iterator[None]:
    """Run every task at once, in the thread and the transaction of the test."""
    from poolapp.testing import immediate_pools

    with immediate_pools():
        yield


@pytest.fixture
def recorded_tasks() -> Iterator[Recording]:
    """Run no task; the Recording tells which were asked for."""
    from poolapp.testing import record_tasks

    with record_tasks() as recording:
        yield recording

"""The rules by themselves, as task functions use them too; those of options are in test_option_errors.py."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from poolapp.engine import InvalidOption, InvalidOptionType
from poolapp.engine.validation import (
    did_you_mean,
    require_known,
    require_name,
    require_path,
    require_priority,
    require_slots,
    require_text,
    require_wait,
)


@pytest.mark.parametrize("value", [-20, 0, 19])
def test_a_priority_is_a_nice_level(value):
    require_priority("priority", value)


@pytest.mark.parametrize("value", [-21, 20, 10**9])
def test_a_priority_beyond_the_nice_levels_is_refused(value):
    with pytest.raises(InvalidOption, match=f"^priority must be a whole number from -20 to 19, not {value}$"):
        require_priority("priority", value)


@pytest.mark.parametrize("value", ["", "1", 1.0, None, True])
def test_a_priority_is_a_whole_number(value):
    with pytest.raises(InvalidOptionType, match=f"^priority must be a whole number, not {value!r}$"):
        require_priority("priority", value)


@pytest.mark.parametrize("value", [[0], (3, 1), [5, 0, 2]])
def test_slots_are_a_list_or_a_tuple_of_whole_numbers(value):
    require_slots("workers", value)


@pytest.mark.parametrize(
    "value, message",
    [
        ([], "workers must name at least one slot, not []"),
        ((), "workers must name at least one slot, not ()"),
        ([0, -1], "workers must name slots, which are whole numbers from 0, not -1"),
        ([1, 0, 1], "workers must name each slot once, not [1, 0, 1]"),
    ],
)
def test_slots_are_at_least_one_and_each_once(value, message):
    with pytest.raises(InvalidOption, match=f"^{re.escape(message)}$"):
        require_slots("workers", value)


@pytest.mark.parametrize(
    "value, message",
    [
        (0, "workers must be a list or tuple of slots, not 0"),
        ("01", "workers must be a list or tuple of slots, not '01'"),
        ({0}, "workers must be a list or tuple of slots, not {0}"),
        (None, "workers must be a list or tuple of slots, not None"),
        ([0.5], "workers must name slots, which are whole numbers from 0, not 0.5"),
        (["0"], "workers must name slots, which are whole numbers from 0, not '0'"),
        ([False], "workers must name slots, which are whole numbers from 0, not False"),
        ([[0]], "workers must name slots, which are whole numbers from 0, not [0]"),
    ],
)
def test_slots_of_other_types_are_refused(value, message):
    with pytest.raises(InvalidOptionType, match=f"^{re.escape(message)}$"):
        require_slots("workers", value)


@pytest.mark.parametrize("value, error", [("", InvalidOption), (" \n", InvalidOption), (3, InvalidOptionType)])
def test_a_name_is_text_that_is_not_blank(value, error):
    require_name("name", "photos")

    with pytest.raises(error, match=r"^name must"):
        require_name("name", value)


def test_text_may_be_blank():
    require_text("name", "")

    with pytest.raises(InvalidOptionType, match=r"^name must be text, not \[\]$"):
        require_text("name", [])


@pytest.mark.parametrize("value", [None, 0, 0.0, 2, 0.001, float("inf")])
def test_a_call_may_wait_for_a_time_or_for_ever_or_not_at_all(value):
    require_wait("timeout", value)


@pytest.mark.parametrize("value", [-1, -0.001, float("-inf"), float("nan")])
def test_a_call_cannot_wait_for_less_than_no_time(value):
    with pytest.raises(InvalidOption, match=f"^timeout must be at least 0 seconds, not {value!r}$"):
        require_wait("timeout", value)


@pytest.mark.parametrize("value", ["5", True, False, [1], 1j, timedelta(seconds=1)])
def test_what_a_call_may_wait_is_a_number_of_seconds(value):
    with pytest.raises(
        InvalidOptionType, match=f"^timeout must be None or a number of seconds, not {re.escape(repr(value))}$"
    ):
        require_wait("timeout", value)


@pytest.mark.parametrize(
    "path", ["os", "os:", ":getcwd", "os:get cwd", "os.:getcwd", "os:path:join", "os path:join", "./os:getcwd", ":"]
)
def test_an_import_path_has_a_form(path: str):
    with pytest.raises(InvalidOption, match="hook must be of the form"):
        require_path("hook", path)


def test_only_the_packages_around_a_module_are_imported_to_find_it(tmp_path: Path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "hooks_of_a_test").mkdir()
    (tmp_path / "hooks_of_a_test" / "__init__.py").touch()
    (tmp_path / "hooks_of_a_test" / "broken.py").write_text("raise RuntimeError('not yet')")

    require_path("hook", "hooks_of_a_test.broken:anything")

    assert "hooks_of_a_test.broken" not in sys.modules


def test_a_package_that_cannot_be_imported_is_told_with_its_reason(tmp_path: Path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "broken_package_of_a_test").mkdir()
    (tmp_path / "broken_package_of_a_test" / "__init__.py").write_text("raise RuntimeError('not yet')")

    with pytest.raises(InvalidOption, match=r"hook 'broken_package_of_a_test.hooks:f' cannot be imported: not yet"):
        require_path("hook", "broken_package_of_a_test.hooks:f")


@pytest.mark.parametrize(
    "name, question",
    [
        ("max_sise", "; did you mean 'max_size'?"),
        ("MAX_SIZE", "; did you mean 'max_size'?"),
        ("minsize", "; did you mean 'MIN_SIZE'?"),
        ("zzz", ""),
        (3, ""),
    ],
)
def test_the_nearest_name_is_asked_for(name: object, question: str):
    assert did_you_mean(name, ("MIN_SIZE", "max_size")) == question


@pytest.mark.parametrize(
    "name, message",
    [
        ("max_sise", "a pool has no option 'max_sise'; did you mean 'max_size'?"),
        ("zzz", "a pool has no option 'zzz'; it has min_size, max_size"),
        ([], "a pool has no option []; it has min_size, max_size"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest_one_or_with_all(name: object, message: str):
    known = ("min_size", "max_size")
    require_known("a pool", known, known)

    with pytest.raises(InvalidOptionType, match=f"^{re.escape(message)}$"):
        require_known("a pool", [*known, name], known)

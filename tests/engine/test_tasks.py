"""Names of functions, where another process finds them, and what is expected of them."""

from __future__ import annotations

import functools
import math
import os
import re
from pathlib import Path

import pytest

from poolapp.engine import AbortSignal, InvalidOption, InvalidOptionType, Pool, PoolOptions
from poolapp.engine.tasks import (
    KnownFunction,
    TaskFunction,
    dotted_path,
    load,
    load_option,
    plain_function,
    resolve,
)
from tests.engine import functions


@pytest.mark.parametrize(
    "function, name",
    [
        (functions.add, "tests.engine.functions.add"),
        (functions.Adder.from_class, "tests.engine.functions.Adder.from_class"),
        (functions.Adder(1).method, "tests.engine.functions.Adder.method"),
        (functions.Adder(1), "tests.engine.functions.Adder"),
        (functools.partial(functions.add, 1), "tests.engine.functions.add"),
        (math.sqrt, "math.sqrt"),
        ("abc".upper, "builtins.str.upper"),
        (functions.Adder, "tests.engine.functions.Adder"),
    ],
)
def test_the_default_name_of_a_task_is_the_path_of_its_function(function: object, name: str):
    assert dotted_path(function) == name


@pytest.mark.parametrize(
    "function",
    [
        functions.add,
        functions.add_later,
        functions.Adder,
        functions.Adder.from_nothing,
        functions.Adder.from_class,
        functions.decorated,
        math.sqrt,
        os.getpid,
        len,
    ],
)
def test_what_can_be_imported_has_a_reference(function: object):
    reference = TaskFunction(function, "name").reference

    assert reference is not None
    assert plain_function(load(reference)) == function


OPTIONS = "function, name, priority, strategy, workers, timeout, full_timeout, signal, retry_lost"


def test_a_function_behind_a_task_function_has_the_reference_of_the_task_function():
    reference = functions.doubled.reference

    assert reference == "tests.engine.functions:doubled"
    assert plain_function(load(reference)) is functions.doubled.function


@pytest.mark.parametrize(
    "function",
    [
        lambda: 1,
        functools.partial(functions.add, 1),
        functions.Adder(1),
        functions.Adder(1).method,
        "abc".upper,
        functions.decorated.__wrapped__,
    ],
)
def test_what_cannot_be_imported_has_no_reference(function: object):
    assert TaskFunction(function, "name").reference is None


def test_a_function_of_the_main_script_has_no_reference(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(functions.nothing, "__module__", "__main__")

    assert TaskFunction(functions.nothing, "name").reference is None


def test_a_task_function_is_still_a_function():
    assert functions.doubled(4) == 8


def test_a_call_is_aborted_by_a_signal_only():
    show, signal = TaskFunction(print, "show"), AbortSignal()

    assert show.using(signal=signal).using(signal=None).signal is None
    with pytest.raises(InvalidOptionType, match=r"^signal must be None or an AbortSignal, not 3$"):
        show.using(signal=3)


@pytest.mark.parametrize(
    "option, message",
    [
        ("prioritty", "a task has no option 'prioritty'; did you mean 'priority'?"),
        (
            "lane",
            f"a task has no option 'lane'; it has {OPTIONS}",
        ),
        (
            "zzz",
            f"a task has no option 'zzz'; it has {OPTIONS}",
        ),
    ],
)
def test_only_what_there_is_can_be_special_about_a_call(option: str, message: str):
    with pytest.raises(InvalidOptionType, match=f"^{re.escape(message)}$"):
        TaskFunction(print, "show").using(**{option: 1})


@pytest.mark.parametrize(
    "path, reason",
    [
        ("tests.engine.functions:gone", "module 'tests.engine.functions' has no attribute 'gone'"),
        ("tests.engine.functions:Adder.gone", "type object 'Adder' has no attribute 'gone'"),
        ("tests.engine.no_such_module:gone", "No module named 'tests.engine.no_such_module'"),
    ],
)
def test_an_option_that_leads_nowhere_is_told_with_its_path(path: str, reason: str):
    message = re.escape(f"error_handler {path!r} cannot be imported: {reason}")

    with pytest.raises(InvalidOption, match=f"^{message}$"):
        load_option("error_handler", path)
    with pytest.raises(InvalidOption, match=f"^{message}$"):
        resolve(path, "error_handler")


def test_an_option_whose_module_fails_is_told_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "broken_module_of_a_test.py").write_text("raise RuntimeError('not yet')")

    with pytest.raises(InvalidOption, match=r"^finalizer 'broken_module_of_a_test:f' cannot be imported: not yet$"):
        load_option("finalizer", "broken_module_of_a_test:f")


def test_a_handler_that_leads_nowhere_is_refused_as_the_pool_is_made():
    path = "tests.engine.functions:gone"

    with pytest.raises(InvalidOption, match=f"handler '{path}' cannot be imported: module .* has no attribute 'gone'"):
        Pool(PoolOptions(worker="inline", error_handler=path))


def test_nothing_is_expected_of_a_function_that_never_ran():
    assert KnownFunction(TaskFunction(len, "len")).expected == math.inf


def test_expectations_follow_the_measurements():
    known = KnownFunction(TaskFunction(len, "len"))

    for run_time in (1.0, 2.0, 2.0):
        known.learn(run_time)

    assert known.expected == pytest.approx(1.36)

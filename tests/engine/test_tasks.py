"""Names of functions, where another process finds them, and what is expected of them."""

from __future__ import annotations

import functools
import math
import os

import pytest

from poolapp.engine.tasks import KnownFunction, TaskFunction, dotted_path, load, plain_function
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


def test_nothing_is_expected_of_a_function_that_never_ran():
    assert KnownFunction(TaskFunction(len, "len")).expected == math.inf


def test_expectations_follow_the_measurements():
    known = KnownFunction(TaskFunction(len, "len"))

    for run_time in (1.0, 2.0, 2.0):
        known.learn(run_time)

    assert known.expected == pytest.approx(1.36)

"""The arguments of calls as JSON: exactly what they were, or nothing."""

from __future__ import annotations

import enum
import math
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolapp.engine.told_again import LONGEST_CALL, MOST_VALUES, call_json, read_call

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
)
ANYTHING = st.recursive(
    PLAIN | st.binary() | st.complex_numbers() | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.frozensets(st.integers())
        | st.dictionaries(st.integers() | st.text(max_size=4), inner, max_size=4)
    ),
)


def show(size: int = 0, *more: Any, **options: Any) -> None:
    """Nothing in it sounds secret."""


def sign_in(user: str, password: str, *more: object) -> None:
    """Something with a secret."""


def same(one: Any, other: Any) -> bool:
    """Equal, and of equal types all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, float):
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    return bool(one == other)


@given(st.lists(ANYTHING, max_size=4), st.dictionaries(st.text(max_size=4), ANYTHING, max_size=4))
def test_what_is_kept_is_exactly_what_was_given(args: list[Any], kwargs: dict[str, Any]):
    text = call_json(show, tuple(args), kwargs)

    assert text == "" or same(list(read_call(text)), [args, kwargs])


@given(st.lists(PLAIN, max_size=3))
def test_plain_values_are_kept(args: list[Any]):
    text = call_json(show, tuple(args), {})

    has_no_json = any(word in repr(args) for word in ("nan", "inf", "KEY", "API", "PASS", "AUTH"))
    assert text or has_no_json or len(repr(args)) > LONGEST_CALL / 12


class Word(str):
    """Text, and more than text."""

    __slots__ = ()


class Colour(enum.IntEnum):
    RED = 1


class Sly(list):  # type: ignore[type-arg]
    def __iter__(self) -> Any:
        raise RuntimeError("not to be looked at")


ONLY_IN_PYTHON = [
    (1, 2),
    [(1, 2)],
    {5: "five"},
    {1.5: 1},
    {None: 1},
    math.nan,
    -math.inf,
    b"bytes",
    {1},
    Word("text"),
    Colour.RED,
    {Word("of another type"): 1},
    object(),
    Sly([1]),
    [[Sly()]],
    10**5000,
]


@pytest.mark.parametrize("value", ONLY_IN_PYTHON, ids=lambda value: type(value).__name__)
def test_what_json_would_change_is_not_kept(value: Any):
    assert call_json(show, (value,), {}) == ""
    assert call_json(show, (), {"value": value}) == ""


def test_values_without_end_are_not_kept():
    again: list[Any] = []
    again.append(again)
    wide: list[Any] = []
    for _ in range(60):
        wide = [wide, wide]

    assert call_json(show, (again,), {}) == ""
    assert call_json(show, (wide,), {}) == ""


def test_long_calls_are_not_kept():
    longest = "x" * (LONGEST_CALL - len(call_json(show, ("",), {})))

    assert len(call_json(show, (longest,), {})) == LONGEST_CALL
    assert call_json(show, (longest + "x",), {}) == ""
    assert call_json(show, (["ab"] * LONGEST_CALL,), {}) == ""
    assert call_json(show, ("é" * (LONGEST_CALL // 2),), {}) == ""


@pytest.mark.parametrize(
    "args, kwargs",
    [
        (("ada", "lovelace"), {}),
        (("ada",), {"password": "lovelace"}),
        (("ada",), {"Api_Key": None}),
        (({"Password": "lovelace"},), {}),
        (([{"inner": [{"session_token": "lovelace"}]}],), {}),
    ],
)
def test_nothing_is_kept_of_a_call_with_a_secret(args: tuple[Any, ...], kwargs: dict[str, Any]):
    assert call_json(sign_in, args, kwargs) == ""


@pytest.mark.parametrize("parts", [1, "x", None, [], {}, [[]], {"a": []}], ids=repr)
def test_a_call_of_many_parts_is_not_looked_through_to_its_end(parts: Any):
    """The pool does nothing else meanwhile; seconds are counted in steps, which are the same everywhere."""
    value = [parts] * 1500
    steps = 0

    def count(frame: Any, event: str, _: Any) -> Any:
        nonlocal steps
        steps += event == "line"
        return count

    sys.settrace(count)
    try:
        text = call_json(show, (value,), {})
    finally:
        sys.settrace(None)

    assert text == ""
    assert steps < 300


def test_the_most_parts_are_kept():
    assert call_json(show, ([1] * (MOST_VALUES - 5),), {})


def test_a_call_without_its_secret_is_kept():
    assert read_call(call_json(sign_in, ("ada",), {})) == (["ada"], {})


NO_CALLS = [
    "",
    "nonsense",
    "[]",
    "{}",
    '{"args": []}',
    '{"args": {}, "kwargs": {}}',
    '{"args": [], "kwargs": []}',
    '{"args": [], "kwargs": {}, "more": 1}',
    "[" * 100_000,
]


@pytest.mark.parametrize("text", NO_CALLS, ids=lambda text: text[:20])
def test_what_is_no_call_is_not_read(text: str):
    with pytest.raises(ValueError, match=r"\w"):
        read_call(text)

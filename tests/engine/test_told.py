"""Values as text: short, and without secrets."""

from __future__ import annotations

import functools

import pytest

from poolapp.engine.told import call_text, value_text


def sign_in(user: str, password: str, *more: object, **options: object) -> None:
    """Something with a secret."""


class Gate:
    def sign_in(self, user: str, password: str) -> None:
        """The same as a method."""


@pytest.mark.parametrize(
    "args, kwargs, text",
    [
        (("ada", "lovelace"), {}, "'ada', ********"),
        (("ada",), {"password": "lovelace"}, "'ada', password=********"),
        (("ada",), {"api_key": 1, "size": 2}, "'ada', api_key=********, size=2"),
        (("ada", "lovelace", "third"), {}, "'ada', ********, 'third'"),
        (({"name": "ada", "Password": "lovelace"},), {}, "{'name': 'ada', 'Password': ********}"),
        (([{"session_token": "lovelace"}],), {}, "[{'session_token': ********}]"),
        (({5: "five"},), {}, "{5: 'five'}"),
        ((), {}, ""),
    ],
)
def test_what_sounds_like_a_secret_is_hidden_by_its_name(args: tuple, kwargs: dict, text: str):
    assert call_text(sign_in, args, kwargs) == text


@pytest.mark.parametrize(
    "function", [Gate().sign_in, functools.partial(sign_in), functools.wraps(sign_in)(lambda *args: None)]
)
def test_parameters_are_known_of_whatever_is_called(function):
    assert call_text(function, ("ada", "lovelace"), {}) == "'ada', ********"


class Unhashable:
    __hash__ = None  # type: ignore[assignment]

    def __call__(self, value: str) -> None:
        """It cannot be a key."""


@pytest.mark.parametrize("function", [Unhashable(), min, int])
def test_functions_of_which_nothing_is_known_have_plain_arguments(function):
    assert call_text(function, ("plain",), {}) == "'plain'"


def test_mappings_are_shortened_and_not_followed_without_end():
    many = {number: number for number in range(100)}
    inner: dict[str, object] = {}
    inner["again"] = inner

    assert value_text(many).endswith(", 3: 3, ...}")
    assert len(value_text(inner)) < 200
    assert value_text({"result": {"secret": 1}}) == "{'result': {'secret': ********}}"


def test_what_cannot_be_told_is_told_so():
    class Broken(dict):
        def items(self):
            raise RuntimeError("no items")

    assert value_text({"inner": Broken(a=1)}) == "{'inner': {'a': 1}}"
    assert "RuntimeError" in call_text(sign_in, (type("dict", (Broken,), {})(a=1),), {})

"""Values as text, for people: short, and without what names tell to be secret."""

from __future__ import annotations

import functools
import inspect
import re
import reprlib
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from poolapp.engine.workers.running import describe

# What a secret is likely to be called; Django's error pages go by such a list too.
SECRET = re.compile("API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|COOKIE|CREDENTIAL", re.IGNORECASE)
HIDDEN = "********"


def call_text(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """The arguments of a function as one would write them in a call."""
    try:
        names = positional_names(function)
        parts = [_told(name, value) for name, value in zip(names, args, strict=False)]
        parts += [_repr.repr(value) for value in args[len(names) :]]
        return ", ".join([*parts, *(f"{name}={_told(name, value)}" for name, value in kwargs.items())])
    except Exception as exc:
        return f"<no text: {describe(exc)}>"


def value_text(value: Any) -> str:
    """A single value."""
    try:
        return _repr.repr(value)
    except Exception as exc:
        return f"<no text: {describe(exc)}>"


class _Repr(reprlib.Repr):
    """Shortens wherever a value is long, and hides the values of mappings whose keys sound like it."""

    def repr_dict(self, mapping: Mapping[Any, Any], level: int) -> str:
        if level <= 0 < len(mapping):
            return "{...}"
        pairs = [
            f"{self.repr1(key, level - 1)}: {HIDDEN if is_secret(key) else self.repr1(value, level - 1)}"
            for key, value in islice(mapping.items(), self.maxdict)
        ]
        return f"{{{', '.join(pairs + ['...'] * (len(mapping) > self.maxdict))}}}"


_repr = _Repr()


def _told(name: str, value: Any) -> str:
    return HIDDEN if is_secret(name) else _repr.repr(value)


def is_secret(name: object) -> bool:
    """Whether a name tells that what it stands for is not for everybody."""
    return isinstance(name, str) and SECRET.search(name) is not None


def positional_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """What the parameters are called that can be given by position, none where nobody knows."""
    try:
        return _names(function)
    except TypeError:  # it cannot be a key
        return ()


@functools.lru_cache(maxsize=256)
def _names(function: Callable[..., Any]) -> tuple[str, ...]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(parameter.name for parameter in parameters if parameter.kind in kinds)

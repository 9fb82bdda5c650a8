"""The arguments of a call as JSON, where that says exactly all of them, so that the same can be called once more."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from poolapp.engine.told import is_secret, positional_names

LONGEST_CALL = 10_000
"""Characters of JSON; arguments that need more are not kept."""
MOST_VALUES = 1000
"""Arguments of more parts are not kept either: they are looked through while the pool does nothing else."""
DEEPEST = 50
SCALARS = (str, int, bool, type(None))

Call = tuple[list[Any], dict[str, Any]]


def call_json(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """`{"args": […], "kwargs": {…}}`; empty where JSON would say something else, a name sounds secret, or it is long.

    Reading it gives values that are equal and of the same types, all the way down.
    """
    try:
        if any(map(is_secret, positional_names(function)[: len(args)])):
            return ""
        call = {"args": list(args), "kwargs": dict(kwargs)}
        if not _is_plain(call):
            return ""
        text = json.dumps(call, allow_nan=False)
    except Exception:  # numbers without end, values that change while they are read
        return ""
    return text if len(text) <= LONGEST_CALL else ""


def read_call(text: str) -> Call:
    """The arguments that `call_json` has written; raises ValueError for anything else."""
    try:
        call = json.loads(text)
    except RecursionError as exc:
        raise ValueError("it is nested too deeply") from exc
    if not isinstance(call, dict) or set(call) != {"args", "kwargs"}:
        raise ValueError("a call has args and kwargs")
    args, kwargs = call["args"], call["kwargs"]
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise ValueError("args are a list, and kwargs a mapping")
    return args, kwargs


def _is_plain(value: Any) -> bool:
    """Whether JSON can say it, as far as types and names tell; what is too large is not looked through to its end."""
    waiting, room, parts = [(value, 0)], LONGEST_CALL, 0
    while waiting:
        value, depth = waiting.pop()
        kind = type(value)
        if kind is dict or kind is list:
            parts += len(value)
            room -= 2 * len(value)  # brackets and commas
            if room < 0 or parts > MOST_VALUES or depth > DEEPEST:
                return False
            for key in value if kind is dict else ():
                if type(key) is not str or len(key) > room or is_secret(key):
                    return False
                room -= len(key) + 4  # quotes, colon and space
            waiting += [(part, depth + 1) for part in (value.values() if kind is dict else value)]
        else:
            room -= len(value) + 2 if kind is str else 1
            if room < 0 or not (kind in SCALARS or (kind is float and isfinite(value))):
                return False
    return True

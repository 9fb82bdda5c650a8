"""The arguments of a call as JSON, where that says exactly all of them, so that the same can be called once more."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from poolapp.engine.told import is_secret, positional_names

LONGEST_CALL = 10_000
"""Characters of JSON; arguments that need more are not kept."""
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
    """Whether JSON can say it, as far as types and names tell; what is far too large is not looked through."""
    waiting, room = [(value, 0)], LONGEST_CALL
    while waiting:
        value, depth = waiting.pop()
        kind = type(value)
        room -= len(value) if kind in (str, list, dict) else 1
        if room < 0 or depth > DEEPEST:
            return False
        if kind is dict:
            if not all(type(key) is str and not is_secret(key) for key in value):
                return False
            waiting += [(part, depth + 1) for part in value.values()]
        elif kind is list:
            waiting += [(part, depth + 1) for part in value]
        elif not (kind in SCALARS or (kind is float and isfinite(value))):
            return False
    return True

"""The rules that options follow: InvalidOptionType for a value of the wrong type, InvalidOption for a wrong value."""

from __future__ import annotations

import difflib
import importlib.util
import sys
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from poolapp.engine.errors import InvalidOption, InvalidOptionType

LARGEST = sys.float_info.max


def require_text(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise InvalidOptionType(f"{name} must be text, not {value!r}")


def require_name(name: str, value: Any) -> None:
    """Text that is not blank."""
    require_text(name, value)
    if not value.strip():
        raise InvalidOption(f"{name} must not be blank, not {value!r}")


def require_bool(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise InvalidOptionType(f"{name} must be True or False, not {value!r}")


def require_choice(name: str, value: Any, choices: Collection[str]) -> None:
    """One of some names."""
    message = f"{name} must be one of {', '.join(choices)}, not {value!r}"
    if not isinstance(value, str):
        raise InvalidOptionType(message)
    if value not in choices:
        raise InvalidOption(message + did_you_mean(value, choices))


# Whole numbers


def require_ids(name: str, value: Any) -> list[int]:
    """Whole numbers, in anything that can be iterated over; returns them."""
    if not isinstance(value, Iterable) or isinstance(value, str):
        raise InvalidOptionType(f"{name} must be a list of whole numbers, not {value!r}")
    ids = list(value)
    for number in ids:
        require_int(f"each of {name}", number)
    return ids


def require_int(name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidOptionType(f"{name} must be a whole number, not {value!r}")


def require_at_least(name: str, value: Any, lowest: int) -> None:
    """A whole number from `lowest`."""
    require_int(name, value)
    if value < lowest:
        raise InvalidOption(f"{name} must be at least {lowest}, not {value!r}")


def require_between(name: str, value: Any, lowest: int, highest: int) -> None:
    """A whole number from `lowest` to `highest`."""
    require_int(name, value)
    if not lowest <= value <= highest:
        raise InvalidOption(f"{name} must be a whole number from {lowest} to {highest}, not {value!r}")


def require_priority(name: str, value: Any) -> None:
    """A whole number from -20, which comes first, to 19, as with nice."""
    require_between(name, value, -20, 19)


def require_slots(name: str, value: Any) -> None:
    """A list or tuple of slots, which are whole numbers from 0, each once and at least one."""
    if not isinstance(value, (list, tuple)):
        raise InvalidOptionType(f"{name} must be a list or tuple of slots, not {value!r}")
    if not value:
        raise InvalidOption(f"{name} must name at least one slot, not {value!r}")
    for slot in value:
        message = f"{name} must name slots, which are whole numbers from 0, not {slot!r}"
        if not isinstance(slot, int) or isinstance(slot, bool):
            raise InvalidOptionType(message)
        if slot < 0:
            raise InvalidOption(message)
    if len(set(value)) < len(value):
        raise InvalidOption(f"{name} must name each slot once, not {value!r}")


# Numbers; infinity is one only where it is a time


def require_positive(name: str, value: Any) -> None:
    """A finite number above 0."""
    _require_number(name, value, "a number")
    if not 0 < value <= LARGEST:
        raise InvalidOption(f"{name} must be finite and more than 0, not {value!r}")


def require_not_negative(name: str, value: Any) -> None:
    """A finite number from 0."""
    _require_number(name, value, "a number")
    if not 0 <= value <= LARGEST:
        raise InvalidOption(f"{name} must be finite and at least 0, not {value!r}")


def require_ratio(name: str, value: Any) -> None:
    """A number from 0 to 1."""
    _require_number(name, value, "a number")
    if not 0 <= value <= 1:
        raise InvalidOption(f"{name} must be from 0 to 1, not {value!r}")


def require_seconds(name: str, value: Any) -> None:
    """A number of seconds above 0; infinity is for ever."""
    _require_number(name, value, "a number of seconds")
    if not value > 0:
        raise InvalidOption(f"{name} must be more than 0 seconds, not {value!r}")


def require_patience(name: str, value: Any) -> None:
    """A number of seconds to wait, which may be 0; infinity is for ever."""
    _require_number(name, value, "a number of seconds")
    if not value >= 0:
        raise InvalidOption(f"{name} must be at least 0 seconds, not {value!r}")


def require_timeout(name: str, value: Any) -> None:
    """A number of seconds above 0, or None for no limit."""
    if value is not None:
        _require_number(name, value, "None or a number of seconds")
        require_seconds(name, value)


def require_wait(name: str, value: Any) -> None:
    """A number of seconds that a call may wait, which may be 0, or None for as long as it takes."""
    if value is not None:
        _require_number(name, value, "None or a number of seconds")
        require_patience(name, value)


def _require_number(name: str, value: Any, what: str) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise InvalidOptionType(f"{name} must be {what}, not {value!r}")


# What is found elsewhere: modules and the environment


def require_path(name: str, value: Any) -> None:
    """A "module:function" whose module is there."""
    if not isinstance(value, str):
        raise InvalidOptionType(f'{name} must be text such as "module:function", not {value!r}')
    module, _, function = value.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), *function.split("."))):
        raise InvalidOption(f'{name} must be of the form "module:function", not {value!r}')
    require_module(name, value, module)


def require_handler(name: str, value: Any) -> None:
    """Something to call, or a "module:function"."""
    if isinstance(value, str):
        require_path(name, value)
    elif not callable(value):
        raise InvalidOptionType(f'{name} must be callable or text such as "module:function", not {value!r}')


def require_module(name: str, value: str, module: str) -> None:
    """A module, which `value` names, that can be imported; the packages around it are imported to find it."""
    if sys.modules.get(module) is not None:
        return  # also where it has no spec, such as __main__
    try:
        found = importlib.util.find_spec(module)
    except Exception as exc:  # a package may raise anything while it is imported
        raise InvalidOption(f"{name} {value!r} cannot be imported: {exc}") from exc
    if found is None:
        raise InvalidOption(f"{name} {value!r} cannot be imported: No module named {module!r}")


def require_environment(name: str, value: Any) -> None:
    """A mapping of names to texts that an environment can hold; an error shows no text, it may be a secret."""
    if not isinstance(value, Mapping):
        raise InvalidOptionType(f"{name} must be a mapping of text to text, not {value!r}")
    for key, text in value.items():
        if not isinstance(key, str):
            raise InvalidOptionType(f"{name} must have text as keys, not {key!r}")
        if not key or "=" in key or "\0" in key:
            raise InvalidOption(f"{name} must have keys without '=' and '\\0', and none that is empty, not {key!r}")
        if not isinstance(text, str):
            raise InvalidOptionType(f"{name}[{key!r}] must be text, not of type {type(text).__name__}")
        if "\0" in text:
            raise InvalidOption(f"{name}[{key!r}] must be text without '\\0'")


# Names of options


def require_known(where: str, names: Iterable[object], known: Collection[str]) -> None:
    """Names that are all known; the error suggests the nearest one, or tells what there is."""
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or f"; it has {', '.join(known)}"
            raise InvalidOptionType(f"{where} has no option {name!r}{hint}")


def did_you_mean(name: object, known: Collection[str]) -> str:
    """A question such as "; did you mean 'min_size'?", or nothing."""
    near = difflib.get_close_matches(str(name).lower(), [key.lower() for key in known], n=1)
    return f"; did you mean {next(key for key in known if key.lower() == near[0])!r}?" if near else ""

"""Options that belong together: changed by making others, and given as themselves or as a mapping."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from poolapp.engine.errors import InvalidOption, InvalidOptionType
from poolapp.engine.validation import require_known


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionGroup:
    """The base of all options, which check themselves as they are made."""

    @classmethod
    def given(cls, name: str, value: object) -> Self:
        """The options that `value` is, or that it maps by their names; errors begin with `name`."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise InvalidOptionType(f"{name} must be a {cls.__name__} or a mapping, not {value!r}")
        require_known(name, value, cls._names())
        try:
            return cls(**value)
        except (InvalidOption, InvalidOptionType) as exc:
            raise type(exc)(f"{name}.{exc}") from exc

    def replace(self, **changes: Any) -> Self:
        """The same options with some changes, checked as a whole."""
        require_known(type(self).__name__, changes, self._names())
        return dataclasses.replace(self, **changes)

    @classmethod
    def _names(cls) -> list[str]:
        return [option.name for option in dataclasses.fields(cls)]

    def _set(self, name: str, value: object) -> None:
        """Put what was given into its final form, as an option is made."""
        object.__setattr__(self, name, value)

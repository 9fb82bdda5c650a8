"""Options that belong together: changed by making others, and given as themselves or as a mapping."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from poolapp.engine.errors import InvalidOption, InvalidOptionType
from poolapp.engine.validation import did_you_mean


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
        cls._refuse_unknown(name, value)
        try:
            return cls(**value)
        except (InvalidOption, InvalidOptionType) as exc:
            raise type(exc)(f"{name}.{exc}") from exc

    def replace(self, **changes: Any) -> Self:
        """The same options with some changes, checked as a whole."""
        self._refuse_unknown(type(self).__name__, changes)
        return dataclasses.replace(self, **changes)

    @classmethod
    def _refuse_unknown(cls, where: str, names: Iterable[object]) -> None:
        known = [option.name for option in dataclasses.fields(cls)]
        for name in names:
            if name not in known:
                hint = did_you_mean(name, known) or f"; it has {', '.join(known)}"
                raise InvalidOptionType(f"{where} has no option {name!r}{hint}")

    def _set(self, name: str, value: object) -> None:
        """Put what was given into its final form, as an option is made."""
        object.__setattr__(self, name, value)

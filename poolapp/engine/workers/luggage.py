"""Context variables that travel with a task to a process worker: those that the pool's options name."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import Context
from typing import Any, Protocol, runtime_checkable

from poolapp.engine.errors import InvalidOptionType
from poolapp.engine.tasks import load_option

Values = dict[str, Any]


NOT_SET = object()


@runtime_checkable
class Variable(Protocol):
    """What a ContextVar can do that matters here."""

    def get(self, default: Any, /) -> Any:
        """The value here, or `default`."""

    def set(self, value: Any, /) -> Any:
        """Have this value here from now on."""


class Luggage:
    """The variables, by the paths under which both sides know them ("module:NAME").

    Raises InvalidOption for a path that leads nowhere, InvalidOptionType for something else.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._variables = {path: _load_variable(path) for path in paths}

    def pack(self) -> Values | None:
        """The values that were set where the call comes from, None when there are none."""
        found = ((path, variable.get(NOT_SET)) for path, variable in self._variables.items())
        return {path: value for path, value in found if value is not NOT_SET} or None

    def unpack(self, values: Values | None) -> Context:
        """A fresh context with these values."""
        context = Context()
        for path, value in (values or {}).items():
            context.run(self._variables[path].set, value)
        return context


def _load_variable(path: str) -> Variable:
    variable = load_option("context_vars", path)
    if not isinstance(variable, Variable):
        raise InvalidOptionType(f"context_vars must name context variables, not {path!r}, which is {variable!r}")
    return variable

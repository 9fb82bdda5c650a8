"""Context variables that travel with a task to a process worker: those that the pool's options name."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import Context, ContextVar, copy_context
from typing import Any

from poolapp.engine.errors import InvalidOptionType
from poolapp.engine.tasks import load_option

Values = dict[str, Any]


class Luggage:
    """The variables, by the paths under which both sides know them ("module:NAME").

    Raises InvalidOption for a path that leads nowhere, InvalidOptionType for something else.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._variables: dict[str, ContextVar[Any]] = {path: _load_variable(path) for path in paths}

    def pack(self) -> Values | None:
        """The values that were set where the call comes from, None when there are none."""
        context = copy_context()
        return {path: context[variable] for path, variable in self._variables.items() if variable in context} or None

    def unpack(self, values: Values | None) -> Context:
        """A fresh context with these values."""
        context = Context()
        for path, value in (values or {}).items():
            context.run(self._variables[path].set, value)
        return context


def _load_variable(path: str) -> ContextVar[Any]:
    variable = load_option("context_vars", path)
    if not isinstance(variable, ContextVar):
        raise InvalidOptionType(f"context_vars must name context variables, not {path!r}, which is {variable!r}")
    return variable

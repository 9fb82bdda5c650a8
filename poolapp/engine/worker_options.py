"""What the system grants to the workers of a pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from poolapp.engine.errors import InvalidOption, InvalidOptionType
from poolapp.engine.option_group import OptionGroup
from poolapp.engine.validation import did_you_mean, require_at_least, require_choice, require_priority

SMALLEST_STACK = 32 * 1024  # what threading.stack_size() accepts
LARGEST_LIMIT = 2**63 - 1  # what resource.setrlimit() accepts
START_METHODS = ("fork", "exec")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions(OptionGroup):
    """What the system grants to workers; a kind of worker ignores what it cannot have.

    nice: how much worker processes give way to others, from -20 to 19; 0, as much as the server, unless given.
        Less than the server's own needs the right to it.
    limits: resource limits of worker processes, as names of the resource module without "RLIMIT_" and whole numbers
        in the unit of each, such as {"AS": 2**30} (bytes) and {"CPU": 600} (seconds); those of the server unless given.
    stack_size: bytes of the stack of worker threads, at least 32768; what the system gives unless given.
    start_method: "fork" makes worker processes as copies of a process that has imported everything, which is fast;
        "exec" starts a fresh interpreter for each.
    """

    nice: int = 0
    limits: Mapping[str, int] = field(default_factory=dict)
    stack_size: int | None = None
    start_method: Literal["fork", "exec"] = "fork"

    def __post_init__(self) -> None:
        require_priority("nice", self.nice)
        self._set("limits", _limits(self.limits))
        if self.stack_size is not None:
            require_at_least("stack_size", self.stack_size, SMALLEST_STACK)
        require_choice("start_method", self.start_method, START_METHODS)


def _limits(given: Any) -> dict[str, int]:
    """A copy of the limits, once they are found right."""
    if not isinstance(given, Mapping):
        raise InvalidOptionType(f"limits must be a mapping of names to whole numbers, not {given!r}")
    known = _known_limits() if given else []
    for name, value in given.items():
        if not isinstance(name, str):
            raise InvalidOptionType(f"limits must have text as keys, not {name!r}")
        if name not in known:
            hint = did_you_mean(name.upper().removeprefix("RLIMIT_"), known)
            raise InvalidOption(f"limits must be of {', '.join(known) or 'nothing on this system'}, not {name!r}{hint}")
        require_at_least(f"limits[{name!r}]", value, 0)
        if value > LARGEST_LIMIT:
            raise InvalidOption(f"limits[{name!r}] must be less than 2**63, not {value!r}")
    return dict(given)


def _known_limits() -> list[str]:
    """The names of all resource limits, none where there is no such thing."""
    try:
        import resource
    except ImportError:
        return []
    return sorted(name.removeprefix("RLIMIT_") for name in dir(resource) if name.startswith("RLIMIT_"))

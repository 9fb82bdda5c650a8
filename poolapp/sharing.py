"""A bound on the workers of all server processes together: each has its share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from poolapp.engine.options import available_cpus
from poolapp.engine.validation import require_at_least

# What servers and hosting platforms call the number of server processes.
PROCESSES_VARIABLE = "WEB_CONCURRENCY"


def server_processes(given: Any) -> int:
    """How many processes serve the site: what is given, else WEB_CONCURRENCY of the environment, else 1.

    Raises InvalidOption or InvalidOptionType for what is no number of processes.
    """
    if given is not None:
        require_at_least("SERVER_PROCESSES", given, 1)
        return int(given)
    in_environment = os.environ.get(PROCESSES_VARIABLE, "")
    return max(1, int(in_environment)) if in_environment.isascii() and in_environment.isdecimal() else 1


def shared_sizes(sizes: Mapping[str, Any], total: Any, processes: int) -> dict[str, Any]:
    """The sizes of a pool in one of these processes, so that all of them together have `total` workers at the most.

    sizes: min_size and max_size, as far as they are given. Each process has one worker in any case. Raises
    InvalidOption or InvalidOptionType for a total that is none.
    """
    require_at_least("TOTAL_SIZE", total, 1)
    share = max(1, total // processes)
    smallest = sizes.get("min_size", available_cpus())
    largest = sizes.get("max_size", smallest)
    return {
        name: min(size, share) if isinstance(size, int) else size
        for name, size in (("min_size", smallest), ("max_size", largest))
    }

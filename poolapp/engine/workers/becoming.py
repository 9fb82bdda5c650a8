"""How a process becomes a worker, whether it was forked or is a fresh interpreter."""

from __future__ import annotations

import contextlib
import gc
import os
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from poolapp.engine.tasks import load_option
from poolapp.engine.workers import prctl, role
from poolapp.engine.workers.crash import report_crashes
from poolapp.engine.workers.descriptors import move_up, own_socket
from poolapp.engine.workers.luggage import Luggage
from poolapp.engine.workers.running import RUNNER_OPTIONS, make_runner
from poolapp.engine.workers.wire import FrameWriter, frame
from poolapp.engine.workers.worker_process import Connection, Equipment, live

Setup = dict[str, Any]


def set_up(setup: Setup) -> Equipment:
    """Make the process fit for tasks; once in the nursery, whose workers share the outcome, or in each worker."""
    role.in_worker = True
    gc.disable()  # imports make much and leave little behind: collecting that takes a tenth of the time, for nothing
    try:
        if setup["initializer"]:
            load_option("initializer", setup["initializer"])(*setup["initializer_args"])
        runner = make_runner(**{option: setup[option] for option in RUNNER_OPTIONS})
        luggage = Luggage(setup["context_vars"])
        return Equipment(runner, luggage, setup["max_payload"], setup["stack_size"], setup["stop_timeout"])
    finally:
        gc.enable()


def run_worker(setup: Setup, *fds: int) -> None:
    """Be a worker that was not forked."""
    become_worker(setup, fds, lambda: set_up(setup))


def become_worker(setup: Setup, fds: Sequence[int], equip: Callable[[], Equipment]) -> None:
    """Live as a worker until the pool wants it to end; what goes wrong before is told to the pool, and raised.

    fds: a socket, the reading ends of two pipes, a shelf for each direction, and a file for what a crash leaves.
    """
    sock_fd, *pipes_and_shelves, crash_fd = fds
    report_crashes(move_up(crash_fd))
    sock = own_socket(sock_fd)
    try:
        _leave_home()
        _limit(setup["nice"], setup["limits"])
        equipment = equip()
    except BaseException:
        FrameWriter(sock).send(frame(("failed", traceback.format_exc())))
        sock.detach()  # which leaves it open: at its end the pool would kill us, and not learn our exit code
        raise
    live(Connection(sock, *map(move_up, pipes_and_shelves)), equipment)


def _leave_home() -> None:
    """Leave the nursery's session, so that a worker and all that it starts can be ended together."""
    with contextlib.suppress(PermissionError):
        os.setsid()
    prctl.die_with_parent()
    prctl.set_name("poolapp-worker")


def _limit(nice: int, limits: Mapping[str, int]) -> None:
    """Take what options.worker_options grant: soft limits, by their names without RLIMIT_."""
    if nice:
        os.nice(nice)
    if limits:
        import resource

        for name, value in limits.items():
            which = getattr(resource, f"RLIMIT_{name}")
            resource.setrlimit(which, (value, resource.getrlimit(which)[1]))

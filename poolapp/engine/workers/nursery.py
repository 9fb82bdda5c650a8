"""The nursery, seen from the pool: asks for workers and hears of their births and deaths."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any, Protocol

from poolapp.engine.options import PoolOptions
from poolapp.engine.workers.crash import CrashReport
from poolapp.engine.workers.nursery_process import INTERRUPT, KILL, REQUEST, SPAWN, boot_command, setup_file
from poolapp.engine.workers.reactor import Reactor
from poolapp.engine.workers.wire import FrameReader

logger = logging.getLogger("poolapp")

SECONDS_TO_END = 0.5


class NurseryListener(Protocol):
    """Who wants to know what happens in a nursery; called from the reactor's thread."""

    def born(self, node_id: int, pid: int) -> None: ...

    def unborn(self, node_id: int, reason: str) -> None: ...

    def dead(self, node_id: int, exit_code: int) -> None: ...

    def nursery_lost(self, nursery: NurseryHandle, exit_code: int | None, error: str | None) -> None:
        """A nursery has died, and every worker with it; with its traceback when it could not set itself up.

        exit_code: as Popen has it, None when it could not even be started.
        """


class NurseryHandle:
    """One nursery process. It is started by the reactor's thread, and dies with that thread at the latest."""

    def __init__(self, options: PoolOptions, reactor: Reactor, listener: NurseryListener) -> None:
        self._options = options
        self._reactor = reactor
        self._listener = listener
        self._asking = threading.Lock()
        self._setup_fd = setup_file(self._setup())
        self._crash = CrashReport()
        self._control, self._remote = socket.socketpair()
        self._control.settimeout(None)
        self._reader = FrameReader(self._control)
        self._error: str | None = None
        self._is_set_up = False
        self._process: subprocess.Popen[bytes] | None = None
        reactor.call_soon(self._launch)

    def spawn(self, node_id: int, fds: Sequence[int]) -> None:
        """Ask for a worker with these descriptors: its socket, tickets and interrupts; OSError when nobody is there."""
        with self._asking:
            socket.send_fds(self._control, [REQUEST.pack(SPAWN, node_id)], fds)

    def kill(self, node_id: int, is_needed: bool) -> None:
        """Kill a worker and all its children; unless others need the nursery, one still being set up dies itself."""
        if not (self._is_set_up or is_needed):
            self._reactor.call_soon(self._kill_nursery)
            return
        with self._asking, contextlib.suppress(OSError):
            self._control.sendall(REQUEST.pack(KILL, node_id))

    def interrupt(self, node_id: int) -> None:
        """Signal a worker; called by the reactor's thread, which must not wait for a nursery that is held up."""
        with self._asking, contextlib.suppress(OSError):
            self._control.send(REQUEST.pack(INTERRUPT, node_id), socket.MSG_DONTWAIT)

    def close(self) -> None:
        """Let the nursery end, with whatever lives in it; to be called from the reactor's thread."""
        self._see_it_end()
        self._crash.close()

    def abandon(self) -> None:
        """Close our copies of the descriptors, in a forked child."""
        self._control.close()
        self._remote.close()
        self._crash.close()

    def _see_it_end(self) -> None:
        with self._asking:
            self._reactor.forget(self._control.fileno())
            self._control.close()
        if self._process is None:
            return
        try:
            self._process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:  # it hangs in its set-up
            self._process.kill()
            self._process.wait()

    def _kill_nursery(self) -> None:
        if self._process is not None and not self._is_set_up:
            self._process.kill()

    def _setup(self) -> dict[str, Any]:
        options = self._options
        return {
            "sys_path": sys.path,
            "initializer": options.initializer,
            "initializer_args": options.initializer_args,
            "around_task": options.around_task,
            "inside_task": options.inside_task,
            "finalizer": options.finalizer,
            "kill_handler": options.kill_handler,
            "stop_timeout": options.stop_timeout,
            "max_payload": options.max_payload,
            "context_vars": options.context_vars,
            "nice": options.worker_options.nice,
            "limits": dict(options.worker_options.limits),
            "stack_size": options.worker_options.stack_size,
            "start_method": options.worker_options.start_method,
        }

    def _launch(self) -> None:
        fds = (self._setup_fd, self._remote.fileno(), self._crash.fd)
        try:
            self._process = subprocess.Popen(
                boot_command("nursery", *fds),
                pass_fds=fds,
                stdin=subprocess.DEVNULL,
                stdout=_or_devnull(1),
                stderr=_or_devnull(2),
                start_new_session=True,
                env={**os.environ, **self._options.env} if self._options.env else None,
            )
        except OSError as exc:
            self._error = f"the nursery could not be started: {exc}"
        os.close(self._setup_fd)
        self._remote.close()
        self._reactor.watch(self._control.fileno(), self._read)

    def _read(self) -> None:
        try:
            frames = self._reader.read()
        except (EOFError, OSError):
            self._report_loss()
            return
        for head, _ in frames or ():
            self._hear(*head)

    def _report_loss(self) -> None:
        self._see_it_end()
        exit_code = self._process.returncode if self._process is not None else None
        error = self._error or self._crash.read()
        self._crash.close()
        self._listener.nursery_lost(self, exit_code, error)

    def _hear(self, message: str, *details: Any) -> None:
        match message, details:
            case "born", (node_id, pid):
                self._listener.born(node_id, pid)
            case "unborn", (node_id, reason):
                self._listener.unborn(node_id, reason)
            case "dead", (node_id, exit_code):
                self._listener.dead(node_id, exit_code)
            case "failed", (error,):
                self._error = error
            case "ready", (_, threads):
                self._is_set_up = True
                if threads:
                    self._warn_of(threads)

    def _warn_of(self, threads: list[str]) -> None:
        logger.warning(
            "Pool %s: its task modules start threads at import (%s), so that workers cannot be forked;"
            " each is started from scratch, which takes longer",
            self._options.name,
            ", ".join(threads),
        )


def _or_devnull(fd: int) -> int | None:
    """None, to inherit the descriptor, or /dev/null where it is closed or has become something of our own."""
    try:
        return None if os.get_inheritable(fd) else subprocess.DEVNULL
    except OSError:
        return subprocess.DEVNULL

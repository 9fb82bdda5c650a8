"""The nursery, seen from inside: it sets everything up once, then forks a worker whenever it is asked to.

It has one thread and inherits nothing of the server but its environment, so that forking it is safe. Where the
set-up starts threads, forking is not: then every worker is a fresh interpreter that sets itself up.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from poolapp.engine.workers import prctl
from poolapp.engine.workers.becoming import become_worker, set_up
from poolapp.engine.workers.crash import report_crashes
from poolapp.engine.workers.descriptors import move_up, nameless_file, own_socket
from poolapp.engine.workers.sessions import end_session
from poolapp.engine.workers.wire import FrameWriter, frame
from poolapp.engine.workers.worker_process import Equipment

# What the pool asks for: a verb and the id of a node. A SPAWN carries the worker's descriptors; see become_worker.
REQUEST = struct.Struct("=BxxxI")
SPAWN, KILL, INTERRUPT = 1, 2, 3
WORKER_FDS = 6


def run_nursery(setup: dict[str, Any], setup_fd: int, control_fd: int, crash_fd: int) -> None:
    """Set up, then serve requests until the pool closes its end."""
    crash_fd = move_up(crash_fd)
    report_crashes(crash_fd)
    prctl.die_with_parent(signal.SIGTERM)  # which leaves it the time to end the workers' own children
    prctl.set_name("poolapp-nursery")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # whatever the thread that started the pool had masked
    Nursery(own_socket(control_fd), setup, move_up(setup_fd), crash_fd).run()


def setup_file(setup: dict[str, Any]) -> int:
    """The descriptor of a file that exists nowhere else, with a set-up in the form that boot.py reads."""
    fd = nameless_file("poolapp-setup")
    with open(fd, "wb", closefd=False) as file:
        pickle.dump(setup, file)
    return fd


def boot_command(role_name: str, *descriptors: int) -> list[str]:
    """The command line of a process that begins with boot.py; `-P` keeps the working directory off its path."""
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # as multiprocessing does
    script = Path(__file__).with_name("boot.py")
    return [sys.executable, *flags, "-P", str(script), role_name, *map(str, descriptors)]


class Nursery:
    """Forks workers, watches over them, and reports every death."""

    def __init__(self, control: socket.socket, setup: dict[str, Any], setup_fd: int, crash_fd: int) -> None:
        self._control = control
        self._setup = setup
        self._setup_fd = setup_fd
        self._crash_fd = crash_fd
        self._writer = FrameWriter(control)
        self._nodes: dict[int, int] = {}  # node ids by process id
        self._wake_fd, self._waker_fd = os.pipe()
        self._start_worker: Callable[[list[int]], int] = self._fork_worker

    def run(self) -> None:
        try:
            self._equipment = set_up(self._setup)
        except BaseException:
            self._tell("failed", traceback.format_exc())
            os._exit(1)
        by_exec = self._setup["start_method"] == "exec"
        # Who has chosen to have workers from scratch need not hear of threads.
        threads = [] if by_exec else threading.enumerate()
        threads = [thread for thread in threads if thread is not threading.main_thread()]
        if by_exec or threads:
            self._start_worker = self._exec_worker
        gc.collect()
        gc.freeze()  # so that workers' collections do not copy what they share with us
        os.set_blocking(self._waker_fd, False)
        signal.set_wakeup_fd(self._waker_fd)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self._end())
        self._tell("ready", os.getpid(), [_describe(thread) for thread in threads])
        self._serve()

    def _serve(self) -> None:
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wake_fd, select.POLLIN)
        while True:
            for fd, _ in poll.poll():
                if fd == self._wake_fd:
                    os.read(self._wake_fd, 4096)
                    self._bury_dead()
                else:
                    self._obey()

    def _obey(self) -> None:
        try:
            data, fds, _, _ = socket.recv_fds(self._control, REQUEST.size, WORKER_FDS)
        except OSError:
            data, fds = b"", []
        if not data:
            self._end()
        verb, node_id = REQUEST.unpack(data)
        if verb == SPAWN:
            self._spawn(node_id, fds)
            return
        for pid in [pid for pid, node in self._nodes.items() if node == node_id]:
            if verb == KILL:
                _kill(pid)
            elif verb == INTERRUPT:
                os.kill(pid, signal.SIGINT)

    def _spawn(self, node_id: int, fds: list[int]) -> None:
        try:
            pid = self._start_worker(fds)
        except OSError as exc:  # no memory, no processes
            self._tell("unborn", node_id, f"{type(exc).__name__}: {exc}")
        else:
            self._nodes[pid] = node_id
            self._tell("born", node_id, pid)
        for fd in fds:
            os.close(fd)

    def _fork_worker(self, fds: list[int]) -> int:
        _flush_output()
        parent = os.getpid()
        pid = os.fork()
        if pid:
            return pid
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            own = (self._control.detach(), self._wake_fd, self._waker_fd, self._setup_fd, self._crash_fd)
            for fd in own:
                os.close(fd)
            become_worker(self._setup, fds, lambda: self._equip_child(parent))
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            _flush_output()
            os._exit(status)

    def _equip_child(self, parent: int) -> Equipment:
        if os.getppid() != parent:  # it died before the kernel knew that we want to die with it
            os._exit(1)
        return self._equipment

    def _exec_worker(self, fds: list[int]) -> int:
        passed = (self._setup_fd, *fds)
        process = subprocess.Popen(boot_command("worker", *passed), pass_fds=passed)
        process.returncode = 0  # we reap it ourselves; keeps Popen from doing so
        return process.pid

    def _bury_dead(self) -> None:
        """Report the children that have died; their own children go with them."""
        for pid in list(self._nodes):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            end_session(pid)  # while nobody else can have the pid
            _, status = os.waitpid(pid, 0)
            self._tell("dead", self._nodes.pop(pid), os.waitstatus_to_exitcode(status))

    def _tell(self, *message: Any) -> None:
        try:
            self._writer.send(frame(message))
        except OSError:
            self._end()

    def _end(self) -> None:
        """The pool is gone: nothing of us may stay."""
        for pid in self._nodes:
            _kill(pid)
        os._exit(0)


def _kill(pid: int) -> None:
    """Kill a worker that has not been reaped, so that nobody else can have its id, and its session if there is one."""
    os.kill(pid, signal.SIGKILL)
    end_session(pid)


def _flush_output() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _describe(thread: threading.Thread) -> str:
    target = getattr(thread, "_target", None)
    return f"{thread.name} of {getattr(target, '__module__', type(thread).__module__)}"

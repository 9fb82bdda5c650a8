"""Task functions and set-ups for the tests of the engine; workers import this module."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from poolapp.engine import TaskFunction, current_task
from poolapp.engine.workers.tickets import TicketHolder

# Plain work


def add(first: int, second: int = 0) -> int:
    return first + second


def identity(value: Any) -> Any:
    return value


def nothing() -> None:
    pass


def nap(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def wait_for(event: threading.Event) -> bool:
    return event.wait(10)


def pid() -> int:
    return os.getpid()


def blob(size: int) -> bytes:
    return b"x" * size


def say(text: str) -> None:
    print(text, flush=True)


def length(data: bytes) -> int:
    return len(data)


def write_line(path: str, line: object) -> None:
    """Append a line in one go, so that many workers may."""
    with Path(path).open("a") as file:
        file.write(f"{line}\n")


def pass_gate(arrivals: str, permits: str, result: Any = "passed") -> Any:
    """Say that we are here, then wait for a permit; see tests.engine.gates."""
    with Path(permits).open("rb", buffering=0) as here, Path(arrivals).open("wb", buffering=0) as there:
        there.write(b".")
        here.read(1)
    return result


def reciprocal(number: float) -> float:
    return 1 / number


def arrive(arrivals: str) -> None:
    """Say that we are here."""
    with Path(arrivals).open("wb", buffering=0) as there:
        there.write(b".")


async def await_for_ever(arrivals: str, permits: str) -> None:
    """Say that we are here, then wait without an end."""
    arrive(arrivals)
    await asyncio.Event().wait()


def sleep_for_ever(arrivals: str, permits: str) -> None:
    """The same, asleep."""
    arrive(arrivals)
    while True:
        time.sleep(3600)


def look_until_aborted(arrivals: str, permits: str) -> None:
    """The same, but with an eye on whether somebody still wants it."""
    arrive(arrivals)
    task = current_task()
    assert task is not None
    while True:
        task.check()
        time.sleep(0.001)


def never_mind(arrivals: str, permits: str) -> str:
    """Wait for a permit, whoever wants us to end."""
    waiting = True
    while waiting:
        try:
            pass_gate(arrivals, permits)
            waiting = False
        except Exception:
            continue
    return "never minded"


REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="none")


def request_id() -> str:
    return REQUEST_ID.get()


def change_request_id(value: str) -> str:
    before = REQUEST_ID.get()
    REQUEST_ID.set(value)
    return before


async def request_id_later() -> str:
    await asyncio.sleep(0)
    return REQUEST_ID.get()


def tell_progress(*messages: Any) -> str:
    task = current_task()
    assert task is not None
    for message in messages:
        task.send(message)
    return task.name


def burn(seconds: float) -> None:
    """Use the CPU for so long."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


async def add_later(first: int, second: int) -> int:
    await asyncio.sleep(0)
    return first + second


async def fail_later(message: str) -> NoReturn:
    await asyncio.sleep(0)
    raise ValueError(message)


async def running_loop() -> int:
    return id(asyncio.get_running_loop())


@dataclass
class Adder:
    """A callable that cannot be hashed."""

    first: int

    def __call__(self, second: int) -> int:
        return self.first + second

    def method(self, second: int) -> int:
        return self.first + second

    @classmethod
    def from_class(cls, second: int) -> int:
        return second

    @staticmethod
    def from_nothing(second: int) -> int:
        return second


def with_note(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


@with_note
def decorated(value: int) -> int:
    return value


def registered(function: Any) -> TaskFunction:
    return TaskFunction(function, function.__name__)


@registered
def doubled(value: int) -> int:
    return 2 * value


# Failures


def fail(message: str) -> NoReturn:
    raise ValueError(message)


def raise_something_long(size: int) -> NoReturn:
    raise ValueError("x" * size)


def raise_base_exception(name: str) -> NoReturn:
    """Raise what is meant to end a process, or a generator, or a coroutine."""
    kinds = (SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError)
    raise {kind.__name__: kind for kind in kinds}[name](3)


async def raise_base_exception_later(name: str) -> NoReturn:
    raise_base_exception(name)


class ApiError(Exception):
    """An exception as many libraries have it: pickle cannot make it again from its args."""

    def __init__(self, status: int, *, url: str) -> None:
        super().__init__(f"{status} at {url}")


def fail_with_api_error() -> NoReturn:
    raise ApiError(502, url="/photos")


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def fail_unspeakably() -> NoReturn:
    raise Unspeakable


def fail_with_a_local_class() -> NoReturn:
    class LocalError(Exception):
        pass

    raise LocalError("from here")


def fail_with_a_lock() -> NoReturn:
    raise ValueError("with a lock", threading.Lock())


# What cannot be pickled, or not be rebuilt


class NotPicklable:
    def __reduce__(self) -> NoReturn:
        raise TypeError("not me")


class NotRebuildable:
    """Can be pickled; to rebuild it raises."""

    def __init__(self, name: str = "ValueError") -> None:
        self.name = name

    def __reduce__(self) -> tuple[Any, ...]:
        return refuse, (self.name,)


class NotRebuildableError(Exception):
    """An exception that, when it is rebuilt, raises another."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __reduce__(self) -> tuple[Any, ...]:
        return refuse, (self.name,)


def refuse(name: str) -> NoReturn:
    kinds: dict[str, type[BaseException]] = {
        kind.__name__: kind for kind in (ValueError, SystemExit, KeyboardInterrupt, RecursionError)
    }
    raise kinds[name]("cannot be made again")


class OnlyThere:
    """Can be rebuilt in the process that made it, nowhere else."""

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuild_in, (os.getpid(),)


def rebuild_in(pid: int) -> str:
    if os.getpid() != pid:
        raise LookupError(f"this is not process {pid}")
    return "rebuilt"


def return_unpicklable() -> Any:
    return threading.Lock()


def return_not_rebuildable(name: str) -> Any:
    return NotRebuildable(name)


def raise_not_rebuildable(name: str) -> NoReturn:
    raise NotRebuildableError(name)


def return_too_deep() -> Any:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    return nested


class DeadlyToRebuild:
    """Ends the worker when it is unpickled there."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (7,)


class DeadlyToPickle:
    def __reduce__(self) -> NoReturn:
        os._exit(8)


def return_deadly() -> Any:
    return DeadlyToPickle()


# Ends of a worker


def kill_me(signal_name: str = "SIGKILL") -> NoReturn:
    os.kill(os.getpid(), signal.Signals[signal_name])
    time.sleep(10)
    raise AssertionError("still here")


def read_nowhere() -> None:
    """Crash as C code does that follows a wild pointer."""
    ctypes.string_at(0)


def call_abort() -> None:
    """Crash as C code does that has found out about itself."""
    ctypes.CDLL(None).abort()


def die_the_first_time(path: str) -> str:
    """Die, unless it has been here before."""
    has_been_here = Path(path).exists()
    write_line(path, os.getpid())
    if not has_been_here:
        kill_me()
    return "done"


def pid_of(_: int) -> int:
    return os.getpid()


_kept: list[bytearray] = []


def keep(size: int) -> int:
    """Never let go of so many bytes again."""
    _kept.append(bytearray(os.urandom(1)) * size)
    return os.getpid()


def keep_and_sleep(size: int) -> None:
    keep(size)
    time.sleep(60)


def leave(code: int) -> NoReturn:
    os._exit(code)


def answer_or_leave(size: int | None) -> bytes:
    """A large answer, or none at all."""
    if size is None:
        os._exit(1)
    return b"x" * size


def close_descriptors() -> str:
    os.closerange(3, 1024)
    return "closed"


def close_standard_streams() -> str:
    os.closerange(0, 10)
    return "closed"


def die_once_a_task_was_taken_back() -> None:
    """Have this worker die as soon as it learns that a task which it was given was taken back."""
    may_begin = TicketHolder.may_begin

    def may_begin_or_die(holder: TicketHolder, batch_number: int) -> bool:
        return may_begin(holder, batch_number) or kill_me("SIGKILL")

    TicketHolder.may_begin = may_begin_or_die  # type: ignore[method-assign]


def leave_a_child_behind(path: str) -> NoReturn:
    """Die while a forked child, which holds all our descriptors, lives on."""
    child = os.fork()
    if not child:
        signal.pause()
    write_line(path, child)
    os._exit(1)


def have_a_child(path: str, process_group: int | None = None) -> NoReturn:
    """Start a program, in our process group unless given (0: in one of its own), and wait for it."""
    command = [sys.executable, "-c", "import signal; signal.pause()"]
    program = subprocess.Popen(command, process_group=process_group)
    write_line(path, program.pid)
    program.wait()
    raise AssertionError("it has ended")


# A look at where we are


def descriptors() -> dict[int, str]:
    """What this process has open, except for what it takes to look."""
    found = {}
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found[int(path.name)] = str(path.readlink())
    return found


def descriptors_of_a_child() -> dict[int, str]:
    """What a program has open that was started in the most careless way."""
    program = "import json, tests.engine.functions as functions; print(json.dumps(functions.descriptors()))"
    output = subprocess.run([sys.executable, "-c", program], close_fds=False, stdout=subprocess.PIPE, check=True).stdout
    return {int(fd): target for fd, target in json.loads(output).items()}


def cpu_seconds() -> float:
    return time.process_time()


def signal_handlers() -> dict[str, str]:
    return {name: repr(signal.getsignal(signal.Signals[name])) for name in ("SIGTERM", "SIGINT", "SIGCHLD", "SIGHUP")}


def session() -> tuple[int, int]:
    return os.getpid(), os.getsid(0)


def main_module() -> str:
    return str(getattr(sys.modules["__main__"], "__file__", None))


def thread_names() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


# Set-ups

prepared: list[Any] = []


def prepare(*values: Any) -> None:
    prepared.extend(values)


def what_was_prepared() -> list[Any]:
    return list(prepared)


def note_the_end() -> None:
    write_line(os.environ["POOLAPP_TEST_ENDS"], os.getpid())


def fail_to_prepare(path: str) -> NoReturn:
    write_line(path, os.getpid())
    raise ConnectionError("no database here")


def refuse_while_there_is(path: str) -> None:
    if Path(path).exists():
        raise ConnectionError(f"{path} is in the way")


def leave_while_preparing() -> NoReturn:
    os._exit(5)


def prepare_for_ever() -> NoReturn:
    while True:
        signal.pause()


def start_a_thread() -> None:
    threading.Thread(target=measure, name="metrics", daemon=True).start()


def measure() -> None:
    threading.Event().wait()


def set_socket_timeout(seconds: float) -> None:
    socket.setdefaulttimeout(seconds)


@contextlib.contextmanager
def counting_around() -> Iterator[None]:
    prepared.append("before")
    yield
    prepared.append("after")


@contextlib.contextmanager
def refusing_around() -> Iterator[None]:
    raise PermissionError("not now")
    yield


ROOT = Path(__file__).parents[2]


# Handlers

HEARD: list[Any] = []


def hear(event: Any) -> None:
    HEARD.append(event)


class Whimsical:
    """Has an idea of its own of what `nbytes` is."""

    @property
    def nbytes(self) -> str:
        raise RuntimeError("asked for its nbytes")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Whimsical)

    __hash__ = None  # type: ignore[assignment]

"""Task functions for the tests of workers; worker processes import this module."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NoReturn

from poolapp.engine.current import CurrentTask, current_task
from tests.engine import functions

language: ContextVar[str] = ContextVar("language", default="en")
trace: ContextVar[Any] = ContextVar("trace")
not_a_variable = "en"


def me() -> CurrentTask:
    """The task that runs here."""
    task = current_task()
    assert task is not None
    return task


# Tasks that take their time


def spin() -> NoReturn:
    """Run Python code for ever."""
    me().send("begun")
    while True:
        pass


def spin_and_look() -> NoReturn:
    """Wait for ever, as a thread should that can be asked to end."""
    me().send("begun")
    while True:
        me().check()
        time.sleep(0.001)


def sleep() -> NoReturn:
    """Sit in one call of the system for ever."""
    me().send("begun")
    time.sleep(3600)
    raise AssertionError("awake")


async def sleep_on_the_loop() -> NoReturn:
    me().send("begun")
    await asyncio.sleep(3600)
    raise AssertionError("awake")


async def spin_on_the_loop() -> str:
    """Hold the loop up until asked to end, then await."""
    me().send("begun")
    while not me().aborted:
        time.sleep(0.001)  # noqa: ASYNC251  # holding the loop up is what it is for
    await asyncio.sleep(3600)
    return "awake"


def insist() -> str:
    """Do not be interrupted."""
    try:
        spin()
    except Exception as exc:
        return f"insisted after {type(exc).__name__}"


def fail_when_interrupted() -> NoReturn:
    try:
        spin()
    finally:
        raise ConnectionError("the connection was closed")


def busy(microseconds: float, value: Any) -> Any:
    """Compute for a while."""
    end = time.perf_counter() + microseconds * 1e-6
    while time.perf_counter() < end:
        pass
    return value


def chatter(microseconds: float, value: Any) -> Any:
    """Compute for a while, and talk all the time."""
    end = time.perf_counter() + microseconds * 1e-6
    while time.perf_counter() < end:
        me().send(("chatter", value))
    return value


async def busy_on_the_loop(microseconds: float, value: Any) -> Any:
    """Be awake and asleep in turns for a while."""
    end = time.perf_counter() + microseconds * 1e-6
    while time.perf_counter() < end:  # noqa: ASYNC110  # to be interrupted between two steps is what it is for
        await asyncio.sleep(0)
    return value


# What a task sees


def name_of_the_task() -> str | None:
    task = current_task()
    return task and task.name


async def name_of_the_task_later() -> str | None:
    await asyncio.sleep(0)
    return name_of_the_task()


async def name_of_the_task_in_a_thread() -> str | None:
    return await asyncio.to_thread(name_of_the_task)


def say(*messages: Any) -> None:
    for message in messages:
        me().send(message)


def say_something_else() -> None:
    say(threading.Lock())


def say_what_cannot_be_rebuilt() -> None:
    say(functions.NotRebuildable())


async def say_from_a_thread(message: Any) -> None:
    await asyncio.to_thread(say, message)


def say_later(message: Any) -> None:
    """Leave a thread behind that sends a message when the task is over, and writes down what becomes of it."""
    threading.Thread(target=_say_when_over, args=(me(), message), daemon=True).start()


spoken: list[str] = []


def _say_when_over(task: Any, message: Any) -> None:
    while not task.is_over:
        time.sleep(0.001)
    try:
        task.send(message)
    except Exception as exc:
        spoken.append(str(exc))


def what_was_spoken() -> list[str]:
    while not spoken:
        time.sleep(0.001)
    return spoken


def values() -> tuple[str, Any]:
    return language.get(), trace.get("none")


async def values_later() -> tuple[str, Any]:
    await asyncio.sleep(0)
    return values()


def set_language(value: str) -> str:
    """The value before."""
    before = language.get()
    language.set(value)
    return before


class SetLanguage:
    """A callable without a name."""

    def __init__(self, value: str) -> None:
        self.value = value

    def __call__(self) -> str:
        return set_language(self.value)


def named(function: Any) -> Any:
    """Give something a name for those who ask for it."""
    function.__name__ = type(function).__name__
    return function


@contextlib.contextmanager
def around_in_esperanto() -> Iterator[None]:
    language.set("eo")
    yield


@contextlib.contextmanager
def inside_in_latin(task: CurrentTask) -> Iterator[None]:
    """As long as the task runs, its language is set; what it raises is told in which."""
    token = language.set(f"la for {task.name.rpartition('.')[2]}")
    try:
        yield
    except Exception as exc:
        exc.add_note(f"in {language.get()}")
        raise
    finally:
        language.reset(token)


# Tasks at the same time


def meet(directory: str, count: int) -> int:
    """Wait until so many have come, each of them a file in a directory."""
    Path(directory, f"{os.getpid()}-{threading.get_ident()}-{me().number}").touch()  # type: ignore[attr-defined]
    while len(list(Path(directory).iterdir())) < count:
        time.sleep(0.001)
    return threading.get_ident()


meeting: dict[str, asyncio.Event] = {}


async def meet_on_the_loop(name: str, count: int) -> tuple[int, int]:
    """Wait for others through something that is bound to a loop; where we were."""
    event = meeting.setdefault(name, asyncio.Event())
    arrived.append(name)
    if arrived.count(name) >= count:
        event.set()
    await event.wait()
    return id(asyncio.get_running_loop()), threading.get_ident()


arrived: list[str] = []


async def wait_for_a_word(name: str) -> str:
    me().send("begun")
    await meeting.setdefault(name, asyncio.Event()).wait()
    return name


async def give_the_word(name: str) -> None:
    meeting.setdefault(name, asyncio.Event()).set()


async def leave_a_deadly_task() -> str:
    """Start something on the loop that wants to end the process."""
    task = asyncio.ensure_future(exit_later())
    await asyncio.wait([task])
    return "survived"


async def exit_later() -> None:
    await asyncio.sleep(0)
    raise SystemExit(3)


def burn(seconds: float) -> float:
    """Use the CPU for so long."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
    return seconds


async def burn_on_the_loop(seconds: float) -> float:
    await asyncio.sleep(0)
    return burn(seconds)


async def nap_on_the_loop(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return seconds


# Where we are


def sigint_of_a_program() -> str:
    """What a program that a task starts does about SIGINT."""
    import subprocess

    program = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    return subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def signals_of_a_fork() -> tuple[bool, bool]:
    """Whether a forked child has the usual handlers of SIGINT and SIGTERM."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        interrupt, end = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
        os.write(write, bytes([interrupt is signal.default_int_handler, end is signal.SIG_DFL]))
        os._exit(0)
    os.waitpid(child, 0)
    first, second = os.read(read, 2)
    os.close(read)
    os.close(write)
    return bool(first), bool(second)


def environment(name: str) -> str | None:
    return os.environ.get(name)


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


def limit(name: str) -> tuple[int, int]:
    import resource

    return resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))


def size_of_the_stack() -> int:
    """Bytes of the memory area that this thread's stack is part of."""
    ident = threading.get_ident()
    for line in Path("/proc/self/maps").read_text().splitlines():
        first, last = (int(address, 16) for address in line.split()[0].split("-"))
        if first <= ident < last:  # it is the address of what is at the stack's base
            return last - first
    raise AssertionError("no such area")


def command_line() -> str:
    return Path("/proc/self/cmdline").read_text()


# The end of a worker: each writes a line into the file that POOLAPP_TEST_ENDS names


def _note(line: str) -> None:
    with Path(os.environ["POOLAPP_TEST_ENDS"]).open("a") as file:
        file.write(f"{line}\n")


def note_kill() -> None:
    _note("kill")


async def note_kill_later() -> None:
    await asyncio.sleep(0)
    _note("kill")


def note_end() -> None:
    _note("end")


async def note_end_later() -> None:
    await asyncio.sleep(0)
    _note("end")


def fail_at_the_kill() -> None:
    _note("kill")
    raise RuntimeError("no time for that")


def hang_at_the_kill() -> None:
    _note("kill")
    time.sleep(3600)

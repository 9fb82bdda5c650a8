"""What the tasks of a chaos run do. Each leaves a trace when it begins, so that one that runs twice is found out."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess
import time
import zlib
from typing import NoReturn

from poolapp.engine import current_task

_ledgers: dict[tuple[str, int], int] = {}


class Refused(Exception):
    """What a task raises that is to raise something; with an argument too many for who only unpickles."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"{reason} {number}")
        self.number = number

    def __reduce__(self) -> tuple[type[Refused], tuple[int, str]]:
        return Refused, (self.number, "refused")


def close_ledgers() -> None:
    """Close what tasks in threads of this process have opened."""
    while _ledgers:
        os.close(_ledgers.popitem()[1])


def begin(ledger: str, number: int) -> int:
    """Note that a task has begun; returns how often it has."""
    key = ledger, os.getpid()
    if key not in _ledgers:
        _ledgers[key] = os.open(ledger, os.O_RDWR | os.O_CLOEXEC)
    fd = _ledgers[key]
    count = (os.pread(fd, 1, number) or b"\0")[0] + 1
    os.pwrite(fd, bytes([count]), number)
    return count


def _expect_death(ledger: str) -> None:
    """Tell that this worker is about to die by its own hand."""
    fd = os.open(f"{ledger}.deaths", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, f"{os.getpid()}\n".encode())
    os.close(fd)


def nothing(ledger: str, number: int) -> int:
    begin(ledger, number)
    return number


def burn(ledger: str, number: int, seconds: float) -> int:
    begin(ledger, number)
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
    return number


def nap(ledger: str, number: int, seconds: float) -> int:
    begin(ledger, number)
    time.sleep(seconds)
    return number


def echo(ledger: str, number: int, data: bytes, checksum: int) -> tuple[int, bytes]:
    begin(ledger, number)
    if zlib.crc32(data) != checksum:
        raise AssertionError(f"task {number} was given other bytes than were sent")
    return number, data


def refuse(ledger: str, number: int) -> NoReturn:
    begin(ledger, number)
    raise Refused(number, "refused")


def leave_politely(ledger: str, number: int) -> NoReturn:
    begin(ledger, number)
    raise SystemExit(number)


async def pause(ledger: str, number: int, seconds: float) -> int:
    begin(ledger, number)
    await asyncio.sleep(seconds)
    return number


def tell(ledger: str, number: int) -> int:
    begin(ledger, number)
    task = current_task()
    assert task is not None
    task.send({"number": number})
    return number


def have_a_child(ledger: str, number: int) -> int:
    """Start a process that outlives the task, and is to end with the worker at the latest."""
    begin(ledger, number)
    subprocess.Popen(["sleep", "3600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return number


def run_for_ever(ledger: str, number: int) -> NoReturn:
    begin(ledger, number)
    while True:
        time.sleep(0.01)


def look_for_ever(ledger: str, number: int) -> NoReturn:
    """As a function in a thread has to, which cannot be ended from outside."""
    begin(ledger, number)
    task = current_task()
    assert task is not None
    while True:
        time.sleep(0.01)
        task.check()


def die(ledger: str, number: int, way: str) -> NoReturn:
    begin(ledger, number)
    _die(ledger, way)


def die_at_first(ledger: str, number: int, way: str) -> int:
    """Safe to run once more, and better the second time."""
    if begin(ledger, number) == 1:
        _die(ledger, way)
    return number


def _die(ledger: str, way: str) -> NoReturn:
    _expect_death(ledger)
    match way:
        case "exit":
            os._exit(0)
        case "segfault":
            ctypes.string_at(0)
        case _:
            os.kill(os.getpid(), signal.Signals[way])
    time.sleep(60)
    raise AssertionError("still here")

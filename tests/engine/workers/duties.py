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
        time.sleep(0.001)
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
    while time.perf_counter() < end:
        await asyncio.sleep(0)
    return value


def enable_dump():
    import faulthandler

    faulthandler.register(signal.SIGUSR1, all_threads=True)

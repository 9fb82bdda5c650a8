"""Thousands of interrupts at random moments: every task is answered once, and only those that were meant are hit."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable

import pytest

from poolapp.engine.errors import TaskAborted, TaskExited, TaskTimeout
from poolapp.engine.outcomes import Outcome
from tests.engine.workers import duties
from tests.engine.workers.direct import PATIENCE, Driver

Drive = Callable[..., Driver]

FUNCTIONS = (duties.busy, duties.busy, duties.chatter, duties.busy_on_the_loop)
LONGEST = 200.0  # microseconds


class Siege:
    """One worker that is given tasks and interrupted all the time."""

    def __init__(self, driver: Driver, width: int, seed: int) -> None:
        self.driver = driver
        self.pid = driver.pid
        self.width = width
        self.chance = random.Random(seed)
        self.given = 0
        self.waiting: dict[int, list[int]] = {}  # by batch: the tasks without an answer
        self.asked: set[int] = set()
        self.endings: Counter[str] = Counter()
        self._heard = 1  # reports

    def run(self, tasks: int) -> None:
        while self.given < tasks:
            if len(self.waiting) < max(self.width, 2):
                self.give()
            self.disturb()
            self.hear()
            time.sleep(0)  # the thread that hears the worker needs the interpreter too, sooner than it would get it
        deadline = time.monotonic() + PATIENCE
        while self.waiting:
            assert time.monotonic() < deadline, f"never answered: {self.waiting}"
            self.hear()

    def give(self) -> None:
        count = self.chance.choice((1, 1, 2, 5)) if self.width == 1 else 1
        tasks = range(self.given, self.given + count)
        calls = [(self.chance.choice(FUNCTIONS), self.chance.uniform(0, LONGEST), task) for task in tasks]
        self.given += count
        self.waiting[self.driver.line_up(*calls, unless=self.waiting)] = list(tasks)
        self.driver.worker.flush()

    def disturb(self) -> None:
        """Mostly an interrupt of some task that is under way; by a direct signal, faster than the nursery's."""
        what = self.chance.random()
        duties.busy(self.chance.uniform(0, LONGEST), None)
        self.hear()
        if what < 0.6 and self.waiting:
            tasks = self.waiting[self.chance.choice(list(self.waiting))]
            task = self.chance.choice((tasks[0], self.chance.choice(tasks)))
            self.asked.add(task)
            self.driver.worker._interrupts.request(task, self.chance.random() < 0.5)
        if what < 0.7:
            os.kill(self.pid, signal.SIGINT)

    def hear(self) -> None:
        """Check what has been reported since."""
        reports = self.driver.recorder.reports
        while self._heard < len(reports):
            kind, number, *details = reports[self._heard]
            self._heard += 1
            assert kind in ("finished", "message", "widened"), kind
            if kind == "finished":
                self.check(number, details[0])
            elif kind == "message":  # from the first task of its batch that has no answer
                assert details[1] == ("chatter", self.waiting[number][0])

    def check(self, number: int, outcome: Outcome) -> None:
        task = self.waiting[number].pop(0)
        if not self.waiting[number]:
            del self.waiting[number]
        if outcome.error is None:
            assert outcome.value == task
            self.endings["value"] += 1
            return
        assert task in self.asked, f"{task} was hit by what was meant for another: {outcome.traceback}"
        cancelled = isinstance(outcome.error, TaskExited) and "CancelledError" in str(outcome.error)
        assert cancelled or isinstance(outcome.error, (TaskAborted, TaskTimeout)), outcome.traceback
        self.endings["cancelled" if cancelled else "interrupted"] += 1


def besiege(drive: Drive, width: int, seed: int, tasks: int) -> None:
    driver = drive("process")
    if width > 1:
        driver.widen(width)
    siege = Siege(driver, width, seed)

    siege.run(tasks)

    assert sum(siege.endings.values()) == siege.given
    assert min(siege.endings["value"], siege.endings["interrupted"]) > 0
    driver.recorder.reports[1:] = []
    assert driver.run(os.getpid) == siege.pid


@pytest.mark.parametrize("width", [1, 3])
def test_interrupts_hit_those_that_are_meant_and_nobody_else(drive: Drive, width: int):
    besiege(drive, width, seed=1, tasks=2000)


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("width, seed", [(1, 2), (2, 3), (5, 4)])
def test_interrupts_hit_those_that_are_meant_and_nobody_else_for_long(drive: Drive, width: int, seed: int):
    besiege(drive, width, seed, tasks=8_000)

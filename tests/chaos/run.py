"""One chaos run, from the first task to the last look at what is left."""

from __future__ import annotations

import faulthandler
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from typing import Any

from tests.chaos import functions
from tests.chaos.books import Books
from tests.chaos.load import HANGS_AFTER, Load
from tests.chaos.mischief import Mischief
from tests.chaos.subjects import EngineSubject, Subject
from tests.chaos.watch import Belongings, leaks_since

SECONDS_BETWEEN_LINES = 5.0
WARM_UP = 0.2  # of the time; memory is compared with what there was then
QUIET = 0.1  # of the time, without mischief, and `MOST_QUIET` seconds at the most
MOST_QUIET = 30.0


class Run:
    """Everything that takes part in a run."""

    def __init__(
        self, directory: Path, worker: str, seed: int, threads: int, pause: float, *, site: bool = False
    ) -> None:
        self._seed = seed
        self._site = site
        self._directory = directory
        self._worker = worker
        self.books = Books(directory / "ledger")
        self._make_load = lambda subject: Load(subject, self.books, worker, seed * 1000, threads)
        self._make_mischief = lambda subject: Mischief(subject, self.books, worker, seed * 1000 + 999, pause)

    def go(self, seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
        """Go on for so many seconds; returns a report, JSON-ready, whose `complaints` should be empty."""
        subject = self._make_subject()
        before = Belongings.now()
        subject.begin()
        load, mischief = self._make_load(subject), self._make_mischief(subject)
        load.start()
        self._watch(min(seconds * QUIET, MOST_QUIET), load, mischief, say)
        quiet, load.round_trips = load.round_trips, []
        mischief.start()
        self._watch(seconds * WARM_UP, load, mischief, say)
        warm = Belongings.now().memory
        self._watch(seconds * (1 - WARM_UP - QUIET), load, mischief, say)
        mischief.stop()
        load.stop()
        self._wait_for_callbacks()
        self.books.take_over(subject.end())
        complaints = subject.close(self.books.submitted) + self.books.close()
        worn = load.round_trips
        functions.close_ledgers()
        leaks = leaks_since(Belongings(before.processes, before.threads, before.descriptors, warm))
        return {
            "seed": self._seed,
            "seconds": seconds,
            "tasks": self.books.submitted,
            "outcomes": dict(self.books.outcomes),
            "run again": self.books.retries,
            "mischief": dict(mischief.done),
            "round trips, quiet": _milliseconds(quiet),
            "round trips, amid it": _milliseconds(worn),
            "lost without a reason": sum("without a reason" in complaint for complaint in complaints),
            "leaks": leaks,
            "complaints": complaints + [f"left behind: {leak}" for leak in leaks],
        }

    def _make_subject(self) -> Subject:
        if self._site:
            from tests.chaos.site import SiteSubject  # which sets Django up

            return SiteSubject(self._directory, self._worker, self._seed)
        return EngineSubject(self._worker)

    def _watch(self, seconds: float, load: Load, mischief: Mischief, say: Callable[[str], None]) -> None:
        """Say how it goes, and end the process when it does not go on."""
        end, settled, moved_at = time.monotonic() + seconds, -1, time.monotonic()
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, SECONDS_BETWEEN_LINES))
            if self.books.settled != settled or not self.books.open:
                settled, moved_at = self.books.settled, time.monotonic()
            elif time.monotonic() - moved_at > HANGS_AFTER:
                self._report_that_it_hangs()
            books, had = self.books, Belongings.now()
            say(
                f"{books.settled:>9,} tasks, {len(books.open):>4} open, {sum(mischief.done.values()):>6,} mischiefs,"
                f" {had.memory / 1e6:.0f} MB, {sum(had.descriptors.values())} descriptors,"
                f" {len(books.complaints)} complaints"
            )

    def _report_that_it_hangs(self) -> None:
        faulthandler.dump_traceback(all_threads=True)
        infos = [getattr(future, "info", None) for future in list(self.books.open.values())[:10]]
        sys.exit(f"seed {self._seed}: nothing has come back for {HANGS_AFTER:g} s, open are {infos}")

    def _wait_for_callbacks(self) -> None:
        """They come from a thread of their own, a little later."""
        deadline = time.monotonic() + HANGS_AFTER
        while self.books.callbacks < self.books.submitted and time.monotonic() < deadline:
            time.sleep(0.05)


def _milliseconds(round_trips: list[float]) -> dict[str, float]:
    if len(round_trips) < 2:
        return {}
    cuts = quantiles(round_trips, n=100, method="inclusive")
    return {
        "p50": round(cuts[49] * 1e3, 2),
        "p99": round(cuts[98] * 1e3, 2),
        "max": round(max(round_trips) * 1e3, 2),
        "tasks": len(round_trips),
    }

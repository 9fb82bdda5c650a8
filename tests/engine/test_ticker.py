"""The thread that minds the time."""

from __future__ import annotations

import queue
import threading
import time

from poolapp.engine.ticker import Ticker


def test_it_sleeps_until_it_is_woken():
    ticks: queue.SimpleQueue[float] = queue.SimpleQueue()
    ticker = Ticker("ticker", lambda: ticks.put(time.monotonic()), time.monotonic)
    ticker.start()
    assert ticks.empty()

    ticker.wake()

    ticks.get(timeout=10)
    assert ticks.empty()
    ticker.stop()


def test_it_ticks_again_at_the_time_it_was_told():
    pauses = iter([0.05, 0.05, None])
    ticks: queue.SimpleQueue[float] = queue.SimpleQueue()

    def tick() -> float | None:
        ticks.put(time.monotonic())
        pause = next(pauses)
        return None if pause is None else time.monotonic() + pause

    ticker = Ticker("ticker", tick, time.monotonic)
    ticker.start()
    ticker.wake()

    first, second, third = (ticks.get(timeout=10) for _ in range(3))

    assert second - first >= 0.04
    assert third - second >= 0.04
    ticker.stop()


def test_it_is_woken_only_for_what_comes_before_its_own_time():
    ticks: queue.SimpleQueue[str] = queue.SimpleQueue()
    times = iter([100.0, 50.0, None])
    due = threading.Event()

    def tick() -> float | None:
        ticks.put("tick")
        return next(times)

    def read_clock() -> float:
        due.set()  # its time is set: it is about to sleep
        return 0.0

    ticker = Ticker("ticker", tick, read_clock)
    ticker.start()
    ticker.wake_by(1000.0)  # it does not know of any time yet
    ticks.get(timeout=10)
    assert due.wait(10)

    ticker.wake_by(101.0)
    ticker.wake_by(99.0)

    ticks.get(timeout=10)
    ticker.stop()
    assert ticks.empty()


def test_what_comes_up_while_it_ticks_is_not_missed():
    ticks: queue.SimpleQueue[str] = queue.SimpleQueue()
    times = iter([100.0, None])

    def tick() -> float | None:
        ticks.put("tick")
        ticker.wake_by(200.0) if ticks.qsize() == 1 else None
        return next(times)

    ticker = Ticker("ticker", tick, lambda: 0.0)
    ticker.start()
    ticker.wake()

    for _ in range(2):
        ticks.get(timeout=10)
    ticker.stop()


def test_it_can_be_woken_before_it_runs():
    ticked = threading.Event()
    ticker = Ticker("ticker", ticked.set, time.monotonic)
    ticker.wake()

    ticker.start()

    assert ticked.wait(10)
    ticker.stop()


def test_it_is_gone_when_stop_returns():
    ticker = Ticker("ticker that stops", lambda: None, time.monotonic)
    ticker.start()

    ticker.stop()

    assert "ticker that stops" not in [thread.name for thread in threading.enumerate()]


def test_it_can_be_stopped_from_within():
    stopped = threading.Event()

    def tick() -> None:
        ticker.stop()
        stopped.set()

    ticker = Ticker("ticker", tick, time.monotonic)
    ticker.start()

    ticker.wake()

    assert stopped.wait(10)

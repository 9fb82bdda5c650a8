"""The thread that minds the time."""

from __future__ import annotations

import queue
import threading
import time

from poolapp.engine.ticker import Ticker


def test_it_sleeps_until_it_is_woken():
    ticks: queue.SimpleQueue[float] = queue.SimpleQueue()
    ticker = Ticker("ticker", lambda: ticks.put(time.monotonic()))
    ticker.start()
    assert ticks.empty()

    ticker.wake()

    ticks.get(timeout=10)
    assert ticks.empty()
    ticker.stop()


def test_it_ticks_again_after_the_pause_it_was_told():
    pauses = iter([0.05, 0.05, None])
    ticks: queue.SimpleQueue[float] = queue.SimpleQueue()

    def tick() -> float | None:
        ticks.put(time.monotonic())
        return next(pauses)

    ticker = Ticker("ticker", tick)
    ticker.start()
    ticker.wake()

    first, second, third = (ticks.get(timeout=10) for _ in range(3))

    assert second - first >= 0.04
    assert third - second >= 0.04
    ticker.stop()


def test_it_can_be_woken_before_it_runs():
    ticked = threading.Event()
    ticker = Ticker("ticker", ticked.set)
    ticker.wake()

    ticker.start()

    assert ticked.wait(10)
    ticker.stop()


def test_it_is_gone_when_stop_returns():
    ticker = Ticker("ticker that stops", lambda: None)
    ticker.start()

    ticker.stop()

    assert "ticker that stops" not in [thread.name for thread in threading.enumerate()]


def test_it_can_be_stopped_from_within():
    stopped = threading.Event()

    def tick() -> None:
        ticker.stop()
        stopped.set()

    ticker = Ticker("ticker", tick)
    ticker.start()

    ticker.wake()

    assert stopped.wait(10)

"""The thread of callbacks: in order, one at a time, there only while it is needed."""

from __future__ import annotations

import threading

import pytest

from poolapp.engine.callbacks import CallbackThread
from tests.engine.polling import eventually


def names() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


def test_calls_are_made_in_order():
    calls: list[int] = []
    done = threading.Event()
    thread = CallbackThread("calls")

    for number in range(100):
        thread.call(calls.append, number)
    thread.call(lambda _: done.set(), None)

    assert done.wait(10)
    assert calls == list(range(100))


def test_the_thread_ends_when_there_is_nothing_left_to_call():
    thread = CallbackThread("short-lived")

    thread.call(lambda _: None, None)

    eventually(lambda: "short-lived" not in names())


def test_what_a_call_raises_goes_no_further(caplog):
    done = threading.Event()
    thread = CallbackThread("raising")

    def leave(_: object) -> None:
        raise SystemExit("leaving")

    thread.call(leave, None)
    thread.call(lambda _: done.set(), None)

    assert done.wait(10)
    assert "leaving" in caplog.text


def test_a_call_may_ask_for_another():
    done = threading.Event()
    thread = CallbackThread("nested")

    thread.call(lambda _: thread.call(lambda _: done.set(), None), None)

    assert done.wait(10)


def test_many_threads_may_ask():
    calls: list[int] = []
    thread = CallbackThread("many")
    askers = [
        threading.Thread(target=lambda start=start: [thread.call(calls.append, start + n) for n in range(200)])
        for start in (0, 1000, 2000)
    ]

    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    eventually(lambda: len(calls) == 600)
    for start in (0, 1000, 2000):
        assert [number for number in calls if start <= number < start + 1000] == list(range(start, start + 200))


def test_who_calls_may_be_interrupted_by_somebody_who_calls(monkeypatch: pytest.MonkeyPatch):
    """As by a signal handler, at the moment when the thread is about to be started."""
    calls: list[str] = []
    thread = CallbackThread("interrupted")
    start = threading.Thread.start

    def start_and_be_interrupted(self: threading.Thread) -> None:
        monkeypatch.undo()
        thread.call(calls.append, "second")
        start(self)

    monkeypatch.setattr(threading.Thread, "start", start_and_be_interrupted)

    thread.call(calls.append, "first")
    thread.hear_out(10)

    assert calls == ["first", "second"]


def test_where_there_are_no_more_threads_whoever_asks_makes_the_calls(monkeypatch: pytest.MonkeyPatch):
    calls: list[int] = []
    thread = CallbackThread("waiting")
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        thread.call(lambda _: (thread.call(calls.append, 2), calls.append(1)), None)

    assert calls == [1, 2]
    thread.call(calls.append, 3)
    thread.hear_out(10)
    assert calls == [1, 2, 3]


def refuse(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_who_is_called_does_not_wait_for_itself():
    done = threading.Event()
    thread = CallbackThread("waits for itself")

    thread.call(lambda _: (thread.hear_out(10), done.set()), None)

    assert done.wait(5)

"""The thread of callbacks: in order, one at a time, there only while it is needed."""

from __future__ import annotations

import threading

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

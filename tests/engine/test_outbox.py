"""A line of things to do: in order, one thread at a time, and nobody waits."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from poolapp.engine.outbox import Outbox


def test_items_are_carried_out_in_order():
    done: list[int] = []
    outbox = Outbox(done.append)
    for number in range(5):
        outbox.put(number)

    outbox.drain()

    assert done == [0, 1, 2, 3, 4]


def test_nothing_is_done_before_somebody_drains():
    done: list[int] = []
    outbox = Outbox(done.append)

    outbox.put(1)

    assert done == []


def test_what_is_put_in_meanwhile_is_carried_out_afterwards():
    done: list[int] = []

    def carry_out(number: int) -> None:
        if number < 3:
            outbox.put(number + 1)
            outbox.drain()
        done.append(number)

    outbox = Outbox(carry_out)
    outbox.put(0)
    outbox.drain()

    assert done == [0, 1, 2, 3]


def test_who_comes_second_does_not_wait_and_is_served_all_the_same():
    done: list[tuple[str, str]] = []
    working, go_on = threading.Event(), threading.Event()

    def carry_out(item: str) -> None:
        done.append((item, threading.current_thread().name))
        if item == "slow":
            working.set()
            assert go_on.wait(10)

    outbox = Outbox(carry_out)
    outbox.put("slow")
    first = threading.Thread(target=outbox.drain, name="first")
    first.start()
    assert working.wait(10)

    outbox.put("next")
    outbox.drain()  # returns at once

    assert done == [("slow", "first")]
    go_on.set()
    first.join()
    assert done == [("slow", "first"), ("next", "first")]


def test_what_comes_just_as_the_last_one_leaves_is_carried_out_too():
    done: list[int] = []
    outbox = Outbox(done.append)

    class LastMoment:
        """The lock of those who drain; as it is let go for the first time, somebody else comes."""

        def __init__(self) -> None:
            self._lock = threading.Lock()
            self.acquire = self._lock.acquire

        def release(self) -> None:
            if done == [1]:
                outbox.put(2)
                outbox.drain()  # in vain
            self._lock.release()

    outbox._draining = LastMoment()
    outbox.put(1)

    outbox.drain()

    assert done == [1, 2]


def test_many_threads_lose_nothing_and_keep_the_order():
    done: list[tuple[int, int]] = []
    running = 0

    def carry_out(item: tuple[int, int]) -> None:
        nonlocal running
        running += 1
        assert running == 1, "two threads at once"
        done.append(item)
        running -= 1

    outbox = Outbox(carry_out)
    lock = threading.Lock()

    def work(name: int) -> None:
        for number in range(500):
            with lock:
                outbox.put((name, number))
            outbox.drain()

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(done) == 2000
    for name in range(4):
        assert [number for who, number in done if who == name] == list(range(500))


@given(st.lists(st.integers() | st.none(), max_size=30))
def test_whenever_it_is_drained_the_order_is_kept(steps: list[int | None]):
    """A number is put in, None stands for draining."""
    done: list[int] = []
    outbox = Outbox(done.append)

    for step in steps:
        if step is None:
            outbox.drain()
        else:
            outbox.put(step)
    outbox.drain()

    assert done == [step for step in steps if step is not None]


def test_settling_down_carries_out_what_is_left():
    done: list[int] = []
    outbox = Outbox(done.append)
    outbox.put(1)

    outbox.settle_down(10)

    assert done == [1]


def test_settling_down_waits_for_who_is_at_it():
    done: list[str] = []
    working, go_on = threading.Event(), threading.Event()

    def carry_out(item: str) -> None:
        working.set()
        assert go_on.wait(10)
        done.append(item)

    outbox = Outbox(carry_out)
    outbox.put("slow")
    worker = threading.Thread(target=outbox.drain)
    worker.start()
    assert working.wait(10)

    outbox.settle_down(0.001)
    assert done == []
    threading.Timer(0.01, go_on.set).start()
    outbox.settle_down(10)

    assert done == ["slow"]
    worker.join(10)


def test_settling_down_does_not_wait_for_oneself():
    done: list[int] = []

    def carry_out(number: int) -> None:
        outbox.settle_down(10)
        done.append(number)

    outbox = Outbox(carry_out)
    outbox.put(1)

    outbox.drain()

    assert done == [1]

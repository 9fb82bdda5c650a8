"""Threads that share an inbox."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue

import pytest

from poolapp.engine.workers.lanes import Lanes

MakeLanes = Callable[..., Lanes[object]]


@pytest.fixture
def ends() -> SimpleQueue[BaseException | None]:
    return SimpleQueue()


@pytest.fixture
def make_lanes(ends: SimpleQueue[BaseException | None]) -> Iterator[MakeLanes]:
    made: list[Lanes[object]] = []

    def make(work: Callable[[object], object], stack_size: int | None = None) -> Lanes[object]:
        made.append(Lanes("poolapp-photos-1", work, ends.put, stack_size))
        return made[-1]

    yield make
    for lanes in made:
        lanes.close()
        lanes.join()


def test_they_are_daemons_and_named_after_their_worker(make_lanes: MakeLanes):
    threads: SimpleQueue[threading.Thread] = SimpleQueue()
    barrier = threading.Barrier(2)
    lanes = make_lanes(lambda _: (threads.put(threading.current_thread()), barrier.wait(10)))

    lanes.grow(2)
    for _ in range(2):
        lanes.put("job")

    found = [threads.get(timeout=10) for _ in range(2)]
    assert sorted(thread.name for thread in found) == ["poolapp-photos-1", "poolapp-photos-1.1"]
    assert all(thread.daemon for thread in found)
    assert (lanes.width, lanes.living) == (2, 2)


def test_the_last_that_is_added_says_so(make_lanes: MakeLanes):
    begun: SimpleQueue[int] = SimpleQueue()
    lanes = make_lanes(lambda _: None)

    assert lanes.grow(3, lambda: begun.put(lanes.width))
    assert not lanes.grow(2, lambda: begun.put(0))

    assert begun.get(timeout=10) == 3
    assert begun.empty()


def test_they_end_after_what_was_put_and_the_last_one_tells(make_lanes: MakeLanes, ends: SimpleQueue):
    done: list[object] = []
    lanes = make_lanes(done.append)
    lanes.grow(3)
    for job in range(100):
        lanes.put(job)

    lanes.close()

    assert ends.get(timeout=10) is None
    assert sorted(done) == list(range(100))
    assert ends.empty()
    assert lanes.living == 0


def test_one_that_fails_tells_and_the_others_end_after_what_was_put(make_lanes: MakeLanes, ends: SimpleQueue):
    done: SimpleQueue[object] = SimpleQueue()
    go_on = threading.Event()

    def work(job: object) -> None:
        if job == "bad":
            raise ValueError(job)
        go_on.wait(10)
        done.put(job)

    lanes = make_lanes(work)
    lanes.grow(2)
    for job in ("good", "bad"):
        lanes.put(job)

    assert isinstance(ends.get(timeout=10), ValueError)
    go_on.set()

    assert done.get(timeout=10) == "good"
    assert ends.get(timeout=10) is None


def test_what_nobody_has_begun_can_be_taken_back(make_lanes: MakeLanes):
    lanes = make_lanes(lambda _: None)
    lanes.put("first")
    lanes.put("second")
    lanes.close()

    assert lanes.take_back() == ["first", "second"]
    assert lanes.take_back() == []


def test_closed_ones_do_not_grow(make_lanes: MakeLanes):
    lanes = make_lanes(lambda _: None)
    lanes.close()

    assert not lanes.grow(2)
    assert lanes.width == 0


def test_a_thread_that_cannot_be_started_is_not_counted(make_lanes: MakeLanes, monkeypatch: pytest.MonkeyPatch):
    lanes = make_lanes(lambda _: None)

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)

    with pytest.raises(RuntimeError):
        lanes.grow(1)
    assert (lanes.width, lanes.living) == (0, 0)


def test_their_stacks_are_as_large_as_asked_for_and_others_as_usual(make_lanes: MakeLanes):
    sizes: list[int] = []
    start = threading.Thread.start
    before = threading.stack_size()
    lanes = make_lanes(lambda _: None, 256 * 1024)

    def note_and_start(thread: threading.Thread) -> None:
        sizes.append(threading.stack_size())
        start(thread)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Thread, "start", note_and_start)
        lanes.grow(2)

    assert sizes == [256 * 1024] * 2
    assert threading.stack_size() == before

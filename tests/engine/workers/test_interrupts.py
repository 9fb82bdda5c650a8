"""The interrupt pipe, both its ends: requests reach the task they name, also before it begins, and no other."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from poolapp.engine.errors import TaskAborted, TaskTimeout
from poolapp.engine.workers.interruptible import MainThreadTask, RunningTask
from poolapp.engine.workers.interrupts import REQUEST, InterruptDesk, InterruptOffice


@pytest.fixture
def office() -> Iterator[InterruptOffice]:
    office = InterruptOffice()
    yield office
    office.close()


@pytest.fixture
def desk(office: InterruptOffice) -> InterruptDesk:
    return InterruptDesk(office.read_fd)


class Watched(RunningTask):
    """Takes note of being asked."""

    def __init__(self, serial: int) -> None:
        super().__init__(f"task {serial}", 1, 0, lambda *_: None, serial)
        self.asked: list[type[Exception]] = []

    def ask(self, asked: type[Exception]) -> None:
        self.asked.append(asked)


def begin(desk: InterruptDesk, serial: int) -> Watched:
    task = Watched(serial)
    desk.begin(task)
    return task


def test_a_request_reaches_the_task_that_runs(office: InterruptOffice, desk: InterruptDesk):
    first, second = begin(desk, 3), begin(desk, 4)

    office.request(4, timed_out=False)
    office.request(3, timed_out=True)
    desk.handle()

    assert (first.asked, second.asked) == ([TaskTimeout], [TaskAborted])


def test_a_signal_without_a_request_does_nothing(desk: InterruptDesk):
    task = begin(desk, 0)

    desk.handle(signal.SIGINT, None)

    assert task.asked == []


def test_a_request_for_a_task_to_come_is_kept_for_it(office: InterruptOffice, desk: InterruptDesk):
    office.request(5, timed_out=True)
    desk.handle()

    others, meant = [begin(desk, serial) for serial in (3, 4)], begin(desk, 5)

    assert [task.asked for task in others] == [[], []]
    assert meant.asked == [TaskTimeout]


def test_a_request_for_a_task_that_was_answered_is_dropped(office: InterruptOffice, desk: InterruptDesk):
    first = begin(desk, 1)
    desk.end(first)
    second = begin(desk, 2)

    office.request(1, timed_out=False)
    desk.handle()

    assert (first.asked, second.asked) == ([], [])
    assert desk._requests == {}


def test_a_request_for_a_task_that_never_begins_is_dropped_in_the_end(office: InterruptOffice, desk: InterruptDesk):
    """It was taken back."""
    office.request(1, timed_out=False)
    desk.handle()

    begin(desk, 2)

    assert desk._requests == {}


def test_many_requests_are_read_at_once(office: InterruptOffice, desk: InterruptDesk):
    tasks = [begin(desk, serial) for serial in range(1000)]
    for serial in range(1000):
        office.request(serial, timed_out=False)

    desk.handle()

    assert all(task.asked == [TaskAborted] for task in tasks)


def test_the_office_never_waits(office: InterruptOffice):
    assert not os.get_blocking(office.read_fd)

    for serial in range(65536 // REQUEST.size + 1000):
        office.request(serial, timed_out=False)


def test_a_request_to_a_worker_that_is_gone_is_forgotten():
    office = InterruptOffice()
    office.hand_over()

    office.request(1, timed_out=False)

    office.close()


def test_a_request_after_the_end_writes_to_nobody(office: InterruptOffice):
    fd = office._write_fd
    office.close()
    read, write = os.pipe()
    os.dup2(write, fd)  # somebody has opened something

    office.request(1, timed_out=False)

    os.set_blocking(read, False)
    with pytest.raises(BlockingIOError):
        os.read(read, 1)
    for descriptor in {read, write, fd}:
        os.close(descriptor)


def test_a_task_that_closes_the_pipe_is_not_hit_by_it(office: InterruptOffice, desk: InterruptDesk):
    task = begin(desk, 1)
    office.hand_over()

    desk.handle()

    assert task.asked == []


def test_what_is_not_a_request_is_ignored(office: InterruptOffice, desk: InterruptDesk):
    task = begin(desk, 1)
    os.write(office._write_fd, b"?")

    desk.handle()

    assert task.asked == []


def test_an_interrupt_that_is_raised_leaves_the_other_requests(office: InterruptOffice, desk: InterruptDesk):
    meant = MainThreadTask("meant", 1, 0, lambda *_: None, 1)
    desk.begin(meant)
    meant.begin()
    for serial in (2, 1, 3):
        office.request(serial, timed_out=False)

    with pytest.raises(TaskAborted):
        desk.handle()

    assert [begin(desk, serial).asked for serial in (2, 3)] == [[TaskAborted], [TaskAborted]]


def test_a_handler_that_interrupts_itself_reads_everything_once(
    office: InterruptOffice, monkeypatch: pytest.MonkeyPatch
):
    desk = InterruptDesk(office.read_fd)
    tasks = [begin(desk, serial) for serial in (1, 2)]
    office.request(1, timed_out=False)
    read = os.read

    def read_and_be_interrupted(fd: int, size: int) -> bytes:
        data = read(fd, size)
        monkeypatch.setattr(os, "read", read)
        office.request(2, timed_out=False)
        desk.handle()
        return data

    monkeypatch.setattr(os, "read", read_and_be_interrupted)

    desk.handle()

    assert [task.asked for task in tasks] == [[TaskAborted], [TaskAborted]]

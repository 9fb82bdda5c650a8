"""Tickets: every task is either begun or taken back, never both, and the begun ones are the first of their batch."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from poolapp.engine.node import BATCH_NUMBERS
from poolapp.engine.workers.tickets import TicketHolder, TicketOffice


class Note:
    """What the holder leaves for the office."""

    def __init__(self) -> None:
        self.number: int | None = None

    def leave(self, number: int | None) -> None:
        self.number = number

    def read(self) -> int | None:
        return self.number


def counter() -> tuple[TicketOffice, TicketHolder]:
    """Both ends."""
    note = Note()
    office = TicketOffice(note.read)
    return office, TicketHolder(office.read_fd, note.leave)


@pytest.fixture
def both_ends() -> Iterator[tuple[TicketOffice, TicketHolder]]:
    office, holder = counter()
    yield office, holder
    office.close()


@pytest.fixture
def office(both_ends: tuple[TicketOffice, TicketHolder]) -> TicketOffice:
    return both_ends[0]


@pytest.fixture
def holder(both_ends: tuple[TicketOffice, TicketHolder]) -> TicketHolder:
    return both_ends[1]


def test_with_a_ticket_a_task_may_begin_once(office: TicketOffice, holder: TicketHolder):
    office.issue(1, 2)

    assert [holder.may_begin(1) for _ in range(3)] == [True, True, False]


def test_without_a_ticket_nothing_may_begin(holder: TicketHolder):
    assert not holder.may_begin(1)


def test_tickets_come_back_once_for_every_task(office: TicketOffice):
    office.issue(1, 2)
    office.issue(2, 1)

    assert office.take_back() == [1, 1, 2]
    assert office.take_back() == []


def test_what_has_begun_does_not_come_back(office: TicketOffice, holder: TicketHolder):
    office.issue(1, 3)
    holder.may_begin(1)

    assert office.take_back() == [1, 1]
    assert not holder.may_begin(1)


def test_the_ticket_of_a_later_batch_says_that_the_rest_of_this_one_was_taken_back(
    office: TicketOffice, holder: TicketHolder
):
    office.issue(1, 3)
    holder.may_begin(1)
    office.take_back()
    office.issue(2, 2)

    assert not holder.may_begin(1)
    assert [holder.may_begin(2) for _ in range(3)] == [True, True, False]


def test_a_ticket_that_was_read_early_is_good_for_its_own_batch_only(office: TicketOffice, holder: TicketHolder):
    office.issue(3, 1)

    assert not holder.may_begin(1)
    assert not holder.may_begin(2)
    assert holder.may_begin(3)


def test_a_ticket_that_was_read_early_is_inherited_from_a_dead_worker(office: TicketOffice, holder: TicketHolder):
    office.issue(3, 2)
    holder.may_begin(1)

    assert office.left() == 2
    assert office.inherit() == [3, 3]


def test_a_ticket_that_was_read_early_and_used_is_not_inherited(office: TicketOffice, holder: TicketHolder):
    office.issue(3, 2)
    holder.may_begin(1)
    holder.may_begin(3)

    assert office.left() == 1
    assert office.inherit() == [3]


def test_all_tickets_of_the_largest_backlog_fit_into_the_pipe(office: TicketOffice):
    office.issue(7, 200 * 128)

    assert office.take_back() == [7] * (200 * 128)


def test_nobody_ever_waits_for_a_ticket(office: TicketOffice):
    assert not os.get_blocking(office.read_fd)


class TicketMachine(RuleBasedStateMachine):
    """A pool that issues and takes back, and a worker that reads messages and begins, in any order."""

    @initialize(first=st.integers(0, BATCH_NUMBERS - 1))
    def open(self, first: int) -> None:
        self.office, self.holder = counter()
        self.number = first
        self.messages: deque[tuple[int, int, int]] = deque()  # serial, number, count
        self.current: tuple[int, int, int] | None = None
        self.open_tickets: dict[int, deque[tuple[int, int]]] = {}  # by number: (serial, index)
        self.begun: list[tuple[int, int]] = []
        self.returned: list[tuple[int, int]] = []
        self.issued = 0
        self.tasks = 0

    @precondition(lambda self: len(self.messages) < 200)
    @rule(count=st.integers(1, 5))
    def issue(self, count: int) -> None:
        self.number = (self.number + 1) % BATCH_NUMBERS
        self.office.issue(self.number, count)
        self.messages.append((self.issued, self.number, count))
        self.open_tickets[self.number] = deque((self.issued, index) for index in range(count))
        self.issued += 1
        self.tasks += count

    @rule(steps=st.integers(1, 8))
    def work(self, steps: int) -> None:
        for _ in range(steps):
            self.step()

    @rule()
    def take_back(self) -> None:
        self.have_returned(self.office.take_back())

    def have_returned(self, numbers: list[int]) -> None:
        for number in numbers:
            self.returned.append(self.open_tickets[number].pop())

    @invariant()
    def nothing_is_begun_and_taken_back(self) -> None:
        if hasattr(self, "office"):
            both = self.begun + self.returned
            assert len(both) == len(set(both))

    @invariant()
    def the_begun_ones_are_the_first_of_their_batch(self) -> None:
        for serial in {serial for serial, _ in getattr(self, "begun", [])}:
            indexes = [index for begun, index in self.begun if begun == serial]
            assert indexes == list(range(len(indexes)))

    def teardown(self) -> None:
        """The worker dies, wherever it is."""
        if not hasattr(self, "office"):
            return
        self.have_returned(self.office.inherit())
        assert len(self.begun) + len(self.returned) == self.tasks
        self.nothing_is_begun_and_taken_back()
        self.the_begun_ones_are_the_first_of_their_batch()
        self.office.close()

    def step(self) -> None:
        """Read the next message, or begin the next task of this one."""
        if self.current is None:
            self.current = self.messages.popleft() if self.messages else None
            return
        serial, number, count = self.current
        index = sum(begun == serial for begun, _ in self.begun)
        if index < count and self.holder.may_begin(number):
            assert self.open_tickets[number].popleft() == (serial, index)
            self.begun.append((serial, index))
        else:
            self.current = None


TestTickets = TicketMachine.TestCase
TestTickets.settings = settings(settings.default, max_examples=60, stateful_step_count=40)

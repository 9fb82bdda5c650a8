"""Pauses between attempts to start a worker."""

from __future__ import annotations

import pytest

from poolapp.engine.backoff import Backoff


def failed(times: int, slot: int = 0) -> Backoff:
    backoff = Backoff()
    for _ in range(times):
        backoff.failed(slot, 0.0)
    return backoff


def test_who_has_not_failed_may_start_at_once():
    backoff = Backoff()

    assert backoff.allows(0, 0.0)
    assert backoff.next_time(0.0) is None


@pytest.mark.parametrize(
    "failures, pause", [(1, 0.1), (2, 0.2), (3, 0.4), (4, 0.8), (9, 25.6), (10, 30.0), (1000, 30.0)]
)
def test_pauses_double_up_to_half_a_minute(failures: int, pause: float):
    backoff = failed(failures)

    assert not backoff.allows(0, pause - 0.01)
    assert backoff.allows(0, pause)
    assert backoff.next_time(0.0) == pytest.approx(pause)


def test_a_pause_is_for_its_slot_alone():
    backoff = failed(3, slot=1)

    assert backoff.allows(0, 0.0)
    assert (backoff.failures(0), backoff.failures(1)) == (0, 3)


def test_a_success_ends_the_pause():
    backoff = failed(3)

    backoff.succeeded(0)

    assert backoff.allows(0, 0.0)
    assert backoff.failures(0) == 0


def test_the_next_time_is_that_of_the_first_pause_to_end():
    backoff = failed(3, slot=0)
    backoff.failed(1, 0.0)

    assert backoff.next_time(0.0) == pytest.approx(0.1)
    assert backoff.next_time(0.2) == pytest.approx(0.4)
    assert backoff.next_time(0.5) is None

"""Replacing workers: one after another without loss, or all at once by force."""

from __future__ import annotations

import pytest

from poolapp.engine import PoolError
from tests.engine.desk import Desk

TINY = 0.000_001


def test_the_successor_starts_before_the_old_worker_ends():
    desk = Desk.with_workers(2)

    restart, decisions = desk.restart()

    assert decisions == ["spawn 3 in slot 0"]
    assert desk.ready(3) == ["stop 1"]
    assert not restart.is_complete


def test_workers_are_replaced_one_after_another():
    desk = Desk.with_workers(2)
    restart, _ = desk.restart()
    desk.ready(3)

    assert desk.exit(1, "retired") == ["spawn 4 in slot 1"]
    assert restart.progress == {"total": 2, "replaced": 1}
    assert desk.ready(4) == ["stop 2"]
    assert desk.exit(2, "retired") == ["conclude"]
    assert restart.replaced == {1: 3, 2: 4}


def test_some_workers_are_replaced_in_the_given_order():
    desk = Desk.with_workers(3)

    restart, decisions = desk.restart(3, 1)

    assert decisions == ["spawn 4 in slot 2"]
    desk.ready(4)
    assert desk.exit(3, "retired") == ["spawn 5 in slot 0"]
    desk.ready(5)
    assert desk.exit(1, "retired") == ["conclude"]
    assert restart.replaced == {3: 4, 1: 5}


def test_an_old_worker_finishes_what_it_runs():
    desk = Desk.with_workers(1)
    desk.submit("a")
    desk.restart()

    assert desk.ready(2) == []
    assert desk.answer(1) == ["stop 1"]
    assert list(desk.settled) == ["a"]


def test_what_waits_for_an_old_worker_goes_to_its_successor():
    desk = Desk.with_workers(1)
    desk.submit_all("a", "b", "c")
    desk.restart()

    assert desk.ready(2) == ["send 2: b"]
    assert desk.queue(2) == ["c"]


def test_what_was_given_ahead_to_an_old_worker_is_taken_back_and_goes_to_its_successor():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", expected=TINY)
    desk.restart()

    assert desk.ready(2) == ["take back from 1"]
    assert desk.take_back(1, 2) == ["send 2: b"]
    assert desk.answer(1) == ["stop 1"]


def test_an_old_worker_that_had_begun_nothing_ends_at_once():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", expected=TINY)
    desk.restart()
    desk.ready(2)

    assert desk.take_back(1, 1, 2) == ["send 2: a", "send 2: b", "stop 1"]


def test_new_tasks_do_not_go_to_a_worker_that_is_about_to_end():
    desk = Desk.with_workers(1)
    desk.submit("a")
    desk.restart()
    desk.ready(2)

    assert desk.submit("b") == ["send 2: b"]
    assert desk.submit("c") == []
    assert desk.queue(2) == ["c"]


def test_the_work_of_an_old_worker_is_not_hurried():
    desk = Desk.with_workers(1, stop_timeout=1.0)
    desk.submit("a")
    desk.restart()
    desk.ready(2)

    assert desk.tick(3600) == []


def test_a_restart_of_a_worker_that_is_not_there_is_refused():
    desk = Desk.with_workers(2)

    with pytest.raises(PoolError, match=r"no worker 7 in the pool; there are \[1, 2\]"):
        desk.restart(1, 7)


def test_a_restart_of_an_empty_pool_is_complete():
    desk = Desk(min_size=0, max_size=2)
    desk.start()

    restart, decisions = desk.restart()

    assert decisions == ["conclude"]
    assert restart.progress == {"total": 0, "replaced": 0}


def test_a_worker_named_twice_is_replaced_once():
    desk = Desk.with_workers(1)

    restart, _ = desk.restart(1, 1)
    desk.ready(2)

    assert desk.exit(1, "retired") == ["conclude"]
    assert restart.progress == {"total": 1, "replaced": 1}


def test_a_dynamic_worker_is_replaced_by_a_dynamic_one():
    desk = Desk.with_workers(1, max_size=2)
    desk.submit_all("a", "b")
    desk.ready(2)

    desk.restart(2)

    assert desk.nodes[3].dynamic


def test_a_restart_fails_when_a_successor_cannot_start_and_the_old_worker_works_on():
    desk = Desk.with_workers(2)
    desk.restart()

    assert desk.exit(3, error="no memory") == ["conclude: WorkerStartFailed"]
    assert desk.submit_all("a", "b") == ["send 1: a", "send 2: b"]
    assert desk.tick(60) == []


def test_an_old_worker_that_dies_first_counts_as_replaced():
    desk = Desk.with_workers(1)
    restart, _ = desk.restart()

    assert desk.exit(1) == ["conclude"]
    assert restart.replaced == {1: 2}


def test_an_old_worker_that_dies_before_its_turn_is_passed_over():
    desk = Desk.with_workers(2)
    restart, _ = desk.restart()
    desk.exit(2)
    desk.ready(3)

    assert desk.exit(1, "retired") == ["conclude", "spawn 4 in slot 1"]
    assert restart.replaced == {1: 3}


def test_a_second_restart_begins_when_the_successors_of_the_first_are_there():
    desk = Desk.with_workers(2)
    desk.submit("hangs")
    first, _ = desk.restart(1)
    second, decisions = desk.restart(2)
    assert decisions == []

    assert desk.ready(3) == ["spawn 4 in slot 1"], "though 1 may never end"
    assert desk.ready(4) == ["stop 2"]
    assert desk.exit(2, "retired") == ["conclude"]
    assert (first.is_complete, second.is_complete) == (False, True)


def test_a_hard_restart_kills_all_workers_at_once():
    desk = Desk.with_workers(2)
    desk.submit("a")

    restart, decisions = desk.restart(hard=True)

    assert decisions == ["spawn 3 in slot 0", "spawn 4 in slot 1", "kill 1", "kill 2"]
    assert desk.exit(1) == ["fail a: WorkerLost"]
    assert str(desk.settled["a"]).endswith("killed by a hard restart")
    assert desk.exit(2) == ["conclude"]
    assert restart.replaced == {1: 3, 2: 4}


def test_a_worker_that_does_not_come_to_its_end_is_killed_by_a_hard_restart():
    desk = Desk.with_workers(1)
    desk.submit("hangs")
    rolling, _ = desk.restart(1)
    desk.ready(2)

    hard, decisions = desk.restart(1, hard=True)

    assert decisions == ["kill 1"], "its successor is there"
    assert desk.exit(1) == ["fail hangs: WorkerLost", "conclude", "conclude"]
    assert rolling.replaced == hard.replaced == {1: 2}


def test_a_hard_restart_of_all_kills_those_that_retire_too():
    desk = Desk.with_workers(1)
    desk.submit("hangs")
    desk.restart(1)
    desk.ready(2)

    _, decisions = desk.restart(hard=True)

    assert decisions == ["spawn 3 in slot 0", "kill 1", "kill 2"]


def test_a_worker_that_retires_without_a_successor_is_killed_by_a_hard_restart():
    desk = Desk.with_workers(2)
    desk.submit_all("a", "hangs")
    desk.resize(1, 1)

    hard, decisions = desk.restart(2, hard=True)

    assert decisions == ["kill 2", "conclude"]
    assert hard.replaced == {}


def test_what_waits_for_killed_workers_goes_to_their_successors():
    desk = Desk.with_workers(1)
    desk.submit_all("a", "b")
    desk.restart(hard=True)
    desk.exit(1)

    assert desk.ready(2) == ["send 2: b"]


def test_a_hard_restart_is_not_counted_as_deaths():
    desk = Desk.with_workers(1)
    desk.restart(hard=True)
    desk.exit(1)

    assert desk.snapshot()["restarts"] == 0


def test_a_hard_restart_during_a_rolling_one_ends_both():
    desk = Desk.with_workers(2)
    rolling, _ = desk.restart()

    hard, _ = desk.restart(hard=True)
    for node_id in (1, 2, 3):
        desk.exit(node_id)

    assert rolling.is_complete
    assert hard.is_complete


def test_a_hard_restart_during_a_rolling_one_leaves_no_worker_too_many():
    desk = Desk.with_workers(1)
    desk.restart()
    desk.restart(hard=True)
    for node in list(desk.nodes.values()):
        if node.is_present:
            desk.ready(node.id)
    for node in list(desk.nodes.values()):
        if not node.is_present:
            desk.exit(node.id)
    desk.tick()

    assert desk.snapshot()["worker_nodes"] == 1


def test_a_rolling_restart_goes_on_when_the_successor_is_killed_by_a_hard_one():
    desk = Desk.with_workers(1)
    rolling, _ = desk.restart(1)
    desk.restart(2, hard=True)

    decisions = desk.ready(3) + desk.exit(2)
    while "stop 1" not in decisions:
        starting = [node.id for node in desk.nodes.values() if node.state.value == "starting"]
        assert starting, "nobody is there to replace worker 1"
        decisions += desk.ready(starting[0])
    desk.exit(1, "retired")

    assert rolling.is_complete
    assert desk.snapshot()["worker_nodes"] == 1

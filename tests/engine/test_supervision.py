"""Workers that do not last: pauses, the pool that says it is degraded, and the end of hope."""

from __future__ import annotations

from poolapp.engine import WorkerLost, WorkerStartFailed
from poolapp.engine.outcomes import WorkerExit
from poolapp.engine.snapshot import describe
from tests.engine.desk import Desk

OPEN = 0.0001  # seconds; more than a rounding error
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


def with_failures(count: int) -> Desk:
    """A pool of one whose worker has failed to start so many times in a row."""
    desk = Desk(min_size=1)
    desk.start()
    for pause in PAUSES[: count - 1]:
        desk.exit(max(desk.nodes), error="Traceback\nno memory")
        desk.tick(pause + OPEN)
    desk.exit(max(desk.nodes), error="Traceback\nno memory")
    return desk


def die_young(desk: Desk, node_ids: range, **exit: object) -> list[str]:
    """Every one of these workers becomes ready, and dies at once."""
    said: list[str] = []
    for node_id in node_ids:
        desk.ready(node_id)
        said = desk.exit(node_id, **exit)
    return said


def test_workers_that_die_young_are_replaced_at_once_a_few_times_and_then_with_pauses():
    desk = Desk(min_size=1)
    desk.start()

    assert die_young(desk, range(1, 6)) == ["spawn 6 in slot 0"]
    assert die_young(desk, range(6, 7)) == []
    assert desk.tick(0.1 + OPEN) == ["spawn 7 in slot 0"]
    assert die_young(desk, range(7, 8)) == []
    assert desk.tick(0.1 + OPEN) == []
    assert desk.tick(0.1 + OPEN) == ["spawn 8 in slot 0"]


def test_workers_that_die_of_their_first_task_are_replaced_within_a_second():
    desk = Desk(min_size=1)
    desk.start()
    for node_id in range(1, 40):
        desk.submit(f"killer {node_id}")
        desk.ready(node_id)
        desk.exit(node_id)
        desk.tick(1.0 + OPEN)

    assert len(desk.settled) == 39
    assert set(map(type, desk.settled.values())) == {WorkerLost}


def test_a_worker_that_has_answered_a_task_is_replaced_at_once_whatever_was_before():
    desk = Desk(min_size=1)
    desk.start()
    die_young(desk, range(1, 7))
    desk.tick(0.1 + OPEN)
    desk.ready(7)
    desk.submit("a")
    desk.answer(7)

    assert desk.exit(7) == ["spawn 8 in slot 0"]
    assert not desk.scheduler.state.is_degraded


def test_a_pool_whose_workers_do_not_last_says_that_it_is_degraded_and_why():
    desk = with_failures(3)

    assert desk.snapshot()["trouble"] == "no worker lasts in slot 0: no memory"
    assert describe(desk.scheduler.state, "running") == "degraded"
    errors = [tell.details["error"] for tell in desk.tells if tell.event == "error"]
    assert errors[-1] == "the pool is degraded: no worker lasts in slot 0: no memory"


def test_a_pool_is_not_degraded_any_more_once_a_worker_has_lasted():
    desk = with_failures(3)
    desk.tick(0.4 + OPEN)
    desk.ready(max(desk.nodes))
    assert desk.scheduler.state.is_degraded
    assert desk.next_tick() == 10.0

    desk.tick(10.0)

    assert not desk.scheduler.state.is_degraded
    assert desk.next_tick() is None


def test_a_task_that_comes_while_there_is_no_hope_fails_at_once():
    desk = with_failures(6)

    assert desk.submit("late") == ["fail late: WorkerStartFailed"]


def test_a_task_waits_for_an_attempt_that_is_close():
    desk = with_failures(6)
    desk.tick(2.5)

    assert desk.submit("late") == []
    desk.tick(0.7 + OPEN)
    assert desk.ready(max(desk.nodes)) == [f"send {max(desk.nodes)}: late"]


def test_workers_that_are_killed_from_outside_leave_hope_for_longer():
    desk = Desk(min_size=1)
    desk.start()
    desk.submit("a")
    for node_id in range(1, 10):
        desk.scheduler.exited(desk.nodes[node_id], WorkerExit("killed by SIGKILL", by_force=True), [], desk.now)
        desk.tick(30.0)
        assert desk.settled == {}

    desk.scheduler.exited(desk.nodes[10], WorkerExit("killed by SIGKILL", by_force=True), [], desk.now)
    desk.tick()
    assert isinstance(desk.settled["a"], WorkerStartFailed)


def test_there_is_hope_while_a_worker_starts_elsewhere():
    desk = Desk(min_size=2)
    desk.start()
    desk.submit("a")
    for node_id in (1, 3, 4):
        desk.exit(node_id, error="no memory")
        desk.tick(0.9)

    assert desk.settled == {}
    assert desk.ready(2) == ["send 2: a"]

"""What becomes of the tasks that a worker had in its hands when it died."""

from __future__ import annotations

from poolapp.engine import WorkerLost
from poolapp.engine.outcomes import WorkerExit
from tests.engine.desk import Desk

TINY = 0.000_001


def test_a_task_that_is_safe_to_rerun_runs_once_more_elsewhere():
    desk = Desk.with_workers(2)
    desk.submit("a", retry_lost=True)

    assert desk.exit(1) == ["send 2: a", "spawn 3 in slot 0"]
    desk.answer(2)
    assert desk.settled == {"a": None}
    assert desk.snapshot()["retried_tasks"] == 1


def test_the_time_of_a_task_that_was_lost_was_busy_all_the_same():
    desk = Desk.with_workers(1)
    desk.submit("a")
    desk.tick(5)
    before = desk.snapshot()["busy_time"]

    desk.exit(1)

    assert desk.snapshot()["busy_time"] == before == 5


def test_a_task_that_kills_every_worker_it_meets_is_given_up():
    desk = Desk.with_workers(1, max_task_losses=2)
    desk.submit("a", retry_lost=True)
    desk.exit(1)
    desk.ready(2)
    desk.exit(2, "killed by SIGSEGV")

    assert str(desk.settled["a"]) == (
        "the worker in slot 0 (process 1002) was lost while it ran a: killed by SIGSEGV"
        " (the 2nd worker that was lost with it)"
    )


def test_a_task_that_runs_once_more_begins_anew():
    desk = Desk.with_workers(1)
    desk.submit("a", retry_lost=True)
    task = desk.tasks["a"]
    task.announced, task.started_at = True, 0.0
    desk.exit(1)

    assert (task.announced, task.started_at, task.state.value) == (False, None, "queued")


def test_neither_a_timed_out_nor_an_aborted_task_runs_once_more():
    desk = Desk.with_workers(2)
    desk.submit("a", retry_lost=True, timeout=1.0)
    desk.submit("b", retry_lost=True)
    desk.tick(1.0)
    desk.abort("b")
    desk.exit(1)
    desk.exit(2)

    assert [type(error).__name__ for error in desk.settled.values()] == ["TaskTimeout", "TaskAborted"]


def test_what_still_runs_in_a_thread_that_was_given_up_is_not_run_beside_itself():
    desk = Desk.with_workers(1)
    desk.submit("a", retry_lost=True)
    desk.scheduler.exited(desk.nodes[1], WorkerExit("given up", is_dead=False), [], desk.now)
    desk.tick()

    assert isinstance(desk.settled["a"], WorkerLost)


def test_a_hard_restart_is_no_loss_of_a_task_that_is_safe_to_rerun():
    desk = Desk.with_workers(1, max_task_losses=1)
    desk.submit("a", retry_lost=True)
    desk.restart(hard=True)

    desk.exit(1)

    assert desk.ready(2) == ["send 2: a"]


def test_a_task_that_no_worker_lives_to_begin_is_given_up():
    desk = Desk.with_workers(1)
    desk.submit("a")
    for node_id in (1, 2, 3):
        desk.exit(node_id, unbegun=[1])
        desk.ready(node_id + 1)

    assert str(desk.settled["a"]) == (
        "the worker in slot 0 (process 1003) was lost while it should have begun a: killed by SIGKILL"
        " (the 3rd worker that was lost with it)"
    )


def test_who_waits_behind_the_task_that_kills_a_worker_is_not_to_blame():
    desk = Desk.with_workers(1, ahead=True)
    killers = [f"killer {number}" for number in range(4)]
    desk.submit_all(*killers, "a", expected=TINY)
    for node_id in range(1, 5):
        numbers = [batch.number for batch in desk.nodes[node_id].batches for _ in batch.tasks]
        desk.exit(node_id, unbegun=numbers[1:])
        desk.ready(node_id + 1)

    assert list(desk.settled) == killers
    assert desk.committed(5) == ["a"]

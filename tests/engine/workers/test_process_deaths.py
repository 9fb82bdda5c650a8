"""When a process worker dies: its task alone fails, the others never notice, and a successor takes the slot."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from poolapp.engine import Pool, TaskAborted, TaskFuture, WorkerLost
from tests.engine import functions
from tests.engine.gates import Gate
from tests.engine.polling import eventually, is_alive, is_stopped, nursery_pids, process_state
from tests.engine.workers.direct import Driver

MakePool = Callable[..., Pool]


def workers(pool: Pool) -> list[dict[str, object]]:
    """The workers that are ready, as the snapshot shows them."""
    return [worker for worker in pool.snapshot()["workers"] if worker["state"] in ("idle", "busy")]


def pids(pool: Pool) -> dict[int, int]:
    """The process of every slot."""
    return {worker["slot"]: worker["pid"] for worker in workers(pool)}


def whole(pool: Pool, size: int) -> dict[int, int]:
    """The process of every slot, once all are taken."""
    return eventually(lambda: found if len(found := pids(pool)) == size else {})


def kill_the_nursery() -> None:
    (pid,) = nursery_pids()
    os.kill(pid, signal.SIGKILL)


def stop_process(pid: int) -> None:
    """Hold a process, so that nothing happens there until SIGCONT or SIGKILL."""
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: is_stopped(pid))


def test_a_worker_killed_in_the_middle_of_a_task_costs_that_task_alone(make_pool: MakePool, gate: Gate):
    pool = make_pool(min_size=2)
    before = whole(pool, 2)
    victim = gate.hold(pool)
    gate.wait_for_task()
    others = [pool.execute(functions.add, number, 1) for number in range(20)]
    victim_worker = next(worker for worker in workers(pool) if worker["task"] == "tests.engine.functions.pass_gate")

    os.kill(victim_worker["pid"], signal.SIGKILL)

    with pytest.raises(WorkerLost, match=f"process {victim_worker['pid']}.*killed by SIGKILL"):
        victim.result(10)
    assert [future.result(10) for future in others] == list(range(1, 21))
    after = whole(pool, 2)
    slot = victim_worker["slot"]
    assert after[slot] != before[slot]
    assert after[1 - slot] == before[1 - slot]
    assert pool.snapshot()["restarts"] == 1


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGSEGV", "SIGABRT"])
def test_the_loss_names_the_signal(make_pool: MakePool, name: str):
    pool = make_pool()

    future = pool.execute(functions.kill_me, name)

    with pytest.raises(WorkerLost, match=f"while it ran tests.engine.functions.kill_me: killed by {name}"):
        future.result(10)


@pytest.mark.parametrize("code", [0, 3])
def test_a_task_that_leaves_is_lost_whatever_the_exit_code(make_pool: MakePool, code: int):
    pool = make_pool()

    future = pool.execute(functions.leave, code)

    with pytest.raises(WorkerLost, match=f"exit code {code}"):
        future.result(10)
    assert pool.execute(functions.add, 1, 1).result(10) == 2


def test_an_idle_worker_that_dies_is_replaced_and_no_task_knows(make_pool: MakePool):
    pool = make_pool()
    before = whole(pool, 1)[0]

    os.kill(before, signal.SIGKILL)

    assert pool.execute(functions.pid).result(10) != before
    assert pool.snapshot()["failed_tasks"] == 0
    assert whole(pool, 1)[0] != before


def test_a_task_that_had_not_begun_when_its_worker_died_runs_elsewhere(make_pool: MakePool):
    pool = make_pool()
    before = whole(pool, 1)[0]
    stop_process(before)

    future = pool.execute(functions.pid)
    os.kill(before, signal.SIGKILL)

    assert future.result(10) != before


def test_tasks_given_ahead_to_a_worker_that_dies_run_elsewhere(make_pool: MakePool, gate: Gate):
    pool = make_pool()
    for _ in range(20):
        pool.execute(functions.answer_or_leave, 1).result(10)
    held = gate.hold(pool)
    gate.wait_for_task()

    killer = pool.execute(functions.answer_or_leave, None)
    others = [pool.execute(functions.answer_or_leave, 10) for _ in range(50)]
    gate.open()

    assert held.result(10) == "passed"
    with pytest.raises(WorkerLost):
        killer.result(10)
    assert [len(future.result(10)) for future in others] == [10] * 50


def test_a_killer_among_two_hundred_tiny_tasks_costs_exactly_one(make_pool: MakePool):
    pool = make_pool(min_size=2)
    for _ in range(20):
        pool.execute(functions.answer_or_leave, 1).result(10)

    futures = [pool.execute(functions.answer_or_leave, None if number == 77 else number) for number in range(200)]

    errors = [future.exception(10) for future in futures]
    assert [number for number, error in enumerate(errors) if error] == [77]
    assert isinstance(errors[77], WorkerLost)
    assert [len(future.result()) for future, error in zip(futures, errors, strict=True) if not error] == [
        number for number in range(200) if number != 77
    ]


def test_what_a_worker_had_answered_is_heard_after_its_death(make_pool: MakePool, gate: Gate):
    """Large answers and the death arrive together, because something holds the pool up."""
    pool = make_pool()
    for _ in range(20):
        pool.execute(functions.answer_or_leave, 1).result(10)
    worker = whole(pool, 1)[0]
    held = gate.hold(pool)
    gate.wait_for_task()
    large = [pool.execute(functions.answer_or_leave, 80_000) for _ in range(2)]
    killer = pool.execute(functions.answer_or_leave, None)
    held.when_over(lambda: eventually(lambda: not is_alive(worker)))

    gate.open()

    assert [len(future.result(10)) for future in large] == [80_000, 80_000]
    assert isinstance(killer.exception(10), WorkerLost)


def test_tasks_cancelled_again_and_again_before_they_begin_never_run(make_pool: MakePool, tmp_path: Path):
    """More often than batches have numbers: a number may only come round when its batch has been read."""
    pool = make_pool()
    worker = whole(pool, 1)[0]
    log = tmp_path / "log"
    stop_process(worker)
    for number in range(256):
        assert pool.execute(functions.write_line, str(log), f"cancelled {number}").cancel()

    last = pool.execute(functions.write_line, str(log), "last")
    os.kill(worker, signal.SIGCONT)

    last.result(10)
    assert log.read_text().splitlines() == ["last"]


@pytest.fixture
def full(make_pool: MakePool) -> Pool:
    """A pool whose only worker is held, with a task in its socket that does not fit in there."""
    pool = make_pool()
    for _ in range(20):
        pool.execute(functions.length, b"").result(10)
    stop_process(whole(pool, 1)[0])
    pool.large = pool.execute(functions.length, b"x" * 1_000_000)
    return pool


def test_a_task_that_waits_for_room_in_the_socket_runs_elsewhere_when_the_worker_dies(full: Pool):
    small = full.execute(functions.length, b"y")

    os.kill(whole(full, 1)[0], signal.SIGKILL)

    assert small.result(10) == 1
    assert full.large.result(10) == 1_000_000


def test_a_task_that_waits_for_room_in_the_socket_can_be_cancelled(full: Pool):
    small = full.execute(functions.length, b"y")

    assert small.cancel()
    os.kill(whole(full, 1)[0], signal.SIGCONT)

    assert full.large.result(10) == 1_000_000
    assert full.execute(functions.length, b"zz").result(10) == 2


def test_a_task_that_is_only_partly_in_the_socket_can_be_cancelled(full: Pool):
    assert full.large.cancel()
    os.kill(whole(full, 1)[0], signal.SIGCONT)

    assert full.execute(functions.length, b"zz").result(10) == 2


def test_a_task_whose_ticket_was_read_too_early_runs_elsewhere_when_the_worker_dies(make_pool: MakePool):
    """Read instead of the ticket of a task that was cancelled, and not used when the worker dies."""
    pool = make_pool()
    pool.execute(functions.die_once_a_task_was_taken_back).result(10)
    worker = whole(pool, 1)[0]
    stop_process(worker)
    assert pool.execute(functions.add, 1, 1).cancel()
    others = [pool.execute(functions.add, number, 1) for number in range(3)]

    os.kill(worker, signal.SIGCONT)

    assert [future.result(10) for future in others] == [1, 2, 3]
    assert pool.snapshot()["restarts"] == 1


def test_a_task_that_closes_its_descriptors_loses_its_worker_but_not_the_pool(make_pool: MakePool):
    pool = make_pool()
    before = whole(pool, 1)[0]

    future = pool.execute(functions.close_descriptors)

    assert isinstance(future.exception(10), WorkerLost)
    assert pool.execute(functions.pid).result(10) != before


def test_a_task_that_closes_standard_output_harms_itself_alone(make_pool: MakePool):
    pool = make_pool()
    before = whole(pool, 1)

    assert pool.execute(functions.close_standard_streams).result(10) == "closed"

    assert pool.execute(functions.add, 1, 1).result(10) == 2
    assert whole(pool, 1) == before


def test_a_worker_with_a_child_that_holds_its_descriptors_is_known_to_be_dead(make_pool: MakePool, tmp_path: Path):
    pool = make_pool()
    log = tmp_path / "child"

    future = pool.execute(functions.leave_a_child_behind, str(log))

    with pytest.raises(WorkerLost, match="exit code 1"):
        future.result(10)
    eventually(lambda: not is_alive(int(log.read_text())))


@pytest.mark.parametrize("process_group", [None, 0], ids=["in its group", "in a group of its own"])
def test_what_a_worker_has_started_dies_with_it(make_pool: MakePool, tmp_path: Path, process_group: int | None):
    pool = make_pool()
    log = tmp_path / "child"
    future = pool.execute(functions.have_a_child, str(log), process_group)
    child = int(eventually(lambda: log.exists() and log.read_text()))

    os.kill(whole(pool, 1)[0], signal.SIGKILL)

    assert isinstance(future.exception(10), WorkerLost)
    eventually(lambda: not is_alive(child))


def test_a_process_that_a_task_has_given_its_own_group_dies_with_the_nursery(make_pool: MakePool, tmp_path: Path):
    pool = make_pool()
    log = tmp_path / "child"
    future = pool.execute(functions.have_a_child, str(log), 0)
    child = int(eventually(lambda: log.exists() and log.read_text()))

    kill_the_nursery()

    assert isinstance(future.exception(10), WorkerLost)
    eventually(lambda: not is_alive(child))


def test_only_the_nursery_kills_a_worker_and_it_keeps_the_process_id_until_then(drive: Callable[..., Driver]):
    """So nobody else can have the id of a process that is to be killed."""
    driver = drive("process")
    worker = driver.worker.pid
    (nursery,) = nursery_pids()
    stop_process(nursery)

    driver.worker.kill()
    assert process_state(worker) == "S"
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: process_state(worker) == "Z")
    driver.worker.kill()

    os.kill(nursery, signal.SIGCONT)
    driver.exit()
    assert process_state(worker) is None


def test_a_pool_that_does_not_replace_workers_gets_one_back_with_the_work(make_pool: MakePool):
    pool = make_pool(restart_worker_on_error=False)
    before = whole(pool, 1)[0]

    os.kill(before, signal.SIGKILL)
    eventually(lambda: pool.snapshot()["worker_nodes"] == 0)

    assert pool.execute(functions.pid).result(10) != before


def test_deaths_leave_no_descriptor_behind(make_pool: MakePool):
    pool = make_pool()
    whole(pool, 1)
    before = len(functions.descriptors())

    for _ in range(5):
        assert isinstance(pool.execute(functions.leave, 1).exception(10), WorkerLost)
    last = whole(pool, 1)
    kill_the_nursery()
    eventually(lambda: whole(pool, 1) != last)  # a task may begin as the worker dies with its nursery
    pool.execute(functions.add, 1, 1).result(10)

    eventually(lambda: len(functions.descriptors()) == before)


def test_an_aborted_task_fails_with_the_reason_and_the_rest_goes_on(make_pool: MakePool, gate: Gate):
    pool = make_pool()
    future = gate.hold(pool)
    gate.wait_for_task()
    queued = pool.execute(functions.add, 1, 1)

    assert future.abort("the user has left")

    with pytest.raises(TaskAborted, match="aborted: the user has left"):
        future.result(10)
    assert queued.result(10) == 2
    assert pool.snapshot()["restarts"] == 0


def test_a_pool_recovers_when_its_nursery_is_killed(make_pool: MakePool, gate: Gate):
    pool = make_pool(min_size=2)
    before = whole(pool, 2)
    victim = gate.hold(pool)
    gate.wait_for_task()

    kill_the_nursery()

    with pytest.raises(WorkerLost, match="nursery"):
        victim.result(10)
    results: list[TaskFuture] = [pool.execute(functions.add, number, 1) for number in range(20)]
    assert [future.result(10) for future in results] == list(range(1, 21))
    after = whole(pool, 2)
    assert not set(before.values()) & set(after.values())
    for pid in before.values():
        eventually(lambda pid=pid: not is_alive(pid))


def test_a_pool_that_is_destroyed_as_its_nursery_dies_ends_all_the_same(make_pool: MakePool, gate: Gate):
    pool = make_pool(min_size=2)
    whole(pool, 2)
    future = gate.hold(pool)
    gate.wait_for_task()

    kill_the_nursery()
    pool.destroy(timeout=0)

    assert future.exception(0) is not None

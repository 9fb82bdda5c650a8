"""The pool itself, with workers that do what the test tells them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest

from poolapp.engine import (
    InvalidOption,
    InvalidOptionType,
    Pool,
    PoolDestroyed,
    PoolError,
    PoolNotStarted,
    PoolOptions,
    TaskFunction,
    TaskNotFound,
    WorkerLost,
    WorkerStartFailed,
)
from poolapp.engine.version import __version__
from tests.engine import functions
from tests.engine.doubles import FakeClock, ManualCrew, ManualWorker
from tests.engine.polling import eventually

REGISTERED = {"add": TaskFunction(functions.add, "add")}


def make_pool(**options: object) -> Pool:
    given = {"worker": ManualCrew, "min_size": 1, "stop_timeout": 0.05, **options}
    return Pool(PoolOptions(**given), functions=REGISTERED)


@pytest.fixture
def pool() -> Iterator[Pool]:
    """A started pool of one, whose worker is still on its way."""
    with make_pool() as pool:
        yield pool
        pool.destroy(timeout=0)


@pytest.fixture
def worker(pool: Pool) -> ManualWorker:
    """The worker of that pool, ready."""
    worker = ManualCrew.latest.workers[0]
    worker.become_ready()
    return worker


# What can be executed


@pytest.mark.parametrize("task", ["add", REGISTERED["add"], functions.add, functions.Adder(1), lambda: 1])
def test_a_task_is_a_name_a_task_function_or_any_callable(pool: Pool, worker: ManualWorker, task: object):
    future = pool.execute(task, 1)

    worker.answer(2)

    assert future.result(10) == 2


def test_a_name_that_is_not_registered_is_refused(pool: Pool):
    with pytest.raises(TaskNotFound, match=r"no task is registered under the name 'tests.engine.functions.add'"):
        pool.execute("tests.engine.functions.add", 1)


@pytest.mark.parametrize("task", [3, {"a": 1}])
def test_what_is_neither_a_function_nor_a_name_is_refused(pool: Pool, task: object):
    with pytest.raises(InvalidOptionType, match="a task must be a function or the name of one, not"):
        pool.execute(task)


def test_a_function_may_have_any_keyword_arguments(pool: Pool, worker: ManualWorker):
    pool.execute(dict, task=1, self=2, args=3)

    assert worker.sent[0].tasks[0].kwargs == {"task": 1, "self": 2, "args": 3}


def test_what_was_learned_of_a_function_is_kept(pool: Pool, worker: ManualWorker):
    pool.execute(functions.add, 1)
    worker.answer()

    pool.execute(functions.add, 1)

    assert worker.sent[1].tasks[0].known.expected == 0.5


def test_a_settled_task_lets_go_of_its_arguments(pool: Pool, worker: ManualWorker):
    pool.execute(functions.add, 1, second=2)
    task = worker.sent[0].tasks[0]

    worker.answer(3)

    assert (task.args, task.kwargs, task.future) == ((), {}, None)


# Life


def test_a_pool_that_was_not_started_takes_no_tasks():
    pool = make_pool()

    with pytest.raises(PoolNotStarted, match="pool 'pool' has not been started"):
        pool.execute("add", 1)


def test_a_destroyed_pool_takes_no_tasks(pool: Pool):
    pool.destroy()

    with pytest.raises(PoolDestroyed, match="pool 'pool' was destroyed"):
        pool.execute("add", 1)


def test_a_pool_is_not_started_twice(pool: Pool):
    with pytest.raises(PoolError, match="pool 'pool' is running already"):
        pool.start()


def test_a_pool_whose_crew_cannot_open_is_not_started(monkeypatch: pytest.MonkeyPatch):
    def refuse(_: object) -> None:
        raise OSError("no epoll")

    pool = make_pool()
    monkeypatch.setattr(ManualCrew, "open", refuse)

    with pytest.raises(OSError, match="no epoll"):
        pool.start()
    with pytest.raises(PoolNotStarted):
        pool.execute("add", 1)


def test_destroying_closes_the_crew(pool: Pool, worker: ManualWorker):
    pool.destroy()

    assert worker.was_stopped.is_set()
    assert not ManualCrew.latest.is_open


def test_destroying_again_does_nothing(pool: Pool):
    pool.destroy()
    pool.destroy()


def test_destroying_gives_up_a_worker_that_never_ends(
    pool: Pool, worker: ManualWorker, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ManualWorker, "exit", lambda *_: None)
    future = pool.execute("add", 1)

    pool.destroy(timeout=0)

    assert isinstance(future.exception(0), PoolDestroyed)
    assert pool.snapshot()["worker_nodes"] == 0


def test_a_worker_that_cannot_even_be_made_is_a_failure_to_start(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(ManualCrew, "spawn", refuse)
    with make_pool() as pool:
        future = pool.execute("add", 1)

        with pytest.raises(WorkerStartFailed, match=r"could not be started: .*Too many open files"):
            future.result(10)


def test_a_worker_that_does_not_get_ready_is_killed_in_time():
    with make_pool(start_timeout=0.05) as pool:
        worker = ManualCrew.latest.workers[0]

        assert worker.was_killed.wait(5)
        pool.destroy(timeout=0)


def test_a_worker_for_a_waiting_task_that_does_not_get_ready_is_killed_in_time():
    with make_pool(min_size=0, max_size=1, start_timeout=0.05) as pool:
        pool.execute("add", 1)
        worker = ManualCrew.latest.workers[0]

        assert worker.was_killed.wait(5)
        pool.destroy(timeout=0)


def test_a_worker_that_reports_after_its_exit_is_not_heard(pool: Pool, worker: ManualWorker):
    future = pool.execute("add", 1)
    worker.exit("killed by SIGKILL")

    worker.answer(2)
    worker.exit("again")

    assert isinstance(future.exception(0), WorkerLost)
    assert pool.snapshot()["restarts"] == 1


# Ready


def test_ready_is_told_also_to_those_who_come_late(pool: Pool, worker: ManualWorker):
    told: list[str] = []

    pool.on("ready", lambda event: told.append(event.name))

    assert told == ["ready"]


def test_ready_is_told_once_to_those_who_come_as_it_happens(pool: Pool):
    told: list[str] = []
    pool.on("worker_online", lambda _: pool.on("ready", lambda event: told.append(event.name)))

    ManualCrew.latest.workers[0].become_ready()

    eventually(lambda: told)
    pool.destroy(timeout=0)
    assert told == ["ready"]


def test_a_pool_without_a_minimum_is_ready_at_once():
    told: list[str] = []
    with make_pool(min_size=0, max_size=1) as pool:
        pool.on("ready", lambda event: told.append(event.name))

        assert told == ["ready"]
        assert pool.snapshot()["state"] == "ready"


def test_a_listener_that_was_removed_hears_no_more(pool: Pool, worker: ManualWorker):
    told: list[str] = []
    listener = pool.on("task_finished", lambda event: told.append(event.name))

    pool.off("task_finished", listener)
    pool.execute("add", 1)
    worker.answer(2)

    assert told == []


def test_an_event_that_does_not_exist_cannot_be_listened_to(pool: Pool):
    with pytest.raises(InvalidOption, match=r"an event is one of ready, .*, not 'finish'"):
        pool.on("finish", print)


@pytest.fixture
def slow_listener(pool: Pool, worker: ManualWorker) -> Iterator[None]:
    """Some thread is in the middle of a listener, and stays there."""
    listening, go_on = threading.Event(), threading.Event()
    pool.on("task_queued", lambda _: (listening.set(), go_on.wait(10)))
    caller = threading.Thread(target=pool.execute, args=("add", 1))
    caller.start()
    assert listening.wait(10)
    yield
    go_on.set()
    caller.join()


@pytest.mark.usefixtures("slow_listener")
def test_a_listener_that_takes_its_time_does_not_hold_up_workers(worker: ManualWorker):
    worker.exit("killed by SIGKILL")

    assert len(ManualCrew.latest.workers) == 2


@pytest.mark.usefixtures("slow_listener")
def test_a_listener_that_takes_its_time_does_not_hold_up_results(pool: Pool, worker: ManualWorker):
    future = pool.execute("add", 1)
    worker.answer()
    worker.answer(2)

    assert future.result(1) == 2


@pytest.mark.usefixtures("slow_listener")
def test_a_listener_that_takes_its_time_does_not_hold_up_futures(pool: Pool, worker: ManualWorker):
    future = pool.execute("add", 1)
    worker.answer()
    worker.exit("killed by SIGKILL")

    assert isinstance(future.exception(1), WorkerLost)


@pytest.mark.usefixtures("slow_listener")
def test_destroying_settles_futures_while_a_listener_takes_its_time(pool: Pool):
    future = pool.execute("add", 1)

    pool.destroy(timeout=0)

    assert isinstance(future.exception(0), PoolDestroyed)


# Restarts


def test_a_restart_needs_a_known_mode(pool: Pool):
    with pytest.raises(InvalidOption, match="mode must be one of rolling, hard, not 'soft'"):
        pool.restart_workers(mode="soft")


def test_a_restart_is_a_future_of_the_new_ids(pool: Pool, worker: ManualWorker):
    restart = pool.restart_workers()
    ManualCrew.latest.workers[1].become_ready()

    assert restart.result(10) == {1: 2}


@pytest.mark.parametrize("started", [False, True])
def test_a_pool_that_does_not_run_cannot_be_restarted(started: bool):
    pool = make_pool()
    if started:
        pool.start()
        pool.destroy(timeout=0)

    with pytest.raises(PoolDestroyed if started else PoolNotStarted):
        pool.restart_workers()


# The snapshot


def test_the_snapshot_says_what_kind_of_pool_it_is(pool: Pool, worker: ManualWorker):
    snapshot = pool.snapshot()

    assert json.loads(json.dumps(snapshot)) == snapshot
    assert snapshot["version"] == __version__
    assert (snapshot["type"], snapshot["worker"], snapshot["crew"]) == ("fixed", "ManualCrew", "manual")
    assert (snapshot["min_size"], snapshot["max_size"], snapshot["strategy"]) == (1, 1, "least_used")


def test_the_snapshot_has_a_word_for_every_state():
    pool = make_pool()
    words = [pool.snapshot()["state"]]
    pool.start()
    words.append(pool.snapshot()["state"])
    ManualCrew.latest.workers[0].become_ready()
    words.append(pool.snapshot()["state"])
    pool.execute("add", 1)
    words.append(pool.snapshot()["state"])
    pool.on("worker_exit", lambda _: words.append(pool.snapshot()["state"]))
    pool.destroy(timeout=0)
    words.append(pool.snapshot()["state"])

    assert words == ["stopped", "starting", "ready", "busy", "stopping", "stopped"]


def test_a_pool_that_was_not_started_has_no_start():
    snapshot = make_pool().snapshot()

    assert snapshot["started"] is False
    assert snapshot["started_at"] is None
    assert json.loads(json.dumps(snapshot)) == snapshot


def test_times_are_those_of_the_clock():
    clock = FakeClock()
    pool = Pool(PoolOptions(worker=ManualCrew, min_size=1), functions=REGISTERED, clock=clock)
    pool.start()
    clock.now += 10
    ManualCrew.latest.workers[0].become_ready()
    pool.execute("add", 1)
    clock.now += 5

    snapshot = pool.snapshot()

    assert snapshot["uptime"] == 15
    assert snapshot["started_at"] == clock.offset + 100
    assert snapshot["workers"][0]["started_at"] == clock.offset + 110
    assert snapshot["workers"][0]["running_since"] == clock.offset + 110
    assert snapshot["busy_time"] == 5
    assert snapshot["utilization"] == pytest.approx(5 / 15)
    pool.destroy(timeout=0)


def test_its_text_is_a_status_line(pool: Pool, worker: ManualWorker):
    pool.execute("add", 1)
    pool.execute("add", 2)

    assert repr(pool) == "<Pool 'pool' busy: 1 workers, 1 tasks waiting>"


# Statistics of tasks


def test_what_tasks_have_done_is_counted_anew_after_a_start(pool: Pool, worker: ManualWorker):
    pool.execute("add", 1)
    worker.answer()
    pool.destroy()
    pool.start()
    ManualCrew.latest.workers[0].become_ready()

    pool.execute("add", 1)
    ManualCrew.latest.workers[0].answer()

    assert pool.snapshot()["tasks"]["add"]["executed"] == 1


def test_what_a_task_has_done_is_counted_anew_after_it_was_removed(pool: Pool, worker: ManualWorker):
    pool.add_task("sum", functions.add)
    pool.execute("sum", 1)
    worker.answer()
    pool.remove_task("sum")
    assert "sum" not in pool.snapshot()["tasks"]

    pool.execute(TaskFunction(functions.add, "sum"), 1)
    worker.answer()

    assert pool.snapshot()["tasks"]["sum"]["executed"] == 1


# Wrong types


@pytest.mark.parametrize("options", [{"min_size": 1}, {}, 3])
def test_a_pool_is_made_of_options(options: object):
    with pytest.raises(InvalidOptionType, match="options must be PoolOptions"):
        Pool(options)


def test_a_listener_can_be_called(pool: Pool):
    with pytest.raises(InvalidOptionType, match="a listener must be callable, not 3"):
        pool.on("ready", 3)


@pytest.mark.parametrize("ids", [1, "1", ["1"]])
def test_the_workers_to_be_restarted_are_named_by_their_ids(pool: Pool, ids: object):
    with pytest.raises(InvalidOptionType, match="ids must be"):
        pool.restart_workers(ids)


# Time limits of workers


def test_a_worker_that_was_started_for_a_task_has_to_start_in_time():
    with make_pool(min_size=0, max_size=1, start_timeout=0.05) as pool:
        pool.execute("add", 1)

        assert ManualCrew.latest.workers[0].was_killed.wait(10)
        pool.destroy(timeout=0)


def test_a_worker_that_retires_after_its_task_has_to_end_in_time(
    pool: Pool, worker: ManualWorker, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(worker, "stop", lambda: None)
    pool.execute("add", 1)
    pool.restart_workers()
    ManualCrew.latest.workers[1].become_ready()

    worker.answer(2)

    assert worker.was_killed.wait(10)

"""Requests about many tasks: to end them, to run them again."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import poolapp
from poolapp import TaskFuture
from poolapp import pools as running_pools
from poolapp.control import about_tasks
from poolapp.control.requests import request
from poolapp.control.verbs import carry_out
from poolapp.models import PoolCommand, TaskRecord
from tests.app.polling import eventually
from tests.app.test_control import answered, stranger, workers
from tests.sampleapp import tasks

SECONDS = 30
NOBODY = str(uuid.uuid4())


@pytest.fixture(params=["process", "thread"])
def instance(request: pytest.FixtureRequest, pools: dict[str, Any], settings: Any) -> None:
    """The default pool of two workers, which records arguments."""
    pools["POOLS"] = {"default": {"WORKER": request.param, "MIN_SIZE": 2}}
    settings.POOLAPP = {**pools, "RECORD": {"ARGUMENTS": True, "RESULTS": True}}
    workers()
    eventually(lambda: running_pools.instance_of("default"))


def record_of(future: TaskFuture, *statuses: str) -> TaskRecord:
    wanted = TaskRecord.objects.filter(pk=future.task_id, status__in=statuses or ("executed", "failed", "cancelled"))
    return eventually(wanted.first)


def repeated(*task_ids: str) -> dict[str, Any]:
    """What is answered to a request to run these again."""
    command = answered(request("repeat", arguments={"task_ids": list(task_ids)}))
    assert command.status == "done", command.answer
    return command.answer


@pytest.mark.usefixtures("instance")
class TestRunningAgain:
    def test_a_task_runs_again_with_its_arguments(self):
        first = tasks.add.execute(1, b=2)
        record_of(first)

        answer = repeated(first.task_id)

        assert (answer["repeated"], answer["refused"]) == (1, {})
        [task_id] = answer["task_ids"]
        again = eventually(TaskRecord.objects.filter(pk=task_id, status="executed").first)
        assert (again.name, again.arguments, again.result) == (tasks.add.name, "1, b=2", "3")
        assert again.call == '{"args": [1], "kwargs": {"b": 2}}'

    def test_what_cannot_be_is_counted_by_its_reason(self, gate):
        waits = tasks.hold.execute(gate.path)
        gate.wait_for_task()
        record_of(waits, "running")
        tuples = tasks.hold.execute(None, (1, 2))
        plain = poolapp.execute(unregistered, 1)
        good = tasks.say.execute("fails each time")
        for future in (tuples, plain, good):
            record_of(future)

        answer = repeated(*(future.task_id for future in (waits, tuples, plain, good)), NOBODY, NOBODY)

        assert answer["repeated"] == 1
        assert answer["refused"] == {"unfinished": 1, "no_call": 1, "unknown": 1, "gone": 1}
        gate.open()

    def test_a_record_cannot_name_a_function_that_is_not_registered(self):
        first = tasks.add.execute(1)
        record_of(first)
        TaskRecord.objects.filter(pk=first.task_id).update(name="os.system")

        assert repeated(first.task_id)["refused"] == {"unknown": 1}

    def test_a_record_of_another_pool_is_left_to_it(self):
        first = tasks.add.execute(1)
        record_of(first)
        TaskRecord.objects.filter(pk=first.task_id).update(pool="other")

        assert repeated(first.task_id)["refused"] == {"gone": 1}

    @pytest.mark.parametrize("call", ["nonsense", '{"args": 5, "kwargs": {}}'])
    def test_a_record_that_somebody_has_written_into_is_refused(self, call: str):
        first = tasks.add.execute(1)
        record_of(first)
        TaskRecord.objects.filter(pk=first.task_id).update(call=call)

        [(reason, count)] = repeated(first.task_id)["refused"].items()

        assert count == 1
        assert reason

    @pytest.mark.parametrize("task_ids", [[], "all", None, ["nonsense"], ["\0"], [NOBODY] * 1001])
    def test_a_request_without_ids_is_not_even_left(self, task_ids: Any):
        with pytest.raises(poolapp.InvalidOption, match="task"):
            request("repeat", arguments={"task_ids": task_ids})

        assert not PoolCommand.objects.exists()

    def test_a_request_that_says_nothing_fails(self):
        assert answered(request("repeat")).status == "failed"

    def test_a_drained_pool_says_that_it_is_drained(self):
        ids = [str(record_of(tasks.add.execute(number)).pk) for number in range(2)]
        poolapp.get_pool().drain()

        assert repeated(*ids)["refused"] == {"drained": 2}

    def test_the_answer_names_a_bounded_number(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(about_tasks, "MOST_NAMED", 2)
        ids = [record_of(tasks.add.execute(number)).pk for number in range(4)]

        answer = repeated(*map(str, ids))

        assert (answer["repeated"], len(answer["task_ids"])) == (4, 2)

    def test_tasks_run_again_in_the_order_in_which_they_were_given(self):
        ids = [str(record_of(tasks.add.execute(number)).pk) for number in range(5)]

        new = repeated(*reversed(ids))["task_ids"]

        calls = [eventually(TaskRecord.objects.filter(pk=task_id).first).arguments for task_id in new]
        assert calls == [str(number) for number in range(5)]


def unregistered(value: int) -> int:
    return value


class TestAFullQueue:
    @pytest.fixture
    def narrow(self, pools: dict[str, Any], settings: Any) -> Iterator[poolapp.Pool]:
        """A pool with a worker, room for two more tasks, and patient callers."""
        options = {"queue": {"limit": 2, "full_timeout": 60.0}}
        settings.POOLAPP = {
            "POOLS": {"default": {"WORKER": "thread", "MIN_SIZE": 1, "OPTIONS": options}},
            "RECORD": {"ARGUMENTS": True},
        }
        workers()
        return poolapp.get_pool()

    def test_is_an_answer_and_nobody_waits_for_room(self, narrow: poolapp.Pool, gate):
        ids = [str(record_of(tasks.add.execute(number)).pk) for number in range(5)]
        tasks.hold.execute(gate.path)
        gate.wait_for_task()

        answer = carry_out("repeat", narrow, {"task_ids": ids})

        assert (answer["repeated"], answer["refused"]) == (2, {"full": 3})
        gate.open()


@pytest.mark.usefixtures("instance")
class TestCancellingMany:
    def test_what_waits_never_begins_and_what_runs_is_asked_to_end(self, gates):
        held = [gates() for _ in range(2)]
        run = [tasks.hold.execute(gate.path) for gate in held]
        for gate in held:
            gate.wait_for_task()
        wait = [tasks.add.execute(number) for number in range(3)]

        ids = [future.task_id for future in (*run, *wait)]
        command = answered(request("cancel", arguments={"task_ids": [*ids, NOBODY], "reason": "all of them"}))

        assert command.answer == {"cancelled": 3, "aborted": 2, "refused": {"over": 1}}
        assert all(future.cancelled() for future in wait)
        for future in run:
            with pytest.raises(poolapp.TaskAborted, match="all of them"):
                future.result(SECONDS)
        for gate in held:
            gate.open()

    def test_what_is_over_stays_as_it_is(self):
        done = tasks.add.execute(1)
        done.result(SECONDS)

        command = answered(request("cancel", arguments={"task_ids": [done.task_id] * 3}))

        assert command.answer == {"cancelled": 0, "aborted": 0, "refused": {"over": 1}}

    def test_ten_thousand_are_one_request(self):
        ids = [str(uuid.uuid4()) for _ in range(10_000)]

        command = answered(request("cancel", arguments={"task_ids": ids}))

        assert command.answer["refused"] == {"over": 10_000}

    def test_one_is_answered_as_ever(self):
        command = answered(request("cancel", arguments={"task_id": NOBODY}))

        assert command.answer["error"] == f"no task {NOBODY} waits or runs in this pool"


def test_reasons_are_bounded():
    reasons = Counter({f"reason {number}": number for number in range(30)})

    kept = about_tasks._refused(reasons)

    assert list(kept.values()) == list(range(29, 19, -1))


def test_a_request_for_a_pool_elsewhere_waits_for_it(transactional_db):
    stranger(snapshot={"workers": []})

    assert request("repeat", arguments={"task_ids": [NOBODY]}).status == "pending"

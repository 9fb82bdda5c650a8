"""execute, aexecute, map, task: from everywhere they may be called."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import sys
import threading

import pytest
from asgiref.sync import iscoroutinefunction
from django.contrib.auth.models import Group
from django.db import transaction

import poolapp
from poolapp import registry
from poolapp.api import RegisteredTask
from tests.app.conftest import manage
from tests.app.gates import Gate
from tests.app.polling import eventually, lives
from tests.sampleapp import tasks

pytestmark = [pytest.mark.usefixtures("shared_pools"), pytest.mark.leaves_workers]
SECONDS = 30


@pytest.fixture
def sample_urls(settings) -> None:
    settings.ROOT_URLCONF = "tests.sampleapp.urls"


def snapshot(alias: str = "default") -> dict[str, object]:
    return poolapp.get_pool(alias).snapshot()


class TestWhereItIsCalled:
    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("sample_urls")
    def test_in_a_plain_view(self, client):
        assert client.get("/plain/?a=1&b=2").json() == {"sum": 3}

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("sample_urls")
    async def test_in_an_async_view(self, async_client):
        response = await async_client.get("/asynchronous/?a=1&b=2")

        assert response.json() == {"sum": 3}

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("sample_urls")
    def test_in_a_transaction_it_starts_at_once_and_on_commit_it_sees_what_was_written(self, client):
        assert client.get("/in-a-transaction/").json() == {"during": 0, "after": 1}

    def test_in_many_threads_at_the_same_time(self):
        results: list[list[int]] = []

        def work(start: int) -> None:
            futures = [poolapp.execute(tasks.add, start, number) for number in range(50)]
            results.append([future.result(SECONDS) - start for future in futures])

        threads = [threading.Thread(target=work, args=(start,)) for start in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert results == [list(range(50))] * 8

    @pytest.mark.slow
    @pytest.mark.django_db(transaction=True)
    def test_in_the_shell_and_nothing_is_left_of_its_pool(self):
        code = """
import poolapp
from tests.sampleapp.tasks import add
print(poolapp.execute(add, 1, 2).result(timeout=30), poolapp.execute("tests.sampleapp.tasks.add", 3, b=4).result())
print(*(worker["pid"] for worker in poolapp.get_pool().snapshot()["workers"] if worker["pid"]))
"""
        shell = manage("shell", "-c", code)

        assert (shell.returncode, shell.stderr) == (0, "")
        results, pids = shell.stdout.strip().splitlines()[-2:]
        assert results == "3 7"
        eventually(lambda: not any(lives(int(pid)) for pid in pids.split()), within=2)

    @pytest.mark.slow
    @pytest.mark.django_db(transaction=True)
    def test_in_the_shell_a_function_of_the_shell_is_refused_by_name(self):
        shell = manage("shell", "-c", "import poolapp\ndef mine(): ...\npoolapp.execute(mine)")

        assert shell.returncode == 1
        assert "TaskNotPicklable: " in shell.stderr
        assert "mine" in shell.stderr.splitlines()[-1]

    def test_in_a_worker_process_it_is_refused_with_the_reason(self):
        with pytest.raises(poolapp.PoolNotStarted, match="a task in a worker process cannot use pools"):
            poolapp.execute(tasks.execute_another).result(SECONDS)

    def test_in_a_worker_thread_it_may_use_another_pool(self):
        assert tasks.execute_another.using(pool="threads").execute().result(SECONDS) == 3


class TestWhatIsExecuted:
    def test_a_task(self):
        assert poolapp.execute(tasks.add, 1, b=2).result(SECONDS) == 3

    def test_a_registered_name(self):
        assert poolapp.execute("tests.sampleapp.tasks.add", 1, b=2).result(SECONDS) == 3
        assert poolapp.execute("the name of the sample").result(SECONDS) == "named"

    def test_any_function_that_a_worker_can_import(self):
        assert poolapp.execute(os.path.basename, "/a/b").result(SECONDS) == "b"

    def test_it_runs_in_another_process(self):
        assert poolapp.execute(tasks.process_id).result(SECONDS) != os.getpid()

    @pytest.mark.parametrize("pool", ["default", "threads"])
    def test_an_async_function(self, pool):
        assert tasks.add_in_a_while.using(pool=pool).execute(1, 2).result(SECONDS) == 3

    def test_a_name_that_does_not_exist(self):
        with pytest.raises(poolapp.TaskNotFound, match=r"no task is registered under the name 'tests.nothing'"):
            poolapp.execute("tests.nothing")

    def test_a_name_is_looked_up_and_never_imported(self):
        with pytest.raises(poolapp.TaskNotFound):
            poolapp.execute("antigravity.geohash")

        assert "antigravity" not in sys.modules

    def test_what_is_no_function(self):
        with pytest.raises(TypeError, match="a task must be a function or the name of one, not 42"):
            poolapp.execute(42)

    @pytest.mark.parametrize(
        "arguments, blamed",
        [
            (((lambda: None), 2), "argument 1 of tests.sampleapp.tasks.add cannot be pickled"),
            ((1, threading.Lock()), "argument 2 of tests.sampleapp.tasks.add cannot be pickled"),
        ],
    )
    def test_an_argument_that_cannot_be_pickled_is_named_before_anything_is_queued(self, arguments, blamed):
        poolapp.execute(tasks.add, 1).result(SECONDS)
        before = snapshot()["submitted_tasks"]

        with pytest.raises(poolapp.TaskNotPicklable, match=blamed):
            poolapp.execute(tasks.add, *arguments)

        assert snapshot()["submitted_tasks"] == before

    def test_a_keyword_argument_that_cannot_be_pickled_is_named(self):
        with pytest.raises(poolapp.TaskNotPicklable, match=r"argument 'b' of tests.sampleapp.tasks.add"):
            poolapp.execute(tasks.add, 1, b=lambda: None)

    def test_a_function_that_a_worker_cannot_import_is_named(self):
        def local() -> None: ...

        with pytest.raises(poolapp.TaskNotPicklable, match=r"the function of .*local cannot be pickled"):
            poolapp.execute(local)

    def test_a_thread_takes_arguments_as_they_are(self):
        result = tasks.add.using(pool="threads").execute([1], [2]).result(SECONDS)

        assert result == [1, 2]


class TestWhatGoesWrong:
    @pytest.mark.parametrize("pool", ["default", "threads"])
    def test_the_exception_of_a_task_arrives_as_itself(self, pool):
        with pytest.raises(tasks.Refused) as caught:
            tasks.refuse.using(pool=pool).execute("not today", code=11).result(SECONDS)

        assert caught.value.args == ("not today", 11)
        assert caught.value.code == 11

    def test_with_the_traceback_of_the_worker_as_its_cause(self):
        error = poolapp.execute(tasks.refuse, "not today").exception(SECONDS)

        assert "tests/sampleapp/tasks.py" in str(error.__cause__)
        assert "raise Refused(text, code)" in str(error.__cause__)

    def test_a_result_that_cannot_be_pickled(self):
        with pytest.raises(poolapp.ResultNotPicklable, match=r"of type .*function.*lambda"):
            poolapp.execute(tasks.return_what_cannot_be_pickled).result(SECONDS)

    def test_a_worker_that_is_lost(self):
        with pytest.raises(poolapp.WorkerLost, match="exit code 3"):
            poolapp.execute(tasks.leave, 3).result(SECONDS)

        assert poolapp.execute(tasks.add, 1, 2).result(SECONDS) == 3

    def test_an_alias_that_does_not_exist(self):
        with pytest.raises(poolapp.PoolError, match="there is no pool 'gpu' in POOLAPP, only default, threads"):
            tasks.add.using(pool="gpu").execute(1, 2)


class TestAexecute:
    async def test_it_returns_the_result(self):
        assert await poolapp.aexecute(tasks.add, 1, b=2) == 3
        assert await tasks.add.aexecute(1, 2) == 3

    async def test_it_raises_what_the_task_raises(self):
        with pytest.raises(tasks.Refused):
            await poolapp.aexecute(tasks.refuse, "not today")

    async def test_it_raises_what_execute_raises(self):
        with pytest.raises(poolapp.TaskNotFound):
            await poolapp.aexecute("tests.nothing")

    async def test_many_at_once(self):
        assert await asyncio.gather(*(poolapp.aexecute(tasks.add, n) for n in range(100))) == list(range(100))

    async def test_cancelling_the_await_stops_a_task_that_runs(self, gate: Gate):
        await poolapp.aexecute(tasks.add, 1)
        failed = snapshot()["failed_tasks"]
        awaiting = asyncio.create_task(poolapp.aexecute(tasks.hold, gate.path))
        await asyncio.to_thread(gate.wait_for_task)
        [worker] = [worker for worker in snapshot()["workers"] if worker["executing"]]

        awaiting.cancel()

        with pytest.raises(asyncio.CancelledError):
            await awaiting
        await asyncio.to_thread(eventually, lambda: snapshot()["failed_tasks"] == failed + 1)
        assert lives(worker["pid"]), "the task was interrupted, its worker goes on"

    async def test_it_awaits_room_in_a_full_queue_where_that_is_allowed(self, gates):
        pool = poolapp.get_pool("default")
        pool.set_queue_options(limit=1, full_timeout=float(SECONDS))
        held = [gates(), gates()]
        for gate in held:
            poolapp.execute(tasks.hold, gate.path, "done")
            await asyncio.to_thread(gate.wait_for_task)
        waiting = [asyncio.create_task(poolapp.aexecute(tasks.add, number)) for number in range(3)]
        await asyncio.sleep(0)
        assert snapshot()["queued_tasks"] == 1

        for gate in held:
            gate.open()

        assert await asyncio.gather(*waiting) == [0, 1, 2]
        pool.set_queue_options(limit=None, full_timeout=0.0)

    async def test_cancelling_the_await_aborts_a_task_that_waits(self, gates):
        held = [gates(), gates()]
        running = [poolapp.execute(tasks.hold, gate.path, "done") for gate in held]
        for gate in held:
            await asyncio.to_thread(gate.wait_for_task)
        failed = snapshot()["failed_tasks"]
        awaiting = asyncio.create_task(poolapp.aexecute(tasks.add, 1))
        await asyncio.sleep(0)

        awaiting.cancel()

        with pytest.raises(asyncio.CancelledError):
            await awaiting
        assert snapshot()["failed_tasks"] == failed + 1
        for gate in held:
            gate.open()
        assert [future.result(SECONDS) for future in running] == ["done", "done"]


class TestMap:
    @pytest.mark.parametrize("task", [tasks.add, "tests.sampleapp.tasks.add"])
    def test_it_takes_arguments_as_the_built_in_map_does(self, task):
        assert list(poolapp.map(task, range(100), range(100, 0, -1))) == [100] * 100

    def test_results_are_in_order_even_if_the_first_is_the_last_to_come(self, gate: Gate):
        poolapp.execute(tasks.add, 1).result(SECONDS)
        executed = snapshot()["executed_tasks"]

        results = poolapp.map(tasks.hold, [gate.path, None, None], ["first", "second", "third"])
        gate.wait_for_task()
        eventually(lambda: snapshot()["executed_tasks"] == executed + 2)
        gate.open()

        assert list(results) == ["first", "second", "third"]

    def test_it_stops_waiting_when_the_time_is_over(self, gate: Gate):
        results = poolapp.map(tasks.hold, [gate.path], timeout=0.05)

        with pytest.raises(TimeoutError):
            next(results)
        gate.open()

    def test_it_raises_what_a_task_raises(self):
        with pytest.raises(tasks.Refused):
            list(poolapp.map(tasks.refuse, ["not today"]))


class TestTask:
    def test_a_task_is_still_a_plain_function(self):
        assert tasks.add(1, b=2) == 3
        assert tasks.process_id() == os.getpid()

    def test_a_task_looks_like_its_function(self):
        assert (tasks.add.__name__, tasks.add.__doc__) == ("add", "The sum of two numbers.")
        assert list(inspect.signature(tasks.add).parameters) == ["a", "b"]

    def test_its_name_is_its_dotted_path_unless_it_was_given_one(self):
        assert tasks.add.name == "tests.sampleapp.tasks.add"
        assert tasks.named.name == "the name of the sample"

    def test_it_executes_itself(self):
        assert tasks.add.execute(1, b=2).result(SECONDS) == 3

    def test_it_runs_on_the_pool_of_its_decorator(self):
        assert poolapp.execute(tasks.process_id_of_a_thread).result(SECONDS) == os.getpid()
        assert poolapp.execute(tasks.process_id_of_a_thread.name).result(SECONDS) == os.getpid()

    def test_using_another_pool_leaves_the_task_as_it_is(self):
        elsewhere = tasks.process_id.using(pool="threads")

        assert elsewhere.execute().result(SECONDS) == os.getpid()
        assert tasks.process_id.execute().result(SECONDS) != os.getpid()

    def test_asking_for_another_pool_in_every_request_costs_no_memory(self):
        def variants() -> int:
            gc.collect()
            return sum(isinstance(thing, RegisteredTask) for thing in gc.get_objects())

        before = variants()

        for number in range(100):
            assert tasks.add.using(pool="threads").execute(number).result(SECONDS) == number

        assert variants() - before < 10

    def test_two_functions_of_one_name_are_refused(self):
        poolapp.task(name="tests.taken")(os.getcwd)
        try:
            with pytest.raises(
                poolapp.PoolError, match=r"two task functions are called 'tests.taken': .*getcwd.*getpid"
            ):
                poolapp.task(name="tests.taken")(os.getpid)
        finally:
            del registry.functions["tests.taken"]

    def test_one_function_may_be_registered_again(self):
        again = poolapp.task(tasks.add.function)
        try:
            assert registry.functions[again.name] is again
        finally:
            registry.functions[again.name] = tasks.add

    def test_what_is_no_function_is_refused(self):
        with pytest.raises(TypeError, match="a task must be a function, not 42"):
            poolapp.task(42)


class TestInATransaction:
    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("pool", ["default", "threads"])
    def test_the_transaction_of_the_caller_is_left_alone(self, pool):
        with transaction.atomic():
            Group.objects.create(name="rolled back")
            tasks.add.using(pool=pool).execute(1, 2).result(SECONDS)
            transaction.set_rollback(True)

        assert not Group.objects.exists()


def test_an_async_task_is_taken_for_what_it_is():
    assert iscoroutinefunction(tasks.add_in_a_while)
    assert not iscoroutinefunction(tasks.add)

"""Options: what they are unless given, and what may be given; what may not is in test_option_errors.py."""

from __future__ import annotations

import json
import os
import pickle
from types import MappingProxyType

import pytest

from poolapp.engine import InvalidOption, Pool
from poolapp.engine.options import (
    MeasurementOptions,
    PoolOptions,
    QueueOptions,
    StrategyOptions,
    WorkerOptions,
    available_cpus,
)
from poolapp.engine.strategies import STRATEGIES
from poolapp.engine.workers.inline import InlineCrew
from poolapp.engine.workers.thread import ThreadCrew

INFINITY = float("inf")
FOUR = {"min_size": 2, "max_size": 4}


class TestDefaults:
    def test_a_pool_is_as_large_as_the_machine(self):
        options = PoolOptions()

        assert options.min_size == options.limit == available_cpus() >= 1
        assert options.worker == "process"
        assert not options.dynamic

    def test_of_a_pool(self):
        options = PoolOptions()

        assert (options.name, options.strategy, options.start_workers) == ("pool", "least_used", False)
        assert (options.strategy_options, options.queue) == (StrategyOptions(), QueueOptions())
        assert (options.restart_worker_on_error, options.enable_events, options.kill_behavior) == (True, True, "soft")
        assert (options.max_inactive_time, options.start_timeout, options.stop_timeout) == (60.0, 60.0, 2.0)
        assert (options.timeout, options.abort_timeout) == (None, 1.0)
        assert (options.context_vars, options.env, options.worker_options) == ((), None, WorkerOptions())

    def test_of_queues(self):
        queue = QueueOptions()

        assert (queue.enabled, queue.concurrency, queue.size, queue.limit) == (True, 1, None, None)
        assert (queue.task_stealing, queue.task_stealing_on_back_pressure) == (True, True)
        assert (queue.task_stealing_ratio, queue.tasks_finished_timeout) == (0.6, 5.0)
        assert (queue.aging_factor, queue.load_exponent) == (1.0, 2 / 3)

    def test_of_strategies(self):
        options = StrategyOptions()

        assert (options.measurement, options.weights) == ("run_time", None)
        assert options.run_time == options.wait_time == options.elu == MeasurementOptions(median=False)

    def test_of_workers(self):
        options = WorkerOptions()

        assert (options.nice, options.limits, options.stack_size, options.start_method) == (0, {}, None, "fork")


class TestSizes:
    def test_a_pool_is_fixed_unless_its_maximum_is_larger(self):
        assert not PoolOptions(min_size=3).dynamic
        assert not PoolOptions(min_size=3, max_size=3).dynamic
        assert PoolOptions(min_size=3, max_size=4).dynamic
        assert PoolOptions(min_size=0, max_size=1).dynamic

    @pytest.mark.parametrize(
        "options, expected",
        [({"min_size": 3}, 9), (FOUR, 16), ({**FOUR, "queue": {"size": 5}}, 5), ({**FOUR, "queue": True}, 16)],
    )
    def test_back_pressure_begins_at_the_square_of_the_largest_size_unless_told_otherwise(self, options, expected):
        assert PoolOptions(**options).queue_size == expected


class TestSizesThatAreNotGiven:
    @pytest.fixture(autouse=True)
    def four_cpus(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)

    @pytest.mark.parametrize(
        "maximum, expected, dynamic", [(None, 4, False), (1, 1, False), (4, 4, False), (5, 4, True)]
    )
    def test_the_minimum_is_the_number_of_cpus_but_no_more_than_the_maximum(self, maximum, expected, dynamic):
        options = PoolOptions(max_size=maximum)

        assert (options.min_size, options.dynamic) == (expected, dynamic)

    def test_the_minimum_gives_way_to_every_maximum_that_comes_later(self):
        options = PoolOptions().replace(max_size=3)

        assert (options.min_size, options.replace(max_size=1).min_size) == (3, 1)
        with pytest.raises(InvalidOption, match=r"not 3\.\.1"):
            options.replace(min_size=3).replace(max_size=1)

    def test_a_resized_pool_has_a_minimum_that_was_given(self):
        resized = PoolOptions(max_size=1).resized(2, None)

        assert (resized.min_size, resized.limit) == (2, 2)
        with pytest.raises(InvalidOption, match=r"not 2\.\.1"):
            resized.replace(max_size=1)


class TestWhatMayBeSaid:
    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_every_strategy_has_a_name(self, strategy: str):
        assert PoolOptions(strategy=strategy).strategy == strategy

    @pytest.mark.parametrize(
        "given, expected",
        [
            (True, QueueOptions()),
            (False, QueueOptions(enabled=False)),
            ({}, QueueOptions()),
            ({"task_stealing": False}, QueueOptions(task_stealing=False)),
            (MappingProxyType({"concurrency": 4}), QueueOptions(concurrency=4)),
            (QueueOptions(limit=100), QueueOptions(limit=100)),
        ],
    )
    def test_the_queue_is_on_or_off_a_mapping_or_itself(self, given, expected):
        assert PoolOptions(queue=given).queue == expected

    def test_the_edges_of_what_queues_take(self):
        QueueOptions(task_stealing_ratio=0, tasks_finished_timeout=0, aging_factor=0, load_exponent=1e-9)
        QueueOptions(task_stealing_ratio=1, tasks_finished_timeout=INFINITY, size=1, limit=1, concurrency=200)

    def test_strategy_options_may_be_given_as_a_mapping(self):
        options = PoolOptions(strategy_options={"measurement": "elu", "wait_time": {"median": True}})

        assert options.strategy_options.measurement == "elu"
        assert options.strategy_options.wait_time == MeasurementOptions(median=True)
        assert options.strategy_options.run_time == MeasurementOptions()

    @pytest.mark.parametrize("weights", [{1: 2, 0: 1.5}, {0: 1.5, 1: 2}, [1.5, 2], (1.5, 2)])
    def test_weights_are_kept_by_slot(self, weights):
        options = PoolOptions(min_size=1, max_size=2, strategy_options={"weights": weights})

        assert list(options.strategy_options.weights.items()) == [(0, 1.5), (1, 2)]

    def test_worker_options_may_be_given_as_a_mapping(self):
        given = {"nice": 19, "limits": {"AS": 2**30, "CPU": 0}, "stack_size": 32768, "start_method": "exec"}

        assert PoolOptions(worker_options=given).worker_options == WorkerOptions(**given)

    @pytest.mark.parametrize("seconds", [None, 1, 0.001, INFINITY])
    def test_tasks_may_have_a_time_limit(self, seconds):
        assert PoolOptions(timeout=seconds).timeout == seconds

    @pytest.mark.parametrize("name", ["online_handler", "message_handler", "error_handler", "exit_handler"])
    @pytest.mark.parametrize("handler", [None, print, "tests.engine.functions:nothing", "logging:Logger.info"])
    def test_handlers_are_callable_or_import_paths(self, name, handler):
        assert getattr(PoolOptions(**{name: handler}), name) == handler

    @pytest.mark.parametrize("name", ["initializer", "finalizer", "kill_handler", "around_task"])
    def test_what_workers_call_is_an_import_path(self, name):
        assert getattr(PoolOptions(**{name: "tests.engine.functions:nothing"}), name)
        assert getattr(PoolOptions(**{name: "__main__:nothing"}), name)

    def test_lists_do_where_tuples_are_kept(self):
        options = PoolOptions(context_vars=["tests.engine.functions:LANGUAGE"], initializer_args=["photos", 2])

        assert (options.context_vars, options.initializer_args) == (("tests.engine.functions:LANGUAGE",), ("photos", 2))

    def test_what_is_given_may_change_later_without_effect(self):
        env, weights, limits = {"A": "1"}, {0: 1.0}, {"CPU": 5}
        options = PoolOptions(
            min_size=1, env=env, strategy_options={"weights": weights}, worker_options={"limits": limits}
        )

        for given in (env, weights, limits):
            given.clear()

        assert (options.env, options.strategy_options.weights) == ({"A": "1"}, {0: 1.0})
        assert options.worker_options.limits == {"CPU": 5}

    @pytest.mark.parametrize("name", ["max_inactive_time", "start_timeout", "stop_timeout", "abort_timeout"])
    def test_for_ever_is_a_time(self, name: str):
        with Pool(PoolOptions(worker="thread", min_size=0, max_size=1, **{name: INFINITY})) as pool:
            assert pool.execute(len, "four").result(10) == 4
            assert pool.execute(len, "four").result(10) == 4


class TestChanging:
    def test_options_are_changed_by_making_others(self):
        options = PoolOptions(min_size=2, name="photos", queue={"limit": 7})

        changed = options.replace(min_size=3, strategy_options={"measurement": "elu"})

        assert (changed.min_size, changed.name, changed.queue.limit, options.min_size) == (3, "photos", 7, 2)
        assert changed.strategy_options == StrategyOptions(measurement="elu")

    def test_queue_options_too(self):
        changed = QueueOptions(concurrency=2, size=5).replace(size=6)

        assert changed == QueueOptions(concurrency=2, size=6)

    @pytest.mark.parametrize(
        "maximum, expected", [(1, {0: 1.0}), (2, {0: 1.0, 1: 3.0}), (4, {0: 1.0, 1: 3.0, 2: 2.0, 3: 2.0})]
    )
    def test_other_sizes_keep_the_weights_and_give_new_slots_the_average(self, maximum, expected):
        options = PoolOptions(min_size=2, strategy_options={"weights": [1.0, 3.0]})

        resized = options.resized(1, maximum)

        assert (resized.min_size, resized.limit) == (1, maximum)
        assert resized.strategy_options.weights == expected

    def test_other_sizes_need_no_weights(self):
        assert PoolOptions(min_size=2).resized(3, None).strategy_options.weights is None

    def test_options_travel(self):
        options = PoolOptions(
            **FOUR,
            queue={"size": 5},
            strategy_options={"weights": [1, 2, 3, 4], "elu": {"median": True}},
            worker_options={"limits": {"CPU": 5}},
            env={"A": "1"},
            error_handler="tests.engine.functions:nothing",
        )

        assert pickle.loads(pickle.dumps(options)) == options


class TestKindsOfWorkers:
    @pytest.mark.parametrize(
        "worker, shown",
        [
            ("inline", "inline"),
            (InlineCrew, "InlineCrew"),
            ("poolapp.engine.workers.thread.ThreadCrew", "poolapp.engine.workers.thread.ThreadCrew"),
            (ThreadCrew, "ThreadCrew"),
        ],
    )
    def test_workers_may_be_given_by_name_class_and_path(self, worker: object, shown: str):
        with Pool(PoolOptions(worker=worker, min_size=1)) as pool:
            assert pool.execute(len, "four").result(10) == 4
            assert json.loads(json.dumps(pool.snapshot()))["worker"] == shown

    @pytest.mark.parametrize("path", ["tests.engine.no_such_module.Crew", "tests.engine.functions.NoSuchCrew"])
    def test_a_worker_class_that_cannot_be_imported_is_named(self, path: str):
        with pytest.raises(InvalidOption, match=f"worker '{path}' cannot be imported"):
            Pool(PoolOptions(worker=path))

"""Options: every rule, its class and its message."""

from __future__ import annotations

import json

import pytest

from poolapp.engine import InvalidOption, InvalidOptionType, Pool, PoolError, PoolOptions, QueueOptions
from poolapp.engine.options import available_cpus
from poolapp.engine.workers.inline import InlineCrew
from poolapp.engine.workers.thread import ThreadCrew


def test_a_pool_is_as_large_as_the_machine_unless_told_otherwise():
    options = PoolOptions()

    assert options.min_size == options.limit == available_cpus() >= 1
    assert options.worker == "process"
    assert options.strategy == "least_used"
    assert not options.dynamic


def test_a_pool_is_fixed_unless_its_maximum_is_larger():
    assert not PoolOptions(min_size=3).dynamic
    assert not PoolOptions(min_size=3, max_size=3).dynamic
    assert PoolOptions(min_size=3, max_size=4).dynamic
    assert PoolOptions(min_size=0, max_size=1).dynamic


def test_the_queue_may_be_given_as_a_mapping():
    assert PoolOptions(queue={"task_stealing": False}).queue == QueueOptions(task_stealing=False)


def test_options_are_changed_by_making_others():
    options = PoolOptions(min_size=2, name="photos")

    changed = options.replace(min_size=3)

    assert (changed.min_size, changed.name, options.min_size) == (3, "photos", 2)


def test_changed_options_are_checked_too():
    with pytest.raises(InvalidOption):
        PoolOptions(min_size=2, max_size=4).replace(min_size=5)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"min_size": -1}, "a pool needs 0 <= min_size <= max_size and max_size >= 1, not -1..-1"),
        ({"min_size": 3, "max_size": 2}, "not 3..2"),
        ({"min_size": 0}, "not 0..0"),
        ({"min_size": 0, "max_size": 0}, "not 0..0"),
        ({"strategy": "most_used"}, "strategy must be one of least_used, round_robin, not 'most_used'"),
        ({"queue": {"concurrency": 0}}, "queue.concurrency must be 1, not 0"),
        ({"queue": {"concurrency": 2}}, "queue.concurrency must be 1, not 2"),
        ({"max_inactive_time": 0}, "max_inactive_time must be more than 0 seconds, not 0"),
        ({"max_inactive_time": -1.5}, "max_inactive_time must be more than 0 seconds, not -1.5"),
        ({"start_timeout": 0.0}, "start_timeout must be more than 0 seconds, not 0.0"),
        ({"stop_timeout": float("nan")}, "stop_timeout must be more than 0 seconds, not nan"),
        ({"worker": "fibre"}, "worker must be one of inline, thread, process .*, not 'fibre'"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused(options: dict, message: str):
    with pytest.raises(InvalidOption, match=message) as caught:
        PoolOptions(**options)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, PoolError)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"min_size": "2"}, "min_size must be a whole number, not '2'"),
        ({"min_size": 0.25}, "min_size must be a whole number, not 0.25"),
        ({"min_size": True}, "min_size must be a whole number, not True"),
        ({"min_size": None}, "min_size must be a whole number, not None"),
        ({"min_size": 1, "max_size": 2.0}, "max_size must be a whole number, not 2.0"),
        ({"strategy": None}, "strategy must be a name, not None"),
        ({"strategy": ["least_used"]}, "strategy must be a name, not"),
        ({"queue": "full"}, "queue must be a QueueOptions or a mapping, not 'full'"),
        ({"queue": {"size": 5}}, "queue takes concurrency, task_stealing, not size"),
        ({"queue": {"concurrency": "1"}}, "queue.concurrency must be a whole number, not '1'"),
        ({"queue": {"task_stealing": "yes"}}, "queue.task_stealing must be True or False, not 'yes'"),
        ({"restart_worker_on_error": 1}, "restart_worker_on_error must be True or False, not 1"),
        ({"describe_arguments": "no"}, "describe_arguments must be True or False, not 'no'"),
        ({"describe_results": None}, "describe_results must be True or False, not None"),
        ({"max_inactive_time": "60"}, "max_inactive_time must be a number of seconds, not '60'"),
        ({"stop_timeout": True}, "stop_timeout must be a number of seconds, not True"),
        ({"start_timeout": None}, "start_timeout must be a number of seconds, not None"),
        ({"worker": None}, "worker must be a name or a class, not None"),
        ({"worker": 2}, "worker must be a name or a class, not 2"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(options: dict, message: str):
    with pytest.raises(InvalidOptionType, match=message) as caught:
        PoolOptions(**options)
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, PoolError)


def test_an_option_that_does_not_exist_is_refused():
    with pytest.raises(TypeError, match="max_sise"):
        PoolOptions(max_sise=4)


@pytest.mark.parametrize(
    "worker, shown",
    [
        ("inline", "inline"),
        (InlineCrew, "InlineCrew"),
        ("poolapp.engine.workers.thread.ThreadCrew", "poolapp.engine.workers.thread.ThreadCrew"),
        (ThreadCrew, "ThreadCrew"),
    ],
)
def test_workers_may_be_given_by_name_class_and_path(worker: object, shown: str):
    with Pool(PoolOptions(worker=worker, min_size=1)) as pool:
        assert pool.execute(len, "four").result(10) == 4
        assert json.loads(json.dumps(pool.snapshot()))["worker"] == shown


@pytest.mark.parametrize("path", ["tests.engine.no_such_module.Crew", "tests.engine.functions.NoSuchCrew"])
def test_a_worker_class_that_cannot_be_imported_is_named(path: str):
    with pytest.raises(InvalidOption, match=f"worker '{path}' cannot be imported"):
        Pool(PoolOptions(worker=path))


@pytest.mark.parametrize("name", ["max_inactive_time", "start_timeout", "stop_timeout"])
def test_for_ever_is_a_time(name: str):
    with Pool(PoolOptions(worker="thread", min_size=0, max_size=1, **{name: float("inf")})) as pool:
        assert pool.execute(len, "four").result(10) == 4
        assert pool.execute(len, "four").result(10) == 4

"""Options that are refused: every rule, its class and its message, before anything starts."""

from __future__ import annotations

import os
import re
import threading
from types import MappingProxyType

import pytest

from poolapp.engine import InvalidOption, InvalidOptionType, Pool, PoolError
from poolapp.engine.options import PoolOptions, QueueOptions, StrategyOptions, WorkerOptions, require_options
from tests.engine.polling import children

NAN, INFINITY = float("nan"), float("inf")
SIZES = "a pool needs 0 <= min_size <= max_size and max_size >= 1, not "
FOUR = {"min_size": 2, "max_size": 4}

# Values that a rule forbids, and what is said about them.
WRONG_VALUES = [
    ({"name": " "}, "name must not be blank, not ' '"),
    ({"worker": "fibre"}, "worker must be one of inline, thread, process "),
    ({"worker": ""}, "worker must be one of inline, thread, process "),
    ({"worker": "no_such_package.Crew"}, "worker 'no_such_package.Crew' cannot be imported: No module named"),
    ({"worker": "tests.engine.no_such_module.Crew"}, "worker 'tests.engine.no_such_module.Crew' cannot be imported"),
    ({"worker": " . "}, "worker ' . ' cannot be imported"),
    ({"worker": ".Crew"}, "worker '.Crew' cannot be imported"),
    ({"min_size": -1}, SIZES + "-1..-1"),
    ({"min_size": -1, "max_size": 2}, SIZES + "-1..2"),
    ({"min_size": 3, "max_size": 2}, SIZES + "3..2"),
    ({"min_size": 0}, SIZES + "0..0"),
    ({"min_size": 0, "max_size": 0}, SIZES + "0..0"),
    ({"max_size": 0}, SIZES + "0..0"),
    ({"strategy": "most_used"}, "strategy must be one of .*least_used, .*round_robin"),
    ({"strategy": "most_used"}, "not 'most_used'; did you mean 'least_used'?"),
    (
        {"strategy_options": {"measurement": "cpu"}},
        "strategy_options.measurement must be one of run_time, wait_time, elu, not 'cpu'",
    ),
    ({"strategy_options": {"weights": {}}}, "strategy_options.weights must name at least one slot, not []"),
    (
        {"strategy_options": {"weights": {-1: 1.0}}},
        "strategy_options.weights must name slots, which are whole numbers from 0, not -1",
    ),
    (
        {"strategy_options": {"weights": {0: 0, 1: 1}}},
        "strategy_options.weights[0] must be finite and more than 0, not 0",
    ),
    ({"strategy_options": {"weights": [1, -2.5]}}, "weights[1] must be finite and more than 0, not -2.5"),
    ({"strategy_options": {"weights": [NAN]}}, "weights[0] must be finite and more than 0, not nan"),
    ({"strategy_options": {"weights": [INFINITY]}}, "weights[0] must be finite and more than 0, not inf"),
    (
        {**FOUR, "strategy_options": {"weights": [1, 2, 3]}},
        "strategy_options.weights must name exactly the slots 0..3 of a pool with max_size 4, not 0, 1, 2 (missing: 3)",
    ),
    ({**FOUR, "strategy_options": {"weights": [1] * 6}}, "max_size 4, not 0, 1, 2, 3, 4, 5 (too many: 4, 5)"),
    (
        {"min_size": 2, "strategy_options": {"weights": {2: 1, 0: 1}}},
        "slots 0..1 of a pool with max_size 2, not 0, 2 (missing: 1; too many: 2)",
    ),
    ({"min_size": 1, "strategy_options": StrategyOptions(weights={1: 1})}, "slots 0..0 .* (missing: 0; too many: 1)"),
    ({"queue": {"concurrency": 0}}, "queue.concurrency must be a whole number from 1 to 200, not 0"),
    ({"queue": {"concurrency": 201}}, "queue.concurrency must be a whole number from 1 to 200, not 201"),
    ({"queue": {"concurrency": -1}}, "queue.concurrency must be a whole number from 1 to 200, not -1"),
    ({"queue": {"size": 0}}, "queue.size must be at least 1, not 0"),
    ({"queue": {"size": -1}}, "queue.size must be at least 1, not -1"),
    ({"queue": {"limit": 0}}, "queue.limit must be at least 1, not 0"),
    ({"queue": {"task_stealing_ratio": 1.1}}, "queue.task_stealing_ratio must be from 0 to 1, not 1.1"),
    ({"queue": {"task_stealing_ratio": -0.1}}, "queue.task_stealing_ratio must be from 0 to 1, not -0.1"),
    ({"queue": {"task_stealing_ratio": NAN}}, "queue.task_stealing_ratio must be from 0 to 1, not nan"),
    ({"queue": {"tasks_finished_timeout": -1}}, "queue.tasks_finished_timeout must be at least 0 seconds, not -1"),
    ({"queue": {"tasks_finished_timeout": NAN}}, "queue.tasks_finished_timeout must be at least 0 seconds, not nan"),
    ({"queue": {"aging_factor": -1}}, "queue.aging_factor must be finite and at least 0, not -1"),
    ({"queue": {"aging_factor": INFINITY}}, "queue.aging_factor must be finite and at least 0, not inf"),
    ({"queue": {"load_exponent": 0}}, "queue.load_exponent must be finite and more than 0, not 0"),
    ({"queue": {"load_exponent": -1}}, "queue.load_exponent must be finite and more than 0, not -1"),
    ({"queue": {"enabled": False, "concurrency": 0}}, "queue.concurrency must be a whole number from 1 to 200, not 0"),
    ({"kill_behavior": "SOFT"}, "kill_behavior must be one of soft, hard, not 'SOFT'; did you mean 'soft'?"),
    ({"max_inactive_time": 0}, "max_inactive_time must be more than 0 seconds, not 0"),
    ({"max_inactive_time": -1.5}, "max_inactive_time must be more than 0 seconds, not -1.5"),
    ({"start_timeout": 0.0}, "start_timeout must be more than 0 seconds, not 0.0"),
    ({"stop_timeout": NAN}, "stop_timeout must be more than 0 seconds, not nan"),
    ({"abort_timeout": 0}, "abort_timeout must be more than 0 seconds, not 0"),
    ({"timeout": 0}, "timeout must be more than 0 seconds, not 0"),
    ({"timeout": -0.5}, "timeout must be more than 0 seconds, not -0.5"),
    ({"timeout": NAN}, "timeout must be more than 0 seconds, not nan"),
    ({"online_handler": "log"}, "online_handler must be of the form \"module:function\", not 'log'"),
    ({"exit_handler": "no_such_module:log"}, "exit_handler 'no_such_module:log' cannot be imported"),
    ({"initializer": "no_such_module:set_up"}, "initializer 'no_such_module:set_up' cannot be imported: No module"),
    ({"finalizer": "os.getcwd"}, "finalizer must be of the form \"module:function\", not 'os.getcwd'"),
    ({"kill_handler": ""}, "kill_handler must be of the form \"module:function\", not ''"),
    ({"around_task": "tests.no_such.module:around"}, "around_task 'tests.no_such.module:around' cannot be imported"),
    ({"context_vars": ("no_such_module:LANGUAGE",)}, "context_vars[0] 'no_such_module:LANGUAGE' cannot be imported"),
    ({"context_vars": ("os:environ", "os")}, "context_vars[1] must be of the form \"module:function\", not 'os'"),
    ({"env": {"": "1"}}, "env must have keys without '=' and '\\0', and none that is empty, not ''"),
    ({"env": {"A=B": "1"}}, "none that is empty, not 'A=B'"),
    ({"env": {"A": "1\0"}}, "env['A'] must be text without '\\0'"),
    ({"worker_options": {"nice": 20}}, "worker_options.nice must be a whole number from -20 to 19, not 20"),
    ({"worker_options": {"nice": -21}}, "worker_options.nice must be a whole number from -20 to 19, not -21"),
    (
        {"worker_options": {"limits": {"as": 5}}},
        "limits must be of AS, .*, not 'as'; did you mean 'AS'?",
    ),
    ({"worker_options": {"limits": {"RLIMIT_CPU": 5}}}, "not 'RLIMIT_CPU'; did you mean 'CPU'?"),
    ({"worker_options": {"limits": {"AS": -1}}}, "worker_options.limits['AS'] must be at least 0, not -1"),
    ({"worker_options": {"limits": {"AS": 2**63}}}, "worker_options.limits['AS'] must be less than 2**63, not"),
    ({"worker_options": {"stack_size": 4096}}, "worker_options.stack_size must be at least 32768, not 4096"),
    (
        {"worker_options": {"start_method": "spawn"}},
        "start_method must be one of fork, exec, not 'spawn'",
    ),
]

# Values of the wrong type, and options that do not exist.
WRONG_TYPES = [
    ({"name": 3}, "name must be text, not 3"),
    ({"worker": None}, "worker must be a name or a class, not None"),
    ({"worker": 2}, "worker must be a name or a class, not 2"),
    ({"min_size": "2"}, "min_size must be a whole number, not '2'"),
    ({"min_size": 0.25}, "min_size must be a whole number, not 0.25"),
    ({"min_size": NAN}, "min_size must be a whole number, not nan"),
    ({"min_size": True}, "min_size must be a whole number, not True"),
    ({"min_size": None}, "min_size must be a whole number, not None"),
    ({"min_size": 1, "max_size": 2.0}, "max_size must be a whole number, not 2.0"),
    ({"start_workers": 1}, "start_workers must be True or False, not 1"),
    ({"strategy": None}, "strategy must be one of least_used"),
    ({"strategy": ["least_used"]}, "not ['least_used']"),
    ({"strategy_options": 3}, "strategy_options must be a StrategyOptions or a mapping, not 3"),
    ({"strategy_options": None}, "strategy_options must be a StrategyOptions or a mapping, not None"),
    ({"strategy_options": {"weight": [1]}}, "strategy_options has no option 'weight'; did you mean 'weights'?"),
    ({"strategy_options": {"measurement": 1}}, "strategy_options.measurement must be one of run_time, wait_time, elu"),
    ({"strategy_options": {"run_time": True}}, "strategy_options.run_time must be a MeasurementOptions or a mapping"),
    (
        {"strategy_options": {"elu": {"mediam": True}}},
        "elu has no option 'mediam'; did you mean 'median'?",
    ),
    (
        {"strategy_options": {"wait_time": {"median": "yes"}}},
        "strategy_options.wait_time.median must be True or False, not 'yes'",
    ),
    (
        {"strategy_options": {"weights": "heavy"}},
        "strategy_options.weights must be a mapping of slots to numbers or a list of numbers, not 'heavy'",
    ),
    ({"strategy_options": {"weights": {"0": 1}}}, "weights must name slots, which are whole numbers from 0, not '0'"),
    ({"strategy_options": {"weights": {True: 1}}}, "weights must name slots, which are whole numbers from 0, not True"),
    ({"strategy_options": {"weights": ["1"]}}, "strategy_options.weights[0] must be a number, not '1'"),
    ({"queue": "full"}, "queue must be a QueueOptions or a mapping, not 'full'"),
    ({"queue": None}, "queue must be a QueueOptions or a mapping, not None"),
    ({"queue": 1}, "queue must be a QueueOptions or a mapping, not 1"),
    ({"queue": {"sise": 5}}, "queue has no option 'sise'; did you mean 'size'?"),
    ({"queue": {"zzz": 5}}, "queue has no option 'zzz'; it has enabled, concurrency, size, limit, full_timeout,"),
    ({"queue": {3: 5}}, "queue has no option 3; it has enabled,"),
    ({"queue": {"enabled": 1}}, "queue.enabled must be True or False, not 1"),
    ({"queue": {"concurrency": "1"}}, "queue.concurrency must be a whole number, not '1'"),
    ({"queue": {"concurrency": 0.2}}, "queue.concurrency must be a whole number, not 0.2"),
    ({"queue": {"concurrency": None}}, "queue.concurrency must be a whole number, not None"),
    ({"queue": {"size": 0.2}}, "queue.size must be a whole number, not 0.2"),
    ({"queue": {"limit": "10"}}, "queue.limit must be a whole number, not '10'"),
    ({"queue": {"task_stealing": "yes"}}, "queue.task_stealing must be True or False, not 'yes'"),
    ({"queue": {"task_stealing_on_back_pressure": None}}, "task_stealing_on_back_pressure must be True or False"),
    ({"queue": {"task_stealing_ratio": ""}}, "queue.task_stealing_ratio must be a number, not ''"),
    ({"queue": {"tasks_finished_timeout": None}}, "queue.tasks_finished_timeout must be a number of seconds, not None"),
    ({"queue": {"aging_factor": ""}}, "queue.aging_factor must be a number, not ''"),
    ({"queue": {"load_exponent": ""}}, "queue.load_exponent must be a number, not ''"),
    ({"queue": {"load_exponent": True}}, "queue.load_exponent must be a number, not True"),
    ({"restart_worker_on_error": 1}, "restart_worker_on_error must be True or False, not 1"),
    ({"enable_events": None}, "enable_events must be True or False, not None"),
    ({"describe_arguments": "no"}, "describe_arguments must be True or False, not 'no'"),
    ({"describe_results": None}, "describe_results must be True or False, not None"),
    ({"kill_behavior": True}, "kill_behavior must be one of soft, hard, not True"),
    ({"max_inactive_time": "60"}, "max_inactive_time must be a number of seconds, not '60'"),
    ({"stop_timeout": True}, "stop_timeout must be a number of seconds, not True"),
    ({"start_timeout": None}, "start_timeout must be a number of seconds, not None"),
    ({"abort_timeout": None}, "abort_timeout must be a number of seconds, not None"),
    ({"timeout": "5"}, "timeout must be None or a number of seconds, not '5'"),
    ({"timeout": False}, "timeout must be None or a number of seconds, not False"),
    ({"error_handler": 5}, 'error_handler must be callable or text such as "module:function", not 5'),
    ({"message_handler": ()}, 'message_handler must be callable or text such as "module:function", not ()'),
    ({"initializer": print}, 'initializer must be text such as "module:function", not <built-in'),
    ({"initializer_args": "photos"}, "initializer_args must be a tuple or a list, not 'photos'"),
    ({"finalizer": 5}, 'finalizer must be text such as "module:function", not 5'),
    ({"kill_handler": print}, 'kill_handler must be text such as "module:function", not <built-in'),
    ({"around_task": b"os:x"}, 'around_task must be text such as "module:function", not b'),
    ({"context_vars": "os:environ"}, "context_vars must be a tuple or a list, not 'os:environ'"),
    ({"context_vars": [None]}, 'context_vars[0] must be text such as "module:function", not None'),
    ({"env": [("A", "1")]}, "env must be a mapping of text to text, not [('A', '1')]"),
    ({"env": {1: "A"}}, "env must have text as keys, not 1"),
    ({"env": {"TOKEN": b"secret"}}, "env['TOKEN'] must be text, not of type bytes"),
    ({"worker_options": 5}, "worker_options must be a WorkerOptions or a mapping, not 5"),
    ({"worker_options": {"niceness": 1}}, "worker_options has no option 'niceness'; did you mean 'nice'?"),
    ({"worker_options": {"nice": 0.5}}, "worker_options.nice must be a whole number, not 0.5"),
    ({"worker_options": {"limits": ["AS"]}}, "worker_options.limits must be a mapping of names to whole numbers"),
    ({"worker_options": {"limits": {9: 1}}}, "worker_options.limits must have text as keys, not 9"),
    ({"worker_options": {"limits": {"AS": "1G"}}}, "worker_options.limits['AS'] must be a whole number, not '1G'"),
    ({"worker_options": {"stack_size": "1M"}}, "worker_options.stack_size must be a whole number, not '1M'"),
    ({"worker_options": {"start_method": None}}, "worker_options.start_method must be one of fork, exec, not None"),
]


def says(message: str) -> str:
    """A regular expression for a message, in which ".*" stands for what is between."""
    return re.escape(message).replace(r"\.\*", ".*")


@pytest.mark.parametrize("options, message", WRONG_VALUES)
def test_a_value_that_is_not_allowed_is_refused(options: dict, message: str):
    with pytest.raises(InvalidOption, match=says(message)) as caught:
        PoolOptions(**options)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, PoolError)


@pytest.mark.parametrize("options, message", WRONG_TYPES)
def test_a_value_of_the_wrong_type_is_refused(options: dict, message: str):
    with pytest.raises(InvalidOptionType, match=says(message)) as caught:
        PoolOptions(**options)
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, PoolError)


@pytest.mark.parametrize("worker", ["thread", "process"])
def test_nothing_is_started_when_an_option_is_refused(worker: str):
    threads, processes = set(threading.enumerate()), set(children(os.getpid()))

    for options, _ in WRONG_VALUES + WRONG_TYPES:
        with pytest.raises((InvalidOption, InvalidOptionType)):
            Pool(PoolOptions(**{"worker": worker, "start_workers": True, **options}))

    assert set(threading.enumerate()) <= threads
    assert set(children(os.getpid())) <= processes


@pytest.mark.parametrize(
    "options, message",
    [
        ({"worker": "fibre", "min_size": -1, "strategy": "best"}, "worker must be"),
        ({"min_size": -1, "strategy": "best"}, "a pool needs"),
        ({"min_size": 2.5, "strategy": "best"}, "min_size must be"),
    ],
)
def test_the_worker_is_looked_at_first_then_the_size_then_the_rest(options: dict, message: str):
    with pytest.raises(PoolError, match=message):
        PoolOptions(**options)


def test_an_option_that_does_not_exist_is_refused():
    with pytest.raises(TypeError, match="max_sise"):
        PoolOptions(max_sise=4)


def test_an_error_shows_no_value_of_the_environment():
    with pytest.raises(InvalidOptionType) as caught:
        PoolOptions(env={"TOKEN": b"secret"})

    assert "secret" not in str(caught.value)
    assert "secret" not in repr(PoolOptions(env={"TOKEN": "secret"}))


@pytest.mark.parametrize(
    "options, changes, message",
    [
        (PoolOptions(**FOUR), {"min_size": 5}, SIZES + "5..4"),
        (
            PoolOptions(min_size=1, strategy_options={"weights": [1]}),
            {"min_size": 2},
            "slots 0..1 .* not 0 (missing: 1)",
        ),
        (QueueOptions(), {"size": 0}, "size must be at least 1, not 0"),
        (StrategyOptions(), {"weights": [0]}, "weights[0] must be finite and more than 0, not 0"),
        (WorkerOptions(), {"nice": 20}, "nice must be a whole number from -20 to 19, not 20"),
    ],
)
def test_changed_options_are_checked_as_a_whole(options, changes, message):
    with pytest.raises(InvalidOption, match=says(message)):
        options.replace(**changes)


@pytest.mark.parametrize(
    "options, change, message",
    [
        (PoolOptions(), "max_sise", "PoolOptions has no option 'max_sise'; did you mean 'max_size'?"),
        (
            QueueOptions(),
            "taskstealing",
            "QueueOptions has no option 'taskstealing'; did you mean 'task_stealing'?",
        ),
    ],
)
def test_only_what_there_is_can_be_changed(options, change, message):
    with pytest.raises(InvalidOptionType, match=says(message)):
        options.replace(**{change: 1})


@pytest.mark.parametrize("options", [{}, {"env": {"TOKEN": "secret"}}, MappingProxyType({"max_size": 2})])
def test_a_mapping_of_options_is_refused_with_what_to_do_and_shows_no_secret(options):
    message = "options must be PoolOptions, not {...}: PoolOptions(**options) makes them"

    with pytest.raises(InvalidOptionType, match=f"^{re.escape(message)}$"):
        require_options(options)


@pytest.mark.parametrize("options", [None, 3, "thread", QueueOptions(), PoolOptions])
def test_only_pool_options_are_options_of_a_pool(options):
    require_options(PoolOptions())

    with pytest.raises(InvalidOptionType, match=f"^options must be PoolOptions, not {re.escape(repr(options))}$"):
        require_options(options)

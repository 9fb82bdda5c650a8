"""The POOLAPP setting: what it may say, what it means, and what is said about mistakes."""

from __future__ import annotations

import os

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from poolapp import PoolError, PoolOptions
from poolapp.conf import OWN_OPTIONS, PoolSettings, Record, Retention, get_settings
from poolapp.engine.options import MeasurementOptions, QueueOptions, StrategyOptions, WorkerOptions

CPUS = len(os.sched_getaffinity(0))


@pytest.fixture(autouse=True)
def forget() -> None:
    """Tests read the setting anew, also after a change of the environment."""
    get_settings.cache_clear()


def parsed(settings, **poolapp: object) -> PoolSettings:
    settings.POOLAPP = poolapp
    return get_settings()


def pool_options(settings, **pool: object) -> PoolOptions:
    return parsed(settings, POOLS={"default": pool}).pools["default"]


class TestWhatItMeans:
    def test_nothing_is_one_pool_of_processes_and_defaults_for_the_rest(self, settings):
        found = parsed(settings)

        assert list(found.pools) == ["default"]
        assert (found.pools["default"].worker, found.pools["default"].limit) == ("process", CPUS)
        assert (found.autostart, found.snapshot_interval, found.database) == ("serve", 5.0, "default")
        assert (found.record, found.retention) == (Record(), Retention())

    def test_no_setting_at_all_is_the_same(self, settings, request):
        request.addfinalizer(get_settings.cache_clear)
        empty = parsed(settings)
        del settings.POOLAPP
        get_settings.cache_clear()

        assert not hasattr(django_settings, "POOLAPP")
        assert get_settings() == empty

    @pytest.mark.parametrize(
        "pool, processes, expected",
        [
            ({"MIN_SIZE": 4, "MAX_SIZE": 8, "TOTAL_SIZE": 8}, 1, (4, 8)),
            ({"MIN_SIZE": 4, "MAX_SIZE": 8, "TOTAL_SIZE": 8}, 4, (2, 2)),
            ({"MIN_SIZE": 1, "MAX_SIZE": 8, "TOTAL_SIZE": 10}, 3, (1, 3)),
            ({"MIN_SIZE": 4, "TOTAL_SIZE": 6}, 2, (3, 3)),
            ({"MIN_SIZE": 0, "MAX_SIZE": 4, "TOTAL_SIZE": 2}, 8, (0, 1)),
            ({"TOTAL_SIZE": 1}, 1, (1, 1)),
            ({"MIN_SIZE": 4, "MAX_SIZE": 8}, 4, (4, 8)),
        ],
    )
    def test_all_server_processes_together_have_a_bound(self, settings, pool, processes, expected):
        options = parsed(settings, POOLS={"default": pool}, SERVER_PROCESSES=processes).pools["default"]

        assert (options.min_size, options.limit) == expected

    @pytest.mark.parametrize("text, size", [("4", 2), ("", 8), ("auto", 8), ("0", 8)])
    def test_the_number_of_processes_is_that_of_the_environment(self, settings, monkeypatch, text, size):
        monkeypatch.setenv("WEB_CONCURRENCY", text)

        assert pool_options(settings, MIN_SIZE=8, TOTAL_SIZE=8).limit == size

    def test_pools_are_found_by_their_alias(self, settings):
        found = parsed(settings, POOLS={"cpu": {}, "quick": {"WORKER": "thread"}})

        assert [(alias, options.name, options.worker) for alias, options in found.pools.items()] == [
            ("cpu", "cpu", "process"),
            ("quick", "quick", "thread"),
        ]

    @pytest.mark.parametrize(
        "sizes, expected",
        [
            ({}, (CPUS, CPUS)),
            ({"MIN_SIZE": 3}, (3, 3)),
            ({"MIN_SIZE": 3, "MAX_SIZE": 5}, (3, 5)),
            ({"MAX_SIZE": 1}, (1, 1)),
            ({"MAX_SIZE": CPUS + 5}, (CPUS, CPUS + 5)),
            ({"MIN_SIZE": 0, "MAX_SIZE": 4}, (0, 4)),
        ],
    )
    def test_sizes(self, settings, sizes, expected):
        options = pool_options(settings, **sizes)

        assert (options.min_size, options.limit) == expected

    def test_options_are_those_of_the_engine(self, settings):
        options = pool_options(
            settings, OPTIONS={"strategy": "round_robin", "queue": {"task_stealing": False}, "max_inactive_time": 5}
        )

        assert (options.strategy, options.queue.task_stealing, options.max_inactive_time) == ("round_robin", False, 5)

    @pytest.mark.parametrize(
        "given, expected",
        [
            (
                {"queue": {"concurrency": 4, "size": 10, "limit": 100, "aging_factor": 0}},
                {"queue": QueueOptions(concurrency=4, size=10, limit=100, aging_factor=0)},
            ),
            ({"queue": False}, {"queue": QueueOptions(enabled=False)}),
            (
                {"strategy_options": {"elu": {"median": True}, "weights": [1, 2, 3]}},
                {"strategy_options": StrategyOptions(elu=MeasurementOptions(median=True), weights={0: 1, 1: 2, 2: 3})},
            ),
            (
                {"worker_options": {"nice": 5, "limits": {"CPU": 600}, "start_method": "exec"}},
                {"worker_options": WorkerOptions(nice=5, limits={"CPU": 600}, start_method="exec")},
            ),
            ({"timeout": 30, "abort_timeout": 0.5}, {"timeout": 30, "abort_timeout": 0.5}),
            ({"kill_behavior": "hard"}, {"kill_behavior": "hard"}),
            ({"kill_handler": "os:sync"}, {"kill_handler": "os:sync"}),
            ({"error_handler": print, "exit_handler": "os:sync"}, {"error_handler": print, "exit_handler": "os:sync"}),
            ({"env": {"OMP_NUM_THREADS": "1"}}, {"env": {"OMP_NUM_THREADS": "1"}}),
        ],
    )
    def test_users_may_say_all_that_is_not_poolapps_own(self, settings, given, expected):
        options = pool_options(settings, MIN_SIZE=1, MAX_SIZE=3, OPTIONS=given)

        assert {name: getattr(options, name) for name in expected} == expected

    def test_pools_start_when_autostart_says_so_and_always_tell_what_happens(self, settings):
        options = pool_options(settings)

        assert (options.start_workers, options.enable_events) == (False, True)

    def test_arguments_and_results_are_described_only_where_they_are_recorded(self, settings):
        quiet = parsed(settings)
        open_hearted = parsed(settings, RECORD={"ARGUMENTS": True, "RESULTS": True})

        assert not quiet.pools["default"].describe_arguments
        assert not quiet.pools["default"].describe_results
        assert open_hearted.pools["default"].describe_arguments
        assert open_hearted.pools["default"].describe_results

    def test_what_is_kept_how_long_is_said_in_seconds(self, settings):
        assert parsed(settings, RETENTION={"TASKS": 60}).retention == Retention(tasks=60.0)

    def test_a_changed_setting_counts_at_once(self, settings):
        assert parsed(settings, SNAPSHOT_INTERVAL=1).snapshot_interval == 1
        assert parsed(settings, SNAPSHOT_INTERVAL=2).snapshot_interval == 2

    @pytest.mark.parametrize("word", ["serve", "lazy", "always", "never"])
    def test_autostart(self, settings, word):
        assert parsed(settings, AUTOSTART=word).autostart == word

    def test_autostart_of_the_environment_wins(self, settings, monkeypatch, request):
        request.addfinalizer(get_settings.cache_clear)
        monkeypatch.setenv("POOLAPP_AUTOSTART", "never")

        assert parsed(settings, AUTOSTART="always").autostart == "never"

    def test_autostart_of_the_environment_is_checked_too(self, settings, monkeypatch, request):
        request.addfinalizer(get_settings.cache_clear)
        monkeypatch.setenv("POOLAPP_AUTOSTART", "no")

        with pytest.raises(
            ImproperlyConfigured, match=r"AUTOSTART.*must be one of serve, lazy, always, never, not 'no'"
        ):
            parsed(settings)

    def test_an_empty_variable_says_nothing(self, settings, monkeypatch, request):
        request.addfinalizer(get_settings.cache_clear)
        monkeypatch.setenv("POOLAPP_AUTOSTART", "")

        assert parsed(settings, AUTOSTART="lazy").autostart == "lazy"


# Wrong settings, and what is said about them (a regular expression).
WRONG = [
    ([], r"POOLAPP must be a mapping, not \[\]"),
    ({"POOLS": {}}, r'POOLAPP\["POOLS"\] must map at least one alias to its options, not {}'),
    ({"POOLS": ["default"]}, r'POOLAPP\["POOLS"\] must map at least one alias'),
    ({"POOLS": {"default": None}}, r"POOLAPP\[\"POOLS\"\]\['default'\] must be a mapping, not None"),
    ({"POOLS": {"default": {"OPTIONS": []}}}, r"\['default'\]\[\"OPTIONS\"\] must be a mapping, not \[\]"),
    ({"POOLS": {"default": {"WORKER": "proces"}}}, r"\['default'\]: worker must be one of .*process.*not 'proces'"),
    ({"POOLS": {"default": {"WORKER": 3}}}, r"\['default'\]: worker must be .*not 3"),
    ({"POOLS": {"default": {"MIN_SIZE": "2"}}}, r"\['default'\]: min_size must be a whole number, not '2'"),
    ({"POOLS": {"default": {"MAX_SIZE": 2.0}}}, r"\['default'\]: max_size must be a whole number, not 2.0"),
    ({"POOLS": {"default": {"MIN_SIZE": True}}}, r"min_size must be a whole number, not True"),
    ({"POOLS": {"default": {"MIN_SIZE": 3, "MAX_SIZE": 2}}}, r"0 <= min_size <= max_size .*, not 3..2"),
    ({"POOLS": {"default": {"MIN_SIZE": -1}}}, r"not -1..-1"),
    ({"POOLS": {"default": {"TOTAL_SIZE": 0}}}, r"\['default'\]: TOTAL_SIZE must be .*at least 1, not 0"),
    ({"POOLS": {"default": {"TOTAL_SIZE": "8"}}}, r"TOTAL_SIZE must be a whole number, not '8'"),
    ({"POOLS": {"default": {"MIN_SIZE": "2", "TOTAL_SIZE": 8}}}, r"min_size must be a whole number, not '2'"),
    ({"SERVER_PROCESSES": 0}, r'POOLAPP\["SERVER_PROCESSES"\]: SERVER_PROCESSES must be .*at least 1, not 0'),
    ({"SHUTDOWN_TIMEOUT": -1}, r'POOLAPP\["SHUTDOWN_TIMEOUT"\] must be a number of seconds above 0, not -1'),
    ({"MONITORING_TOKEN": "short"}, r'POOLAPP\["MONITORING_TOKEN"\] must be text of at least 16 characters$'),
    ({"POOLS": {"default": {"MIN_SIZE": 0}}}, r"max_size >= 1, not 0..0"),
    ({"POOLS": {"default": {"OPTIONS": {"strategy": "best"}}}}, r"strategy must be one of .*least_used.*not 'best'"),
    ({"POOLS": {"default": {"OPTIONS": {"queue": 5}}}}, r"queue must be .*not 5"),
    ({"POOLS": {"default": {"OPTIONS": {"queue": {"sise": 5}}}}}, r"queue .*sise"),
    ({"POOLS": {"default": {"OPTIONS": {"start_timeout": 0}}}}, r"start_timeout must be more than 0 seconds, not 0"),
    ({"POOLS": {"default": {"OPTIONS": {"stop_timeout": "2"}}}}, r"stop_timeout must be a number of seconds, not '2'"),
    ({"POOLS": {"default": {"OPTIONS": {"restart_worker_on_error": 1}}}}, r"must be True or False, not 1"),
    ({"POOLS": {"default": {"OPTIONS": {"stratgy": "least_used"}}}}, r"no option 'stratgy'; did you mean 'strategy'\?"),
    ({"POOLS": {"default": {"OPTIONS": {"initializer": "os:getcwd"}}}}, r"has no option 'initializer'"),
    ({"POOLS": {"default": {"OPTIONS": {"min_size": 2}}}}, r"has no option 'min_size'"),
    ({"POOLS": {"default": {"OPTIONS": {3: 4}}}}, r"has no option 3"),
    *[
        ({"POOLS": {"default": {"OPTIONS": {name: None}}}}, rf"\['default'\]\[\"OPTIONS\"\] has no option '{name}'")
        for name in sorted(OWN_OPTIONS)
    ],
    ({"POOLS": {3: {}}}, r'POOLAPP\["POOLS"\]\[3\]: name must be text, not 3'),
    (
        {"POOLS": {"default": {"OPTIONS": {"queue": {"task_staling": True}}}}},
        r"\['default'\]: queue has no option 'task_staling'; did you mean 'task_stealing'\?",
    ),
    (
        {"POOLS": {"default": {"OPTIONS": {"strategy_options": {"weight": [1]}}}}},
        r"\['default'\]: strategy_options has no option 'weight'; did you mean 'weights'\?",
    ),
    (
        {"POOLS": {"default": {"OPTIONS": {"strategy_options": {"elu": {"medium": True}}}}}},
        r"\['default'\]: strategy_options.elu has no option 'medium'; did you mean 'median'\?",
    ),
    (
        {"POOLS": {"default": {"OPTIONS": {"worker_options": {"start_methode": "exec"}}}}},
        r"\['default'\]: worker_options has no option 'start_methode'; did you mean 'start_method'\?",
    ),
    (
        {"POOLS": {"default": {"MIN_SIZE": 2, "OPTIONS": {"strategy_options": {"weights": [1]}}}}},
        r"strategy_options.weights must name exactly the slots 0..1 of a pool with max_size 2, not 0",
    ),
    (
        {"POOLS": {"default": {"OPTIONS": {"queue": {"concurrency": 0}}}}},
        r"concurrency must be a whole number from 1 to 200, not 0",
    ),
    ({"POOLS": {"default": {"OPTIONS": {"timeout": 0}}}}, r"timeout must be more than 0 seconds, not 0"),
    ({"POOLS": {"default": {"OPTIONS": {"kill_handler": "gone:f"}}}}, r"kill_handler 'gone:f' cannot be imported"),
    ({"POOLS": {"default": {"OPTIONS": {"error_handler": 5}}}}, r"error_handler must be callable or text .*, not 5"),
    ({"POOLS": {"default": {"OPTIONS": {"env": {"A": 1}}}}}, r"env\['A'\] must be text, not of type int"),
    ({"POOLS": {"default": {"WORKER": "no_such_package.Crew"}}}, r"worker 'no_such_package.Crew' cannot be imported"),
    ({"AUTOSTART": "yes"}, r'POOLAPP\["AUTOSTART"\] must be one of serve, lazy, always, never, not \'yes\''),
    ({"AUTOSTART": ["serve"]}, r'POOLAPP\["AUTOSTART"\] must be one of'),
    ({"RECORD": "all"}, r'POOLAPP\["RECORD"\] must be a mapping, not \'all\''),
    ({"RECORD": {"TASKS": "some"}}, r'POOLAPP\["RECORD"\]\["TASKS"\] must be one of all, failures, none, not \'some\''),
    ({"RETENTION": 5}, r'POOLAPP\["RETENTION"\] must be a mapping of names to numbers, not 5'),
    ({"RETENTION": {"TASKS": 0}}, r'POOLAPP\["RETENTION"\]\["TASKS"\] must be a number of seconds above 0, not 0'),
    (
        {"RETENTION": {"TASK_COUNT": 0}},
        r"a whole number from 1 to 1000000000000, or None, not 0",
    ),
    ({"RETENTION": {"EVENT_COUNT": 1.5}}, r"or None, not 1.5"),
    ({"RETENTION": {"EVENTS": "1d"}}, r"must be a number of seconds above 0, not '1d'"),
    ({"RETENTION": {"SNAPSHOTS": float("nan")}}, r"must be a number of seconds above 0, not nan"),
    ({"SNAPSHOT_INTERVAL": -1}, r'POOLAPP\["SNAPSHOT_INTERVAL"\] must be a number of seconds above 0, not -1'),
    ({"SNAPSHOT_INTERVAL": True}, r"must be a number of seconds above 0, not True"),
    ({"SNAPSHOT_INTERVAL": None}, r"must be a number of seconds above 0, not None"),
    ({"DATABASE": "other"}, r'POOLAPP\["DATABASE"\] must be one of default, not \'other\''),
]


@pytest.mark.parametrize("wrong, said", WRONG, ids=[str(wrong) for wrong, _ in WRONG])
def test_a_mistake_is_named_with_its_rule_and_its_value(settings, wrong, said):
    settings.POOLAPP = wrong

    with pytest.raises(ImproperlyConfigured, match=said) as caught:
        get_settings()

    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, PoolError)

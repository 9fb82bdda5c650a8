"""What `manage.py check` says about POOLAPP."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError

import pytest
from django.core import checks

from poolapp import checks as own_checks
from poolapp.conf import get_settings
from tests.app.conftest import manage
from tests.app.test_conf import WRONG


@pytest.fixture(autouse=True)
def forget() -> None:
    get_settings.cache_clear()


def found() -> list[checks.CheckMessage]:
    return checks.run_checks(tags=["poolapp"])


def ids() -> list[str | None]:
    return [message.id for message in found()]


def test_the_demo_has_nothing_to_complain_about():
    assert found() == []


@pytest.mark.parametrize("wrong", [wrong for wrong, _ in WRONG], ids=[str(wrong) for wrong, _ in WRONG])
def test_e001_every_mistake_is_an_error(settings, wrong):
    settings.POOLAPP = wrong

    assert "poolapp.E001" in ids()


def test_e001_says_what_is_wrong_and_what_follows(settings):
    settings.POOLAPP = {"POOLS": {"default": {"MIN_SIZE": 3, "MAX_SIZE": 2}}}

    [error] = found()

    assert error.level == checks.ERROR
    assert "a pool needs 0 <= min_size <= max_size" in error.msg
    assert error.hint == "No pool starts until this is mended."


@pytest.mark.parametrize(
    "options, where, near",
    [
        ({"stratgy": "least_used"}, """POOLAPP["POOLS"]['a']["OPTIONS"] has no option 'stratgy'""", "strategy"),
        ({"queue": {"sise": 5}}, "queue has no option 'sise'", "size"),
        ({"strategy_options": {"messurement": "elu"}}, "strategy_options has no option 'messurement'", "measurement"),
        ({"strategy_options": {"elu": {"Median": True}}}, "strategy_options.elu has no option 'Median'", "median"),
        ({"worker_options": {"NICE": 5}}, "worker_options has no option 'NICE'", "nice"),
    ],
)
def test_e001_an_unknown_option_is_named_with_the_nearest_known_one(settings, options, where, near):
    settings.POOLAPP = {"POOLS": {"a": {"OPTIONS": options}}}

    [error] = found()

    assert (error.id, error.level) == ("poolapp.E001", checks.ERROR)
    assert f"{where}; did you mean '{near}'?" in error.msg


@pytest.mark.parametrize(
    "setting, where, near",
    [
        ({"POOL": {}}, "POOLAPP has no key 'POOL'", "POOLS"),
        ({"pools": {}}, "POOLAPP has no key 'pools'", "POOLS"),
        ({"AUTO_START": "serve"}, "POOLAPP has no key 'AUTO_START'", "AUTOSTART"),
        ({"SNAPSHOTINTERVAL": 5}, "POOLAPP has no key 'SNAPSHOTINTERVAL'", "SNAPSHOT_INTERVAL"),
        ({"DATABSE": "default"}, "POOLAPP has no key 'DATABSE'", "DATABASE"),
        ({"RECORDS": {}}, "POOLAPP has no key 'RECORDS'", "RECORD"),
        ({"RETENTIONS": {}}, "POOLAPP has no key 'RETENTIONS'", "RETENTION"),
        ({"RECORD": {"TASK": "all"}}, """POOLAPP["RECORD"] has no key 'TASK'""", "TASKS"),
        ({"RECORD": {"ARGS": True, "RESULT": True}}, """POOLAPP["RECORD"] has no key 'RESULT'""", "RESULTS"),
        ({"RETENTION": {"task": 5}}, """POOLAPP["RETENTION"] has no key 'task'""", "TASKS"),
        ({"POOLS": {"a": {"MAXSIZE": 2}}}, """POOLAPP["POOLS"]['a'] has no key 'MAXSIZE'""", "MAX_SIZE"),
        ({"POOLS": {"a": {"min_size": 2}}}, """POOLAPP["POOLS"]['a'] has no key 'min_size'""", "MIN_SIZE"),
        ({"POOLS": {"a": {"WORKERS": "thread"}}}, """POOLAPP["POOLS"]['a'] has no key 'WORKERS'""", "WORKER"),
        ({"POOLS": {"a": {"OPTION": {}}}}, """POOLAPP["POOLS"]['a'] has no key 'OPTION'""", "OPTIONS"),
    ],
)
def test_w001_an_unknown_key_is_named_with_the_nearest_known_one(settings, setting, where, near):
    settings.POOLAPP = setting

    warning = found()[-1]

    assert (warning.id, warning.level, warning.msg) == ("poolapp.W001", checks.WARNING, f"{where}.")
    assert f"did you mean '{near}'?" in str(warning.hint)


def test_w001_a_key_like_no_other_gets_the_list(settings):
    settings.POOLAPP = {"POOLS": {"a": {"zzz": 2}}}

    [warning] = found()

    assert warning.hint == "It has WORKER, MIN_SIZE, MAX_SIZE, TOTAL_SIZE, OPTIONS."


@pytest.mark.parametrize("setting", [{5: 6}, {"RECORD": None}, {"POOLS": None}, {"POOLS": {"a": []}}])
def test_w001_nonsense_does_no_harm(settings, setting):
    settings.POOLAPP = setting

    assert ids()


def test_w001_several_unknown_keys_are_all_named(settings):
    settings.POOLAPP = {"A": 1, "B": 2, "RECORD": {"C": 3}}

    assert ids() == ["poolapp.W001"] * 3


def test_w002_without_a_channel_layer_nothing_is_live(settings):
    settings.CHANNEL_LAYERS = {}

    assert ids() == ["poolapp.W002"]


def test_w002_without_channels_nothing_is_live(settings):
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "channels"]

    assert ids() == ["poolapp.W002"]


@pytest.fixture
def database(settings, monkeypatch) -> Callable[..., None]:
    """Changes what the settings say of a database; nothing is connected to."""

    def change(alias: str, engine: str = "sqlite3", **options: object) -> None:
        changed = {"ENGINE": f"django.db.backends.{engine}", "OPTIONS": options}
        monkeypatch.setitem(settings.DATABASES, alias, settings.DATABASES["default"] | changed)

    return change


@pytest.mark.parametrize(
    "options, expected",
    [
        ({}, ["poolapp.W003"]),
        ({"transaction_mode": "DEFERRED"}, ["poolapp.W003"]),
        ({"transaction_mode": "IMMEDIATE"}, []),
        ({"transaction_mode": "EXCLUSIVE"}, []),
    ],
)
def test_w003_sqlite_needs_immediate_transactions(database, options, expected):
    database("default", **options)

    assert ids() == expected


def test_w003_other_databases_do_not(database):
    database("default", engine="postgresql")

    assert ids() == []


def test_w003_counts_for_the_database_of_the_records(settings, database):
    database("records")
    settings.POOLAPP = {"DATABASE": "records"}

    assert ids() == ["poolapp.W003"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_mistake_stops_management_commands_with_one_clear_message():
    check = manage("check", POOLAPP_AUTOSTART="perhaps")

    assert check.returncode == 1
    assert (
        "(poolapp.E001) POOLAPP[\"AUTOSTART\"] must be one of serve, lazy, always, never, not 'perhaps'."
        in check.stderr
    )


@pytest.mark.parametrize("processes, warned", [(2, False), (4, False), (5, True)])
def test_w004_fewer_workers_than_server_processes(settings, processes, warned):
    settings.POOLAPP = {"POOLS": {"default": {"TOTAL_SIZE": 4}}, "SERVER_PROCESSES": processes}

    assert ("poolapp.W004" in ids()) is warned


@pytest.mark.parametrize(
    "backend, warned",
    [("channels.layers.InMemoryChannelLayer", True), ("channels_redis.core.RedisChannelLayer", False)],
)
def test_w005_a_channel_layer_in_memory_is_not_for_several_processes(settings, backend, warned):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend}}

    deployed = checks.run_checks(tags=["poolapp"], include_deployment_checks=True)

    assert ("poolapp.W005" in [message.id for message in deployed]) is warned
    assert "poolapp.W005" not in ids()


def redis_layer(**config: object) -> dict[str, object]:
    return {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": config}}


ADDRESS = "redis://127.0.0.1:6379/1"


@pytest.mark.parametrize(
    "config, expected",
    [
        ({}, ["poolapp.W006"]),
        ({"hosts": [ADDRESS]}, ["poolapp.W006"]),
        ({"hosts": [("127.0.0.1", 6379)]}, ["poolapp.W006"]),
        ({"hosts": [{"address": ADDRESS}]}, ["poolapp.W006"]),
        ({"hosts": [{"address": ADDRESS, "socket_timeout": None}, ADDRESS]}, ["poolapp.W006"]),
        ({"hosts": [{"address": ADDRESS, "socket_timeout": None}]}, []),
        ({"hosts": [f"{ADDRESS}?socket_timeout=30"]}, []),
    ],
)
def test_w006_hosts_of_redis_need_a_socket_timeout(settings, monkeypatch, config, expected):
    monkeypatch.setattr(own_checks, "version", lambda package: "8.1.0")
    settings.CHANNEL_LAYERS = redis_layer(**config)

    assert ids() == expected


def test_w006_is_not_for_an_older_redis(settings, monkeypatch):
    monkeypatch.setattr(own_checks, "version", lambda package: "7.4.0")
    settings.CHANNEL_LAYERS = redis_layer(hosts=[ADDRESS])

    assert ids() == []


def test_w006_is_not_for_a_site_without_redis(settings, monkeypatch):
    def missing(package: str) -> str:
        raise PackageNotFoundError(package)

    monkeypatch.setattr(own_checks, "version", missing)
    settings.CHANNEL_LAYERS = redis_layer(hosts=[ADDRESS])

    assert ids() == []

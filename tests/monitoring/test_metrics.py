"""The figures of all pools in the Prometheus format, read by Prometheus's own parser."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open_metrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

import poolapp
from poolapp import pools as running_pools
from poolapp.models import PoolInstance
from poolapp.monitoring import metrics
from tests.app.polling import eventually
from tests.sampleapp import tasks

SECONDS = 30
TOKEN = "a token that is long enough"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"
pytestmark = pytest.mark.usefixtures("ready")
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def ready(thread_pools: None, settings) -> None:
    settings.POOLAPP = {**settings.POOLAPP, "MONITORING_TOKEN": TOKEN}
    running_pools.start()
    for pool in running_pools.running().values():
        eventually(lambda pool=pool: pool.snapshot()["ready"])


def scrape(accept: str = "") -> Samples:
    """All samples, by name and labels."""
    response = Client().get("/poolapp/metrics/", headers={"authorization": f"Bearer {TOKEN}", "accept": accept})
    assert response.status_code == 200
    parse = parse_open_metrics if accept else parse_text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in parse(response.content.decode())
        for sample in family.samples
    }


def of(samples: Samples, name: str, **labels: object) -> float:
    """The value of the one sample with these labels, of this process unless told otherwise."""
    wanted = {"pool": "default", "pid": os.getpid(), **labels}
    pairs = {(key, str(value)) for key, value in wanted.items()}
    [value] = [value for (found, its), value in samples.items() if found == name and pairs <= its]
    return value


@pytest.mark.parametrize("accept", ["", OPEN_METRICS])
def test_tasks_and_workers_are_counted(accept: str):
    futures = [tasks.add.execute(1) for _ in range(3)]
    [future.result(SECONDS) for future in futures]
    assert tasks.refuse.execute("no").exception(SECONDS)

    samples = scrape(accept)

    assert of(samples, "poolapp_tasks_total", outcome="executed") == 3
    assert of(samples, "poolapp_tasks_total", outcome="failed") == 1
    assert of(samples, "poolapp_submitted_tasks_total") == 4
    assert of(samples, "poolapp_workers", state="idle") == 2
    assert of(samples, "poolapp_workers", state="idle", pool="threads") == 2
    assert of(samples, "poolapp_ready") == 1
    assert of(samples, "poolapp_degraded") == 0
    assert of(samples, "poolapp_queued_tasks") == 0


def test_other_processes_are_there_as_of_their_last_heartbeat():
    now = timezone.now()
    snapshot = {**poolapp.get_pool().snapshot(), "queued_tasks": 7, "trouble": "no worker lasts"}
    for pid, age in ((1, 4), (2, 4000)):
        beat = now - timedelta(seconds=age)
        PoolInstance.objects.create(
            alias="default", host="elsewhere", pid=pid, started_at=now, heartbeat_at=beat, snapshot=snapshot
        )

    samples = scrape()

    assert of(samples, "poolapp_queued_tasks", host="elsewhere", pid=1) == 7
    assert of(samples, "poolapp_degraded", host="elsewhere", pid=1) == 1
    assert 4 <= of(samples, "poolapp_heartbeat_age_seconds", host="elsewhere", pid=1) < 10
    assert of(samples, "poolapp_heartbeat_age_seconds") == 0
    assert not [labels for _, labels in samples if ("pid", "2") in labels], "long dead"


def test_without_the_database_there_are_the_pools_of_this_process(monkeypatch: pytest.MonkeyPatch):
    def fail() -> None:
        raise OperationalError("the database is gone")

    monkeypatch.setattr(metrics, "all_pools", fail)

    assert of(scrape(), "poolapp_ready") == 1


def test_names_with_quotes_and_newlines_stay_what_they_are():
    now = timezone.now()
    PoolInstance.objects.create(
        alias='a"b\n\\c', host="x", pid=1, started_at=now, heartbeat_at=now, snapshot=poolapp.get_pool().snapshot()
    )

    assert of(scrape(), "poolapp_ready", pool='a"b\n\\c', pid=1) == 1


def test_strangers_are_refused(client: Client):
    assert client.get("/poolapp/metrics/").status_code == 403
    assert client.get("/poolapp/metrics/", headers={"authorization": "Bearer wrong"}).status_code == 403

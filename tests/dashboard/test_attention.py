"""What the overview says needs attention: sentences about pools as their heartbeats and their history have them."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from poolapp.dashboard import attention
from poolapp.dashboard.attention import Finding, findings
from poolapp.models import PoolInstance, PoolSnapshot, TaskRecord
from tests.dashboard.conftest import ago, make_instance, snapshot, worker

pytestmark = pytest.mark.django_db


def a_minute_ago(instance: PoolInstance, *, seconds: float = 50, **figures: int) -> None:
    """The pool had these figures then."""
    zero = dict.fromkeys(
        (
            "worker_nodes",
            "busy_worker_nodes",
            "executed_tasks",
            "failed_tasks",
            "cancelled_tasks",
            "executing_tasks",
            "queued_tasks",
            "busy_time",
        ),
        0,
    )
    PoolSnapshot.objects.create(instance=instance, at=ago(seconds), **{**zero, **figures})


def pool(now_has: dict[str, Any] | None = None, *workers: dict[str, Any], **values: Any) -> PoolInstance:
    return make_instance(snapshot=snapshot(**(now_has or {}), workers=list(workers)), **values)


def said() -> list[str]:
    return [finding.sentence for finding in findings()]


def said_then() -> list[str]:
    """What is said exactly fifty seconds after the history."""
    return [finding.sentence for finding in findings(now=PoolSnapshot.objects.get().at + timedelta(seconds=50))]


def test_nothing_is_said_of_pools_that_are_well():
    a_minute_ago(pool({"executed_tasks": 100, "failed_tasks": 2, "queued_tasks": 3}), executed_tasks=20)

    assert findings() == []


def test_a_lost_process():
    instance = pool(age=61)

    (finding,) = findings()

    assert finding.sentence.startswith("The process of default was lost: nothing was heard of it for 1 min")
    assert finding.url == reverse("admin:poolapp_dashboard_pool", args=[instance.pk])


@pytest.mark.parametrize(
    "figures, tone, sentence",
    [
        (
            {"trouble": "no worker lasts in slot 0: MemoryError"},
            "bad",
            "default: no worker lasts in slot 0: MemoryError",
        ),
        ({"recording_trouble": "locked"}, "bad", "default cannot write its records: locked"),
        ({"state": "paused", "queued_tasks": 1200}, "warn", "default is paused; 1,200 tasks wait."),
        ({"state": "drained"}, "warn", "default is drained: it takes no tasks until it is resumed."),
        (
            {"dropped_records": 7},
            "warn",
            "default: 7 tasks or events are not on record, because the database did not keep up.",
        ),
    ],
)
def test_a_state_that_somebody_should_know_of(figures, tone, sentence):
    pool(figures)

    assert [(finding.tone, finding.sentence) for finding in findings()] == [(tone, sentence)]


def at_work(seconds: float, **values: Any) -> dict[str, Any]:
    """A worker that has been at its task for so long."""
    began = snapshot()["started_at"] + snapshot()["uptime"] - seconds
    return worker(running_since=began, task="shop.tasks.report", **values)


@pytest.mark.parametrize("p99, seconds, may_hang", [(0.9, 5.5, True), (0.9, 4.5, False), (4.0, 7.0, False)])
def test_a_worker_that_may_hang(p99, seconds, may_hang):
    times = {**snapshot()["run_time"], "p99": p99}
    pool({"run_time": times}, at_work(seconds, slot=3))

    assert bool(said()) == may_hang
    if may_hang:
        assert said() == ["Worker 3 of default may hang: it is at report for 5 s, others took 900 ms at the most."]


@pytest.mark.parametrize("seconds, may_hang", [(59, False), (61, True)])
def test_a_worker_that_may_hang_where_no_task_has_ended_yet(seconds, may_hang):
    times = dict.fromkeys(snapshot()["run_time"])
    pool({"run_time": times}, at_work(seconds))

    assert bool(said()) == may_hang


def test_of_many_workers_that_may_hang_a_few_are_named():
    pool(None, *(at_work(50, id=number, slot=number) for number in range(10)))

    sentences = said()

    assert len(sentences) == 4
    assert sentences[-1] == "7 more workers of default may hang."


def failed(name: str, **values: Any) -> None:
    """A task that waited for long and failed a few seconds ago."""
    place = {"pool": "default", "host": "elsewhere", "pid": 99}
    times = {"queued_at": ago(600), "finished_at": ago(5)}
    TaskRecord.objects.create(id=uuid.uuid4(), name=name, status="failed", **{**place, **times, **values})


def some_fail(now_failed: int = 25) -> None:
    """All but five of them of late."""
    figures = {"executed_tasks": 95, "failed_tasks": now_failed}
    a_minute_ago(pool(figures), executed_tasks=50, failed_tasks=5, seconds=50)


def test_many_failures_with_the_names_that_fail_most():
    some_fail(10)
    for name in ["shop.tasks.pay"] * 3 + ["shop.tasks.mail"] * 2:
        failed(name)
    for other in ({"pid": 1}, {"host": "there"}, {"pool": "other"}, {"queued_at": ago(900), "finished_at": ago(800)}):
        for _ in range(9):
            failed("not.of.late.or.not.here", **other)

    (finding,) = findings()

    assert finding.sentence == "default: 5 of 50 tasks failed in the last 50 s; most often pay (3), mail (2)."
    assert finding.url.endswith("/taskrecord/?status=failed&pool=default")


def test_failures_that_waited_long_are_told_with_later_ones_that_did_not():
    some_fail(10)
    for _ in range(5):
        failed("pay", queued_at=ago(3 * 86400))
    for _ in range(attention.TASKS_READ + 1):
        failed("mail", queued_at=ago(300), finished_at=ago(290))

    (sentence,) = said()
    assert re.fullmatch(r"default: 5 of 50 tasks failed in the last \d+ s; most often pay \(5\)\.", sentence)


def test_failures_are_told_apart_from_others_of_which_nothing_is_known(monkeypatch):
    monkeypatch.setattr(attention, "FAILURES_READ", 6)
    some_fail()
    for number, name in enumerate(["pay"] * 3 + ["mail"] * 2 + ["print", "forgotten"]):
        failed(name, queued_at=ago(100 + number))

    (sentence,) = said()

    assert sentence.endswith(
        "20 of 65 tasks failed in the last 50 s; most often pay (3), mail (2) and others, of 6 that were looked at."
    )


@pytest.mark.parametrize("failed, executed", [(2, 0), (4, 96)])
def test_a_few_failures_are_no_news(failed, executed):
    a_minute_ago(pool({"executed_tasks": executed, "failed_tasks": failed}))

    assert said() == []


def test_a_queue_that_grows_and_why():
    busy = [worker(id=number, slot=number, task="shop.tasks.report", running_since=None) for number in range(4)]
    figures = {"executed_tasks": 600, "failed_tasks": 0, "queued_tasks": 300, "worker_nodes": 4, "busy_worker_nodes": 4}
    a_minute_ago(pool(figures, *busy), executed_tasks=100, seconds=50)

    (sentence,) = said_then()
    assert sentence == (
        "The queue of default grows: 300 tasks wait, 16.0/s come and 10.0/s are done;"
        " 4 of 4 workers are busy, 100% of their time goes to report."
    )


def test_a_queue_grows_because_of_what_most_of_the_time_went_to_of_late():
    a_minute_ago(pool({"executed_tasks": 600, "failed_tasks": 0, "queued_tasks": 300}), executed_tasks=100)
    for name, run_time, pid in [("a.mail", 1.0, 99)] * 3 + [("a.report", 6.0, 99), ("a.theirs", 600.0, 98)]:
        task = {"pool": "default", "host": "elsewhere", "pid": pid, "queued_at": ago(9), "status": "executed"}
        TaskRecord.objects.create(id=uuid.uuid4(), name=name, run_time=run_time, **task)

    (sentence,) = said_then()

    assert sentence.endswith("1 of 1 workers are busy, 67% of their time goes to report.")


def test_a_queue_that_is_long_but_shrinks_is_no_news_unless_the_pool_is_under_pressure():
    figures = {"executed_tasks": 600, "failed_tasks": 0, "queued_tasks": 300}
    a_minute_ago(pool(figures), executed_tasks=100, queued_tasks=400)
    assert said_then() == []

    PoolInstance.objects.update(snapshot=snapshot(**figures, back_pressure=True, workers=[]))

    assert said_then() == [
        "The queues of default are long: 300 tasks wait, 8.00/s come and 10.0/s are done; 1 of 1 workers are busy."
    ]


def test_a_burst_that_is_soon_worked_off_is_no_news():
    a_minute_ago(pool({"executed_tasks": 5000, "failed_tasks": 0, "queued_tasks": 300}), executed_tasks=0)

    assert said() == []


def test_a_history_that_is_too_short_says_nothing():
    a_minute_ago(pool({"executed_tasks": 0, "failed_tasks": 50}), seconds=5)

    assert said() == []


def test_what_is_wrong_comes_before_what_is_only_worth_knowing():
    pool({"state": "paused", "recording_trouble": "locked"})

    assert [finding.tone for finding in findings()] == ["bad", "warn"]


def test_pools_of_one_name_are_told_apart_by_their_processes():
    pool({"state": "paused"}, pid=1)
    pool({"state": "paused"}, pid=2)

    assert said() == ["default of process 1 is paused; 0 tasks wait.", "default of process 2 is paused; 0 tasks wait."]
    assert len({finding.what for finding in findings()}) == 2


def test_pools_whose_processes_have_the_same_number_are_told_apart_by_their_hosts():
    pool({"state": "paused"}, pid=1, host="web1")
    pool({"state": "paused"}, pid=1, host="web2")

    assert said() == [f"default of process 1 on {host} is paused; 0 tasks wait." for host in ("web1", "web2")]
    assert len({finding.what for finding in findings()}) == 2


@pytest.mark.parametrize("missing", ["workers", "uptime", "run_time", "failed_tasks", "queued_tasks", "worker_nodes"])
def test_what_another_version_does_not_tell_is_left_out(missing):
    figures = snapshot(recording_trouble="locked", executed_tasks=10_000, failed_tasks=9_000, queued_tasks=9_000)
    older = {name: value for name, value in figures.items() if name != missing}
    a_minute_ago(make_instance(snapshot=older))
    pool({"state": "paused"}, alias="other")

    sentences = said()

    assert "other is paused; 0 tasks wait." in sentences
    assert ("default cannot write its records: locked" in sentences) == (missing != "queued_tasks")


def test_a_finding_keeps_its_key_while_its_sentence_changes():
    pool(None, at_work(50))
    (first,) = findings()
    PoolInstance.objects.update(snapshot=snapshot(workers=[at_work(55)]))

    (second,) = findings()

    assert first.sentence != second.sentence
    assert first.what == second.what


def test_the_page_has_them_and_the_address_for_scripts(client, watcher):
    pool({"state": "paused"})
    client.force_login(watcher)

    page = client.get(reverse("admin:poolapp_dashboard")).text
    answer = client.get(reverse("admin:poolapp_dashboard_attention")).json()

    (finding,) = [Finding(**values) for values in answer["findings"]]
    assert finding.sentence == "default is paused; 0 tasks wait."
    assert finding.sentence in page


def test_it_takes_few_queries(django_assert_num_queries):
    for pid in range(8):
        a_minute_ago(pool({"state": "paused"}, pid=pid + 1))

    with django_assert_num_queries(2):
        assert len(findings(now=timezone.now() + timedelta(milliseconds=1))) == 8

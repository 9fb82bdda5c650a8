"""What the charts show of the past: as many samples as can be seen, gaps where nothing is known, all in columns."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

import poolapp
from poolapp.dashboard import presenters
from poolapp.dashboard.history import COLUMNS, Samples, forebears, history
from poolapp.models import PoolInstance, PoolSnapshot
from tests.dashboard.conftest import ago, make_instance

pytestmark = pytest.mark.django_db
INTERVAL = 5  # seconds between samples, unless the settings say otherwise
SAMPLES_JS = Path(poolapp.__file__).parent / "static/poolapp/js/samples.js"


def sample(instance: PoolInstance, age: float, **figures: Any) -> PoolSnapshot:
    """What an instance's heartbeat writes; `age` is in seconds."""
    zeros = dict.fromkeys(
        ("busy_worker_nodes", "failed_tasks", "cancelled_tasks", "executing_tasks", "queued_tasks"), 0
    )
    values = {"worker_nodes": 4, "executed_tasks": 100, "busy_time": 3.5, **zeros, **figures}
    return PoolSnapshot(instance=instance, at=ago(age), **values)


def keep(instance: PoolInstance, *ages: float, **figures: Any) -> None:
    PoolSnapshot.objects.bulk_create(sample(instance, age, **figures) for age in ages)


def gaps(samples: Samples) -> list[int]:
    """The rows of which only the time is known."""
    return [row for row, executed in enumerate(samples["executed"]) if executed is None]


def test_samples_are_columns_in_the_order_of_time():
    instance = make_instance()
    keep(instance, 9, executed_tasks=7, failed_tasks=1, queued_tasks=3, wait_time_p50=0.25, run_time_p99=1 / 3)
    keep(instance, 14)

    samples = history({"it": [instance]}, 60)["it"]

    assert list(samples) == ["at", *COLUMNS]
    assert samples["at"] == sorted(samples["at"])
    assert {name: column[-1] for name, column in samples.items() if name != "at"} == {
        **dict.fromkeys(COLUMNS),
        "executed": 7,
        "failed": 1,
        "busy_time": 3.5,
        "workers": 4,
        "queued": 3,
        "wait_p50": 0.25,
        "run_p99": 0.333333,
    }


def test_the_scripts_keep_the_same_columns():
    names = re.findall(r"^  (\w+): \(entry\)", SAMPLES_JS.read_text(), re.MULTILINE)
    assert names == list(COLUMNS)


def test_older_samples_and_those_of_others_are_not_told():
    instance, other = make_instance(), make_instance("other", pid=1)
    keep(instance, 5, 65)
    keep(other, 5)

    assert len(history({"it": [instance]}, 60)["it"]["at"]) == 1
    assert history({"it": [instance]}, 1) == {}


def test_many_samples_are_thinned_to_what_a_chart_can_show():
    instance = make_instance()
    # Two hours of samples, with a total that counts them.
    PoolSnapshot.objects.bulk_create(
        sample(instance, INTERVAL * number, executed_tasks=2000 - number) for number in range(1440)
    )

    samples = history({"it": [instance]}, 7200, most=50)["it"]

    assert 50 <= len(samples["at"]) <= 51
    assert gaps(samples) == []
    assert samples["executed"][-1] == 2000, "the last sample of each part is told, so the latest is"
    assert {round(later - earlier) for earlier, later in pairwise(samples["at"][1:-1])} <= {140, 145, 150}


def test_a_pause_is_a_gap():
    instance = make_instance()
    keep(instance, 10, 15, 60, 65)

    samples = history({"it": [instance]}, 900)["it"]

    assert gaps(samples) == [2]
    before, gap, after = samples["at"][1:4]
    assert before < gap < after


def test_a_sample_that_is_late_is_none():
    instance = make_instance()
    keep(instance, 10, 22, 27)
    assert gaps(history({"it": [instance]}, 900)["it"]) == []


def test_how_long_a_gap_is_depends_on_how_often_samples_are_written(settings):
    settings.POOLAPP = {"SNAPSHOT_INTERVAL": 60}
    instance = make_instance()
    keep(instance, 10, 70, 130)
    assert gaps(history({"it": [instance]}, 900)["it"]) == []


def test_a_gap_that_is_too_short_to_be_seen_is_not_told():
    instance = make_instance()
    keep(instance, 3600, 3560)
    assert gaps(history({"it": [instance]}, 86_400)["it"]) == []
    assert gaps(history({"it": [instance]}, 3600 * 2)["it"]) == [1]


class TestServersBeforeThisOne:
    def make(self, since: float, until: float, **values: Any) -> PoolInstance:
        return make_instance(pid=int(since), started_at=ago(since), heartbeat_at=ago(until), **values)

    def test_what_they_did_belongs_to_the_past_and_totals_begin_anew_after_a_gap(self):
        older, old, now = self.make(900, 602), self.make(600, 302), self.make(300, 0)
        keep(old, 304, executed_tasks=1000)
        keep(now, 299, executed_tasks=0)

        line = [*forebears(now, 3600), now]

        assert line == [older, old, now]
        samples = history({"it": line}, 3600)["it"]
        assert samples["executed"] == [1000, None, 0], "with a gap, although only five seconds are between"

    def test_a_pool_that_has_ended_has_them_too(self):
        old, ended = self.make(900, 602), self.make(600, 302)
        self.make(300, 0)

        assert forebears(ended, 3600) == [old]

    def test_none_of_several_at_the_same_time_is_told_to_be_the_one(self):
        self.make(900, 602)
        self.make(901, 602)
        now, sibling = self.make(300, 0), self.make(299, 0)

        assert forebears(now, 3600) == []
        assert forebears(sibling, 3600) == []

    def test_others_are_not_taken_for_them(self):
        self.make(900, 602, alias="mail")
        self.make(901, 602, host="far-away")
        self.make(9000, 8000)
        assert forebears(self.make(300, 0), 3600) == []

    def test_the_address_tells_of_them(self, client, watcher):
        old, now = self.make(600, 302), self.make(300, 0)
        keep(old, 400)
        keep(now, 100)
        client.force_login(watcher)

        answer = client.get(reverse("admin:poolapp_dashboard_history", args=[now.pk]), {"seconds": 900})

        assert answer.json()["samples"]["executed"] == [100, None, 100]


@pytest.mark.parametrize("seconds", ["", "61", "-1", "1e9", "x", "300"])
def test_other_spans_are_refused(client, watcher, seconds):
    client.force_login(watcher)
    answer = client.get(reverse("admin:poolapp_dashboard_history", args=[make_instance().pk]), {"seconds": seconds})
    assert answer.status_code == 400
    assert "seconds is one of" in answer.json()["error"]


def test_a_pool_without_samples_has_no_columns(client, watcher):
    client.force_login(watcher)
    answer = client.get(reverse("admin:poolapp_dashboard_history", args=[make_instance().pk]), {"seconds": 60})
    assert answer.json() == {"samples": {}}


def test_pages_start_with_a_few_samples_of_the_pools_that_live():
    live, gone = make_instance(), make_instance("gone", pid=1, stopped_at=timezone.now())
    keep(live, *range(0, 900, INTERVAL))
    keep(gone, 10)

    known = presenters.recent_history()

    assert list(known) == ["default|elsewhere|99"]
    assert len(known["default|elsewhere|99"]["at"]) <= presenters.HISTORY_LENGTH + 1
    assert known["default|elsewhere|99"]["at"][0] > ago(presenters.HISTORY + 5).timestamp()

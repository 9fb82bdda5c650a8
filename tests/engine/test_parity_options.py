"""What the reference asks of options, where no other test shows it; see docs/parity.md."""

from __future__ import annotations

import json
import os

import pytest

from poolapp.engine.options import available_cpus
from tests.engine.desk import Desk


@pytest.mark.parametrize("cpus, expected", [({0, 2, 5}, 3), (set(), 1)])
def test_only_cpus_count_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch, cpus: set[int], expected: int):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: cpus, raising=False)

    assert available_cpus() == expected


@pytest.mark.parametrize("cpus, expected", [(6, 6), (None, 1)])
def test_where_the_system_does_not_tell_all_cpus_count(
    monkeypatch: pytest.MonkeyPatch, cpus: int | None, expected: int
):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: cpus)

    assert available_cpus() == expected


@pytest.mark.parametrize(
    "options",
    [{"queue": {"tasks_finished_timeout": float("inf")}}, {"strategy_options": {"weights": [1, 2]}}],
    ids=["a time for ever", "weights"],
)
def test_a_snapshot_is_plain_json_whatever_the_options(options: dict):
    snapshot = Desk.with_workers(2, **options).snapshot()

    assert json.loads(json.dumps(snapshot, allow_nan=False)) == snapshot

"""The benchmarks run, and tell of every pool; how fast one is depends on the machine, so no time is asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import peers
from tests.benchmarks.peers.pools import Bulk, TaskByTask
from tests.benchmarks.record import read
from tests.benchmarks.subjects import PROCESS, THREAD
from tests.benchmarks.targets import TARGETS
from tests.benchmarks.verdicts import unmeasured
from tests.benchmarks.workloads import WORKLOADS, Plan, Workload, cpu, echo, skew, throughput
from tests.benchmarks.workloads.cpu import CPU
from tests.benchmarks.workloads.echo import ECHO
from tests.benchmarks.workloads.echo_payloads import KINDS, SIZES, alike, equal
from tests.benchmarks.workloads.payload_memory import PAYLOAD_MEMORY
from tests.benchmarks.workloads.round_trip import ROUND_TRIP
from tests.benchmarks.workloads.skew import SKEW
from tests.benchmarks.workloads.throughput import THROUGHPUT
from tests.conftest import require

ROOT = Path(__file__).parents[2]
# The workloads of what pools need are in test_resources.
OF_TASKS = (ROUND_TRIP, THROUGHPUT, ECHO, PAYLOAD_MEMORY, CPU, SKEW)
TOO_LARGE = "100 MiB"  # at the scale of these tests


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=50)


@pytest.mark.slow
@pytest.mark.parametrize("workload", OF_TASKS, ids=lambda workload: workload.name)
def test_every_workload_has_figures_and_those_that_targets_are_about(workload: Workload, tmp_path: Path):
    require("array" in KINDS, "needs NumPy")
    file = tmp_path / "figures.json"

    ran = run(workload.name, "--rounds", "1", "--scale", "0.01", "--json", str(file))

    assert ran.returncode == 0, ran.stderr
    figures = read([file]).figures
    assert {(figure.workload, len(figure.values)) for figure in figures} == {(workload.name, 1)}
    own = [target for target in TARGETS if target.workload == workload.name]
    for subject, quantity in unmeasured(own, figures):
        assert subject in peers.MISSING or TOO_LARGE in quantity


@pytest.mark.slow
def test_a_round_gives_every_figure_a_value(tmp_path: Path):
    file = tmp_path / "figures.json"

    ran = run("round_trip", "--rounds", "3", "--scale", "0.01", "--json", str(file))

    assert ran.returncode == 0, ran.stderr
    record = json.loads(file.read_text())
    assert {len(figure["values"]) for figure in record["figures"]} == {3}
    assert {PROCESS, THREAD, "raw socketpair"} <= {figure["subject"] for figure in record["figures"]}
    assert record["machine"]["versions"]["Django"]


def test_help_says_what_is_measured_and_how():
    ran = run("--help")

    assert ran.returncode == 0
    for word in (*(workload.name for workload in WORKLOADS), "--rounds", "--json FILE", "--chart FILE", "default"):
        assert word in ran.stdout


def test_an_unknown_workload_is_refused_with_those_that_there_are():
    ran = run("round_trips")

    assert ran.returncode == 2
    assert "round_trip, throughput" in ran.stderr


def wrong(*_: Any) -> Any:
    return 0


LIAR = TaskByTask(wrong, wrong)


@pytest.mark.parametrize(
    "measure",
    [
        lambda: LIAR.round_trips(10),
        lambda: LIAR.many(10),
        lambda: Bulk(lambda function, arguments: [0] * len(list(arguments))).many(10),
        lambda: throughput.from_threads(LIAR, 80),
        lambda: echo.one_by_one(LIAR, [b"payload" * 10]),
        lambda: echo.several(LIAR, [b"payload" * 10], 2),
        lambda: cpu.timed(LIAR.call_many, 10, 0.0),
    ],
)
def test_a_wrong_result_ends_the_run(measure: Any):
    with pytest.raises(AssertionError, match="wrong results"):
        measure()


def test_tasks_of_skew_are_the_same_for_the_same_round():
    lengths = skew.draw(300, seed=1)

    assert lengths == skew.draw(300, seed=1) != skew.draw(300, seed=2)
    assert skew.SHORTEST <= min(lengths) < max(lengths) <= skew.LONGEST


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES[:3], ids=lambda size: size.name)
def test_payloads_have_their_length_and_contents_of_their_own(kind: str, size: Any):
    first, second = (KINDS[kind](number, size.length) for number in (1, 2))

    assert memoryview(first).nbytes == size.length
    assert equal(first, KINDS[kind](1, size.length))
    assert not alike(first, second)


def test_a_plan_of_any_scale_does_something():
    assert Plan(scale=0.5).count(1000) == 500
    assert Plan(scale=0.0001).count(1000) == 2


def test_what_must_be_there_is_named_when_it_is_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(peers, "MISSING", ("pebble", "piscina"))
    monkeypatch.setenv("POOLAPP_TEST_REQUIRE_ALL", "1")

    with pytest.raises(SystemExit, match="not installed: pebble;"):
        peers.require_pypi()

"""The benchmarks run, and tell of every pool; how fast one is depends on the machine, so no time is asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.measure import Plan, measure
from tests.benchmarks.peers import CANDIDATES, Candidate, Peer
from tests.benchmarks.peers.base import Calls

ROOT = Path(__file__).parents[2]
FIGURES = ("round_trip_p50_us", "round_trip_p99_us", "tasks_per_second")
POOLS = ("poolapp process", "poolapp thread", "ThreadPoolExecutor", "ProcessPoolExecutor", "multiprocessing.Pool")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=50)


@pytest.mark.slow
def test_every_pool_has_every_figure(tmp_path: Path):
    file = tmp_path / "figures.json"

    ran = run("--rounds", "2", "--round-trips", "20", "--tasks", "100", "--json", str(file))

    assert ran.returncode == 0, ran.stderr
    report = json.loads(file.read_text())
    assert set(report["peers"]) == {candidate.name for candidate in CANDIDATES} >= {*POOLS, "raw socketpair"}
    for name in POOLS:
        for figure in FIGURES:
            values = report["peers"][name][figure]
            assert len(values["values"]) == 2
            assert 0 < values["lower"] <= values["median"] <= values["upper"]
        assert name in ran.stdout
    assert report["peers"]["raw socketpair"]["round_trip_p50_us"]["median"] > 0
    assert report["peers"]["raw socketpair"]["tasks_per_second"] is None
    assert report["ratios"]["poolapp thread / ThreadPoolExecutor"]["tasks_per_second"] > 0
    assert report["ratios"]["poolapp process / raw socketpair"]["tasks_per_second"] is None
    assert "poolapp process / multiprocessing.Pool: round trip" in ran.stdout


@pytest.mark.slow
def test_help_says_what_is_measured_and_how():
    ran = run("--help")

    assert ran.returncode == 0
    for word in ("round trip", "throughput", "--rounds", "--json FILE", "default"):
        assert word in ran.stdout


def test_a_peer_with_wrong_results_ends_the_run():
    class Liar:
        def __enter__(self) -> Peer:
            return Calls(lambda number: 0, lambda count: [0] * count)

        def __exit__(self, *exc_info: object) -> None: ...

    liar = Candidate("liar", "returns nothing but 0", lambda workers: Liar())

    with pytest.raises(AssertionError, match="wrong results"):
        measure([liar], Plan(rounds=1, round_trips=10, tasks=10), print)

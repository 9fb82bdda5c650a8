"""A short chaos run for every kind of worker; a long one is `python -m tests.chaos --seconds 3600`.

Environment: POOLAPP_CHAOS_SECONDS, how long each goes on (5 minutes in all where CI is set, else 10 seconds each),
and POOLAPP_CHAOS_SEED, to have a run again.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Tell

ROOT = Path(__file__).parents[2]
SECONDS_IN_CI = {"process": 240.0, "thread": 20.0, "site": 40.0}
TIME_TO_END = 200.0


def seconds(of: str) -> float:
    given = os.environ.get("POOLAPP_CHAOS_SECONDS")
    if given is not None:
        return float(given)
    return SECONDS_IN_CI[of] if os.environ.get("CI") else 10.0


@pytest.fixture(scope="module", autouse=True)
def databases_meanwhile(request: pytest.FixtureRequest) -> None:
    """Where the tests on other databases are to run as well, they begin now."""
    if any(item.path.name == "test_databases.py" for item in request.session.items):
        request.getfixturevalue("database_runs")


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Run]]:
    """All that are asked for, at once: each takes what the others leave, and only the clock ends it."""
    wanted = [item.callspec.params["of"] for item in request.session.items if item.path == Path(__file__)]
    started = {of: Run.start(of, tmp_path_factory.getbasetemp() / f"chaos-{of}.log") for of in wanted}
    yield started
    for run in started.values():
        run.process.kill()
        run.process.wait()


@dataclass(frozen=True)
class Run:
    """A chaos run in a process of its own."""

    process: subprocess.Popen[bytes]
    seed: str
    log: Path

    @classmethod
    def start(cls, of: str, log: Path) -> Run:
        seed = os.environ.get("POOLAPP_CHAOS_SEED") or str(random.SystemRandom().randrange(10**6))
        # Others, which wait for each other, come first.
        command = ["nice", "-n", "5", sys.executable, "-m", "tests.chaos", "--seed", seed]
        command += ["--seconds", str(seconds(of)), *(["--site"] if of == "site" else ["--worker", of])]
        with log.open("wb") as output:
            return cls(subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output), seed, log)


@pytest.mark.slow
@pytest.mark.leaves_workers  # of the runs that go on beside
@pytest.mark.timeout(1000)
@pytest.mark.parametrize("of", ["thread", "site", "process"])
def test_the_books_balance_after_chaos(of: str, runs: dict[str, Run], tell: Tell):
    run = runs[of]
    tell("chaos", f"{of:8} seed {run.seed}, {seconds(of):g} s")  # at once: a run that hangs can be had again

    code = run.process.wait(seconds(of) + TIME_TO_END)

    said = run.log.read_text(errors="replace")
    tell("chaos", f"{'':8} {in_short(said)}")
    assert code == 0, said[-8000:]


def in_short(said: str) -> str:
    """What a run reports at its end, unless it did not come to its end."""
    _, brace, rest = said.partition("\n{")
    if not brace:
        return "no report"
    report, _ = json.JSONDecoder().raw_decode(brace.strip() + rest)
    mischiefs = sum(report["mischief"].values())
    return (
        f"{report['tasks']:,} tasks, {mischiefs:,} mischiefs, {report['lost without a reason']} lost without a reason,"
        f" {len(report['leaks'])} leaks, {len(report['complaints'])} complaints"
    )

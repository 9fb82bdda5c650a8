"""A short chaos run for every kind of worker; a long one is `python -m tests.chaos --seconds 3600`.

Environment: POOLAPP_CHAOS_SECONDS, how long each goes on (5 minutes in all where CI is set, else 10 seconds each),
and POOLAPP_CHAOS_SEED, to have a run again.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.slow
@pytest.mark.timeout(1000)
@pytest.mark.parametrize("of", ["process", "thread", "site"])
def test_the_books_balance_after_chaos(of: str, capfd: pytest.CaptureFixture[str]):
    seed = os.environ.get("POOLAPP_CHAOS_SEED") or str(random.SystemRandom().randrange(10**6))
    # It takes what others leave: only the clock ends it.
    command = ["nice", "-n", "5", sys.executable, "-m", "tests.chaos", "--seed", seed, "--seconds", str(seconds(of))]
    command += ["--site"] if of == "site" else ["--worker", of]
    with capfd.disabled():
        print(f"\nchaos with seed {seed}, {of}")

    run = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=seconds(of) + TIME_TO_END
    )

    assert run.returncode == 0, f"{run.stdout[-4000:]}\n{run.stderr[-4000:]}"

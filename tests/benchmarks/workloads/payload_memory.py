"""Payload memory: what sending 100 MiB to a worker and back needs beyond the objects themselves."""

from __future__ import annotations

import select
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.figures import Figure, Sheet
from tests.benchmarks.peers import candidates
from tests.benchmarks.peers.base import require
from tests.benchmarks.workloads.base import Plan, Tell, Workload, turns
from tests.benchmarks.workloads.echo_payloads import KINDS, MIB
from tests.benchmarks.workloads.memory import descendants, in_use

ABOUT = (
    "A task returns its argument of 100 MiB, three times, each pool in a process of its own. The peak is the memory of"
    " the caller and of all processes below it (PSS, with all shared memory of the system), read as often as possible."
    " Subtracted are what was in use before, the argument and the result in the caller, and the argument in the worker."
    " What is left is told in copies of the payload."
)
LENGTH = 100
OBJECTS = 3
PAUSE_SECONDS = 0.001
ROOT = Path(__file__).parents[3]


def run(plan: Plan, tell: Tell) -> Iterable[Figure]:
    sheet, mebibytes = Sheet("payload_memory"), plan.count(LENGTH)
    names = [candidate.name for candidate in candidates("process")]
    for name in turns(names, plan, tell):
        for kind in KINDS:
            copies = peak(name, kind, mebibytes * MIB, plan.workers) / (mebibytes * MIB)
            sheet.add(name, f"{kind}, extra", "copies", copies - OBJECTS, f"payloads of {mebibytes} MiB")
    return sheet.figures(names)


def peak(name: str, kind: str, length: int, workers: int) -> int:
    """The most bytes in use at any time, beyond what was in use before."""
    with caller(name, kind, length, workers) as process:
        said, ask = process.stdout, process.stdin
        assert said
        assert ask
        require(said.readline() == b"ready\n", name)
        family = [process.pid, *descendants(process.pid)]
        before = most = in_use(family)
        ask.write(b"\n")
        ask.flush()
        while not select.select([said], [], [], PAUSE_SECONDS)[0]:
            most = max(most, in_use(family))
        require(said.readline() == b"done\n", name)
    return most - before


@contextmanager
def caller(*arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """The caller's process; it ends when it is told nothing more."""
    module = "tests.benchmarks.workloads.payload_caller"
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process


PAYLOAD_MEMORY = Workload("payload_memory", ABOUT, run)

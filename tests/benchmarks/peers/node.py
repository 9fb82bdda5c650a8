"""Pools of Node.js, each in a process of its own that keeps the time itself. `npm install` in ../node gets them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.peers.base import Candidate

DIRECTORY = Path(__file__).parents[1] / "node"


@dataclass(frozen=True)
class NodePool:
    """Asks a process with a line, and hears a line with the figures."""

    process: subprocess.Popen[str]

    def round_trips(self, count: int) -> list[float]:
        times: list[float] = self._ask(round_trips=count)
        return times

    def many(self, count: int) -> float:
        seconds: float = self._ask(many=count)
        return seconds

    def _ask(self, **question: int) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise AssertionError(f"a peer has ended: {self.process.args!r}")
        return json.loads(answer)


def node(kind: str) -> Callable[[int], AbstractContextManager[NodePool]]:
    @contextmanager
    def running(workers: int) -> Iterator[NodePool]:
        command = ["node", "peer.mjs", kind, str(workers)]
        with subprocess.Popen(
            command, cwd=DIRECTORY, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            yield NodePool(process)
            assert process.stdin
            process.stdin.close()
            process.wait()

    return running


def candidate(name: str, about: str, kind: str, module: str) -> Candidate:
    is_there = shutil.which("node") is not None and (DIRECTORY / "node_modules" / module).is_dir()
    return Candidate(name, f"Node.js, {about}", "node", node(kind), is_there)


CANDIDATES = (
    candidate("poolifier thread", "FixedThreadPool, execute", "poolifier-thread", "poolifier"),
    candidate("poolifier cluster", "FixedClusterPool, execute", "poolifier-cluster", "poolifier"),
    candidate("piscina", "threads, run", "piscina", "piscina"),
)

"""Probes: processes of their own in which something lives and is measured, so that nothing else counts with it.

A probe is a module with a function `main` that calls `answer`. It is asked in lines of JSON, and answers likewise.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

from tests.benchmarks.workloads.memory import descendants

ROOT = Path(__file__).parents[3]
# Not by -m: then the workers of other pools would import the probe as well, and all that it needs.
COMMAND = "import sys; from importlib import import_module; import_module(sys.argv[1]).main(*sys.argv[2:])"


@dataclass(frozen=True)
class Probe:
    """A probe as its asker sees it."""

    name: str
    process: subprocess.Popen[str]
    errors: IO[str]

    def ask(self, question: str, **details: Any) -> Any:
        """What the function of this name in the probe returns."""
        assert self.process.stdin
        assert self.process.stdout
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps([question, details]) + "\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            raise AssertionError(f"{self.name} has failed:\n{self.errors.read()}")
        return json.loads(line)


@contextmanager
def probe(module: str, *arguments: object, **environment: str) -> Iterator[Probe]:
    """Run a module of this package as a probe, with the settings of the tests and a directory of its own."""
    command = [sys.executable, "-c", COMMAND, f"{__package__}.{module}", *map(str, arguments)]
    with tempfile.TemporaryDirectory(prefix="poolapp-benchmark-") as directory, tempfile.TemporaryFile("w+") as errors:
        settings = {"DJANGO_SETTINGS_MODULE": "tests.settings", "POOLAPP_TEST_DIR": directory, "POOLAPP_AUTOSTART": ""}
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | settings | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process:
            yield Probe(" ".join([module, *map(str, arguments)]), process, errors)


def answer(functions: Mapping[str, Callable[..., Any]]) -> NoReturn:
    """In the probe: answer questions until nobody asks any more, then end with everything that was started here."""
    try:
        for line in sys.stdin:
            question, details = json.loads(line)
            print(json.dumps(functions[question](**details)), flush=True)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    end_family()
    os._exit(0)


def end_family() -> None:
    """Kill all processes below this one, but for trackers, which clean up when they are the last."""
    for pid in list(descendants(os.getpid())):
        with suppress(OSError):
            if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)

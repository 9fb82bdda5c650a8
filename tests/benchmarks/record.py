"""A run, as it is kept: the machine, how much was measured, and the figures; as JSON and back."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import poolapp
from tests.benchmarks.figures import Figure
from tests.benchmarks.peers import MISSING
from tests.benchmarks.targets import TARGETS
from tests.benchmarks.verdicts import judge, ratios
from tests.benchmarks.workloads.base import Plan

PACKAGES = ("Django", "loky", "pebble", "mpire", "joblib", "numpy")
NODE_PACKAGES = ("poolifier", "piscina")
NODE_MODULES = Path(__file__).parent / "node" / "node_modules"


@dataclass(frozen=True)
class Record:
    """What was measured, where, and how."""

    machine: dict[str, Any]
    plan: Plan
    figures: tuple[Figure, ...]

    def to_json(self) -> str:
        verdicts = [judge(target, self.figures) for target in TARGETS]
        content = {
            "machine": self.machine,
            "plan": asdict(self.plan),
            "figures": [asdict(figure) | {"median": figure.median} for figure in self.figures],
            "ratios": [
                {"workload": r.figure.workload, "subject": r.figure.subject, "quantity": r.figure.quantity, "to": r.to}
                for r in ratios(self.figures)
            ],
            "targets": [
                {**asdict(v.target), "value": v.value, "against": v.against, "verdict": str(v)} for v in verdicts
            ],
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def read(files: Sequence[Path]) -> Record:
    """What earlier runs have written, as one; the machine is that of the first, later figures replace earlier ones."""
    contents = [json.loads(file.read_text()) for file in files]
    figures = {
        (entry["workload"], entry["subject"], entry["quantity"]): as_figure(entry)
        for content in contents
        for entry in content["figures"]
    }
    return Record(contents[0]["machine"], Plan(**contents[0]["plan"]), tuple(figures.values()))


def as_figure(entry: dict[str, Any]) -> Figure:
    names = ("workload", "subject", "quantity", "unit", "note")
    return Figure(values=tuple(entry["values"]), **{name: entry[name] for name in names})


def this_machine() -> dict[str, Any]:
    """The machine as it is now; a busy one makes figures that tell little."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpus": len(os.sched_getaffinity(0)),
        "load_average": os.getloadavg()[0],
        "versions": {"poolapp": poolapp.__version__, **versions()},
        "missing": list(MISSING),
    }


def versions() -> dict[str, str]:
    """The versions of the peers that are there."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    for package in NODE_PACKAGES:
        if (file := NODE_MODULES / package / "package.json").exists():
            found[package] = json.loads(file.read_text())["version"]
    return found

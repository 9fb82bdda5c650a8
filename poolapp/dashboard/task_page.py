"""What the page of a task's record shows beside its fields: where its time went, and what can be asked about it."""

from __future__ import annotations

import re
import sysconfig
from pathlib import Path
from typing import Any, NamedTuple

from django.urls import reverse

from poolapp.dashboard.messages import catalogue
from poolapp.lost import UNFINISHED
from poolapp.models import TaskRecord

# Widths of the drawing are shares of this.
WIDTH = 1000.0
# What is too short to be seen gets so much of it.
SHORTEST = 4.0
FRAME = re.compile(r'^  File "(?P<path>[^"]+)", line \d+')
FOREIGN = (
    "site-packages",
    "<frozen ",
    str(Path(__file__).parents[1]),  # poolapp itself
    sysconfig.get_paths()["stdlib"],
)


class Frame(NamedTuple):
    """Lines of a traceback that belong together, and whether they are about the site's own code."""

    text: str
    is_own: bool


def page(record: TaskRecord, user: Any, site: str = "admin") -> dict[str, Any]:
    """The template context for the record of a task."""
    can_cancel = record.status in UNFINISHED and user.has_perm("poolapp.cancel_task")
    return {
        "task": record,
        "timeline": timeline(record),
        "can_cancel": can_cancel,
        "control_url": reverse("admin:poolapp_dashboard_control", current_app=site),
        "state": {"texts": catalogue()["requests"]},
    }


def timeline(record: TaskRecord) -> dict[str, float] | None:
    """How the time of a task was shared, in parts of WIDTH: how long it waited, and ran; None if nobody knows."""
    waited, ran = record.wait_time, record.run_time
    if waited is None:
        return None
    if ran is None:
        return {"waited": WIDTH, "ran": 0.0, "width": WIDTH}
    total = waited + ran or 1.0
    share = min(max(WIDTH * waited / total, SHORTEST), WIDTH - SHORTEST)
    return {"waited": round(share, 1), "ran": round(WIDTH - share, 1), "width": WIDTH}


def frames(traceback: str) -> list[Frame]:
    """A traceback in pieces: each frame with its source, and what stands between frames."""
    found: list[Frame] = []
    for line in traceback.splitlines(keepends=True):
        match = FRAME.match(line)
        if match:
            found.append(Frame(line, not any(part in match["path"] for part in FOREIGN)))
        elif found and line.startswith("    "):
            found[-1] = Frame(found[-1].text + line, found[-1].is_own)
        else:
            found.append(Frame(line, False))
    return found

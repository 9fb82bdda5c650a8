"""What the page of a task's record shows beside its fields: where its time went, and what can be asked about it."""

from __future__ import annotations

import json
import re
import sysconfig
from pathlib import Path
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from poolapp import registry
from poolapp.conf import get_settings
from poolapp.control import about_tasks
from poolapp.dashboard.bulk import Homes, is_known
from poolapp.dashboard.messages import REFUSALS, catalogue
from poolapp.dashboard.presenters import task_address
from poolapp.lost import UNFINISHED
from poolapp.models import PoolInstance, TaskRecord

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
    homes = Homes()
    return {
        "task": record,
        "timeline": timeline(record),
        "losses": max(0, record.attempts - 1),
        "pool_url": _pool_url(homes.of(record, any_will_do=False), user, site),
        "can_cancel": record.status in UNFINISHED and user.has_perm("poolapp.cancel_task"),
        **_again(record, user, homes),
        "control_url": reverse("admin:poolapp_dashboard_control", current_app=site),
        "state": {"texts": catalogue()["requests"], "task_url": task_address(user, site)},
    }


def hint(record: TaskRecord) -> str:
    """How what is not recorded would be, as it stands above the fields of arguments and result; empty if they are."""
    said = get_settings().record
    missing = [name for name, is_kept in (("ARGUMENTS", said.arguments), ("RESULTS", said.results)) if not is_kept]
    if not missing or (record.arguments and record.result):
        return ""
    setting = f'POOLAPP["RECORD"] = {json.dumps(dict.fromkeys(missing, True)).replace("true", "True")}'
    return format_html("{} <code>{}</code>", _("What is not recorded is not shown. To have it from now on:"), setting)


def _again(record: TaskRecord, user: Any, homes: Homes) -> dict[str, Any]:
    """Which pool would run it again, for those who may ask for that, or why none would."""
    if record.status in UNFINISHED or not user.has_perm("poolapp.repeat_task"):
        return {}
    home = homes.of(record, any_will_do=True)
    registry.discover()
    reason = about_tasks.why_not_again(record.status, record.call, is_known=is_known(record.name))
    reason = reason or ("" if home else homes.why_none(record))
    return {"why_not_again": REFUSALS[reason]} if reason else {"again_at": home}


def _pool_url(instance: PoolInstance | None, user: Any, site: str) -> str:
    if instance is None or not user.has_perm("poolapp.view_dashboard"):
        return ""
    return reverse("admin:poolapp_dashboard_pool", args=[instance.pk], current_app=site)


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

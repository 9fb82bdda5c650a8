"""Which charts a pool has: their titles, units and lines; scripts draw what the markup made of these says."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _


class Line(NamedTuple):
    """One line of a chart: which figure it shows, how the legend calls it, and how it is drawn."""

    name: str
    label: Any
    look: str


class Chart(NamedTuple):
    """One chart: `unit` is how its figures are written: rate, count, share or seconds."""

    name: str
    unit: str
    title: Any
    measure: Any
    lines: tuple[Line, ...]


def _percentiles(time: str) -> tuple[Line, ...]:
    return tuple(Line(f"{time}_{name}", name, name) for name in ("p50", "p95", "p99"))


CHARTS = (
    Chart(
        "throughput",
        "rate",
        _("Throughput"),
        _("tasks a second"),
        (Line("ok", _("ok"), "ok"), Line("failed", _("failed"), "failed")),
    ),
    Chart(
        "utilisation",
        "share",
        _("Utilisation"),
        _("share of the workers' time"),
        (Line("busy", _("busy"), "busy"),),
    ),
    Chart("wait", "seconds", _("Wait time"), _("in the queue, log scale"), _percentiles("wait")),
    Chart("run", "seconds", _("Run time"), _("log scale"), _percentiles("run")),
    Chart("queue", "count", _("Queue depth"), _("tasks"), (Line("queued", _("waiting"), "queued"),)),
)

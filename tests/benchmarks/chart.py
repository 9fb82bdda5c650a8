"""A picture of a run: a panel for each workload, a bar for each pool, ours in colour, limits as lines."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot

from tests.benchmarks.figures import Figure
from tests.benchmarks.record import Record
from tests.benchmarks.subjects import LIMITS, OURS, is_ours
from tests.benchmarks.tables import number

COLOUR, OTHERS, LIMIT, INK, GREY = "#0c7a6b", "#c3c9cf", "#b3261e", "#24292f", "#57606a"
COLUMNS = 3
BAR_INCHES, FRAME_INCHES, WIDTH_INCHES = 0.22, 0.9, 13.5
FAR = 4
AT_BOTTOM = ("data", "axes fraction")


class Panel(NamedTuple):
    """What of a workload is drawn: one quantity of all subjects, or, when it is one of them, all of that one's.

    variants: whether our pools are drawn also as they are not by default.
    """

    title: str
    workload: str
    of: str
    less_is_better: bool
    variants: bool = False

    def bars(self, figures: Sequence[Figure]) -> dict[str, Figure]:
        """The figures by what they are called, the best first, or as they grow."""
        own = [figure for figure in figures if figure.workload == self.workload]
        if grown := {figure.quantity: figure for figure in own if figure.subject == self.of}:
            return grown
        found = [figure for figure in own if figure.quantity == self.of and self.shows(figure.subject)]
        found.sort(key=lambda figure: figure.median, reverse=not self.less_is_better)
        return {figure.subject: figure for figure in found}

    def longest(self, bars: dict[str, Figure]) -> float:
        """How long a bar may be: one far longer than the others would leave nothing of them."""
        return FAR * statistics.median(bar.median for bar in bars.values()) if self.less_is_better else inf

    def shows(self, subject: str) -> bool:
        return self.variants or subject in OURS or not is_ours(subject)


PANELS = (
    Panel("Round trip, p50", "round_trip", "p50", True),
    Panel("Throughput from one thread", "throughput", "from one thread", False),
    Panel("Throughput from 1,000 asyncio tasks", "throughput", "from 1,000 asyncio tasks", False),
    Panel("Echo of 1 MiB bytes, 8 under way", "echo", "1 MiB bytes, 8 under way", False),
    Panel("Echo of 100 MiB arrays, one by one", "echo", "100 MiB array, one by one", True),
    Panel("Extra memory, 100 MiB bytes both ways", "payload_memory", "bytes, extra", True),
    Panel("CPU, 2,000 tasks of 1 ms", "cpu", "2,000 tasks of 1 ms", False),
    Panel("Skewed tasks, makespan", "skew", "makespan", True),
    Panel("Start to first results, with Django", "lifecycle", "start to first results, with Django", True),
    Panel("Killed worker until its successor answers", "lifecycle", "kill to successor answering", True),
    Panel("Idle worker with Django, PSS", "footprint", "worker, with Django", True),
    Panel("Memory of a task that waits", "footprint", "queued no-op", True),
    Panel("CPU to submit and finish a task", "growth", "poolapp, least_used", True),
    Panel("Tasks done, 10,000 a second wanted", "observers", "10,000 in a second, done", False, variants=True),
)


def draw(record: Record, file: Path) -> None:
    """Write the picture, as SVG or PNG by the file's suffix."""
    panels = [(panel, bars) for panel in PANELS if (bars := panel.bars(record.figures))]
    rows = [panels[first : first + COLUMNS] for first in range(0, len(panels), COLUMNS)]
    lengths = [max(len(bars.keys() - LIMITS) for _, bars in row) for row in rows]
    heights = [FRAME_INCHES + BAR_INCHES * length for length in lengths]
    pyplot.rcParams.update({"font.family": "DejaVu Sans", "font.size": 8, "svg.hashsalt": "poolapp", "text.color": INK})
    figure, grid = pyplot.subplots(
        len(rows), COLUMNS, figsize=(WIDTH_INCHES, sum(heights)), height_ratios=heights, squeeze=False
    )
    for axes in grid.flat:
        axes.axis("off")
    for places, row, length in zip(grid, rows, lengths, strict=True):
        for axes, (panel, bars) in zip(places, row, strict=False):
            draw_panel(axes, panel, bars)
            axes.set_ylim(length - 0.5, -0.5)  # bars of a row are equally thick
    figure.tight_layout(h_pad=1.5, w_pad=2)
    # Without a date the same figures make the same file.
    figure.savefig(
        file,
        dpi=130,
        facecolor="white",
        metadata={"Date": None} if file.suffix == ".svg" else None,
        bbox_inches="tight",
    )
    pyplot.close(figure)


def draw_panel(axes: Any, panel: Panel, figures: dict[str, Figure]) -> None:
    bars = {name: figure for name, figure in figures.items() if name not in LIMITS}
    unit = next(iter(bars.values())).unit
    better = "less" if panel.less_is_better else "more"
    axes.axis("on")
    axes.set_title(f"{panel.title}\n", loc="left", fontsize=9, fontweight="bold")
    note(axes, f"{unit}, {better} is better", (0, 1), "axes fraction", (0, 6), color=GREY)
    draw_bars(axes, bars, panel.longest(bars))
    for name in figures.keys() & LIMITS:
        draw_limit(axes, name, figures[name].median)
    axes.margins(x=0.2)
    axes.tick_params(length=0, labelcolor=INK)
    axes.xaxis.set_visible(False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    for label in axes.get_yticklabels():
        label.set_fontweight("bold" if is_ours(label.get_text()) else "normal")


def draw_bars(axes: Any, figures: dict[str, Figure], longest: float) -> None:
    """What is too long is cut off; its number is not."""
    lengths = [min(figure.median, longest) for figure in figures.values()]
    colours = [COLOUR if is_ours(figure.subject) else OTHERS for figure in figures.values()]
    axes.barh(list(figures), lengths, color=colours, height=0.72)
    for place, (figure, length) in enumerate(zip(figures.values(), lengths, strict=True)):
        text = f"{'» ' if figure.median > longest else ''}{number(figure.median)}"
        note(axes, text, (max(length, 0), place), "data", (3, 0), va="center")


def draw_limit(axes: Any, name: str, value: float) -> None:
    axes.axvline(value, color=LIMIT, linewidth=1, linestyle="--")
    note(axes, f"{name} {number(value)}", (value, 0), AT_BOTTOM, (0, -9), ha="center", color=LIMIT, fontsize=7)


def note(axes: Any, text: str, place: tuple[float, float], of: Any, points: tuple[float, float], **style: Any) -> None:
    """Text at a place, which is one of the data or of the panel, and some points away from it."""
    axes.annotate(text, place, points, xycoords=of, textcoords="offset points", **style)

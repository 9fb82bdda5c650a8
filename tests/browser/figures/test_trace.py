"""What is read from a trace: every moment counts once, and belongs to the next animation frame."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.figures.trace import Frame, frames


def span(name: str, since: int, until: int, *, thread: int = 1) -> dict[str, Any]:
    """A span of a thread, in milliseconds, that had a CPU for half of its time."""
    length = 1000 * (until - since)
    return {"name": name, "ph": "X", "pid": 1, "tid": thread, "ts": 1000 * since, "dur": length, "tdur": length // 2}


FIRST, SECOND = span("FireAnimationFrame", 0, 10), span("FireAnimationFrame", 100, 110)


@pytest.mark.parametrize(
    "between, expected",
    [
        ([], Frame(10, 5, 0)),
        ([span("FunctionCall", 20, 26)], Frame(16, 8, 0)),
        ([span("TimerFire", 20, 26), span("FunctionCall", 21, 25)], Frame(16, 8, 0)),
        ([span("FunctionCall", 101, 109)], Frame(10, 5, 0)),
        ([span("Layout", 20, 26)], Frame(10, 5, 6)),
        ([span("FunctionCall", 20, 30), span("Layout", 22, 26)], Frame(20, 10, 0)),
        ([span("FunctionCall", 120, 130)], Frame(10, 5, 0)),
        ([span("FunctionCall", 20, 26, thread=2)], Frame(10, 5, 0)),
        ([span("RasterTask", 20, 26)], Frame(10, 5, 0)),
    ],
    ids=["nothing", "script", "nested", "in the frame", "layout", "forced", "later", "elsewhere", "neither"],
)
def test_a_frame_has_all_that_was_done_since_the_one_before(between: list[dict[str, Any]], expected: Frame) -> None:
    assert frames([FIRST, *between, SECOND]) == [expected]

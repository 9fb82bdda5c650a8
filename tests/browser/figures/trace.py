"""What Chromium's trace says of the time that a page's main thread has spent: on scripts, and on drawing."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Event = dict[str, Any]

CATEGORIES = ["-*", "devtools.timeline", "disabled-by-default-devtools.timeline", "v8", "__metadata"]
FRAME = "FireAnimationFrame"
# What runs scripts, and what runs because of them; spans inside of others do not count twice.
SCRIPT = {
    FRAME,
    "EvaluateScript",
    "EventDispatch",
    "FireIdleCallback",
    "FunctionCall",
    "MajorGC",
    "MinorGC",
    "RunMicrotasks",
    "TimerFire",
    "WebSocketReceive",
    "WebSocketReceiveHandshakeResponse",
    "XHRLoad",
    "XHRReadyStateChange",
    "v8.callFunction",
    "v8.compile",
    "v8.run",
}
DRAWING = {"UpdateLayoutTree", "Layout", "PrePaint", "Paint", "Layerize", "Commit", "IntersectionObserverController"}
MILLISECONDS = 1000  # the trace counts microseconds


@dataclass(frozen=True)
class Frame:
    """What was done for one animation frame: everything since the one before; milliseconds.

    script_cpu: what of the time of scripts the thread has really had a CPU.
    """

    script: float
    script_cpu: float
    drawing: float


@dataclass(frozen=True)
class Profile:
    """The frames of a trace, of which so many seconds were recorded."""

    frames: list[Frame]
    seconds: float

    def quantities(self) -> Iterator[tuple[str, str, float]]:
        """What is reported, with its unit."""
        names = {"script": "script", "script_cpu": "script, on a CPU", "drawing": "style, layout, paint"}
        for attribute, name in names.items():
            times = sorted(getattr(frame, attribute) for frame in self.frames)
            yield f"{name}, median", "ms a frame", statistics.median(times)
            yield f"{name}, p95", "ms a frame", times[int(0.95 * (len(times) - 1))]
            yield f"{name}, worst", "ms a frame", times[-1]
        yield "animation frames", "frames/s", len(self.frames) / self.seconds
        busy = sum(frame.script + frame.drawing for frame in self.frames)
        yield "main thread", "% busy", 100 * busy / MILLISECONDS / self.seconds


def profile(trace: bytes, seconds: float) -> Profile:
    """The frames of the page in a trace of so many seconds."""
    return Profile(frames(json.loads(trace)["traceEvents"]), seconds)


def frames(events: list[Event]) -> list[Frame]:
    """The frames of the thread that fires most of them; what came before the first one is left out."""
    [(thread, _), *_] = Counter(_thread(found) for found in events if found["name"] == FRAME).most_common()
    spans = list(outermost(event for event in events if event["ph"] == "X" and _thread(event) == thread))
    ends = [span["ts"] for span in spans if span["name"] == FRAME]
    return [frame([span for span in spans if since < span["ts"] <= until]) for since, until in pairwise(ends)]


def outermost(events: Iterable[Event]) -> Iterator[Event]:
    """The spans of scripts and of drawing that are in no other; layout that a script forces is the script's."""
    end = 0
    for event in sorted(events, key=lambda event: (event["ts"], -event["dur"])):
        if event["name"] in SCRIPT | DRAWING and event["ts"] >= end:
            end = event["ts"] + event["dur"]
            yield event


def frame(spans: list[Event]) -> Frame:
    script = [span for span in spans if span["name"] in SCRIPT]
    drawing = [span for span in spans if span["name"] in DRAWING]
    return Frame(
        sum(span["dur"] for span in script) / MILLISECONDS,
        sum(span["tdur"] if "tdur" in span else span["dur"] for span in script) / MILLISECONDS,
        sum(span["dur"] for span in drawing) / MILLISECONDS,
    )


def _thread(event: Event) -> tuple[int, int]:
    return event["pid"], event["tid"]

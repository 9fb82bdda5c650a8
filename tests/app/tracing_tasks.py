"""Tasks that are traced."""

from __future__ import annotations

import asyncio

from opentelemetry import trace


def plain() -> None:
    with trace.get_tracer("site").start_as_current_span("a step"):
        pass


async def later() -> None:
    await asyncio.sleep(0)
    trace.get_current_span().set_attribute("site.seen", True)


def refuse() -> None:
    raise ValueError("no, thank you")

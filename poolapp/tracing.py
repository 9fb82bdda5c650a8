"""OpenTelemetry: a task goes on with the trace of its caller, in a span of its own; imported only where it is used."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from opentelemetry.context import attach, get_current
from opentelemetry.propagate import extract, inject
from opentelemetry.trace import ProxyTracerProvider, SpanKind, get_tracer, get_tracer_provider

from poolapp.engine.current import CurrentTask
from poolapp.engine.version import __version__

MILLISECONDS_TO_FLUSH = 1000
NO_SPAN: AbstractContextManager[Any] = nullcontext()


class TraceContext:
    """Where in a trace the calling code is, to be carried along as the value of a context variable is."""

    def get(self, default: Any) -> Any:
        """The headers that say it, `default` outside of traces."""
        headers: dict[str, str] = {}
        if get_current():
            inject(headers)
        return headers or default

    def set(self, headers: dict[str, str]) -> None:
        """Be there from now on, as far as this context reaches."""
        attach(extract(headers))


trace_context = TraceContext()


def task_span(task: CurrentTask) -> AbstractContextManager[Any]:
    """A span for one run of a task; it notes what the task raises."""
    if isinstance(get_tracer_provider(), ProxyTracerProvider):
        return NO_SPAN  # nobody has set up the SDK
    tracer = get_tracer("poolapp", __version__)
    attributes = {"code.function.name": task.name}
    return tracer.start_as_current_span(task.name, kind=SpanKind.CONSUMER, attributes=attributes)


def flush() -> None:
    """Send the spans that wait, before this process ends."""
    force_flush = getattr(get_tracer_provider(), "force_flush", None)  # that of the SDK has it
    if force_flush is not None:
        force_flush(MILLISECONDS_TO_FLUSH)

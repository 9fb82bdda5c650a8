"""A site whose tasks are traced, in a process of its own: prints the spans as lines of JSON, those of workers too.

python -m tests.app.traced WORKER
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
from django.apps import AppConfig

SPANS = "POOLAPP_TEST_SPANS"


class TracedConfig(AppConfig):
    """As a site does it: the SDK is set up where Django is, so in every worker process as well."""

    name = "tests.app"
    label = "traced"

    def ready(self) -> None:
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

        file = Path(os.environ[SPANS]).open("a", buffering=1)  # noqa: SIM115  # open as long as the process lives
        provider = TracerProvider()
        provider.add_span_processor(
            BatchSpanProcessor(ConsoleSpanExporter(out=file, formatter=lambda span: span.to_json(indent=None) + "\n"))
        )
        trace.set_tracer_provider(provider)


def main(worker: str) -> None:
    django.setup()
    from opentelemetry import trace

    import poolapp
    from poolapp import pools
    from poolapp.testing import override_pools
    from tests.app import tracing_tasks as tasks

    with override_pools({"default": {"WORKER": worker, "MIN_SIZE": 1}}):
        poolapp.execute(tasks.plain).result(timeout=20)
        with trace.get_tracer("site").start_as_current_span("a view"):
            poolapp.execute(tasks.plain).result(timeout=20)
            poolapp.execute(tasks.later).result(timeout=20)
            poolapp.execute(tasks.refuse).exception(timeout=20)
        pools.stop(timeout=10)
    trace.get_tracer_provider().force_flush()  # type: ignore[attr-defined]
    print(Path(os.environ[SPANS]).read_text())


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Hooks for Gunicorn's configuration file, for its workers that are no ASGI ones:

    from poolapp.contrib.gunicorn import post_worker_init, worker_exit

With them pools start in each worker also under `--preload`, and when a worker ends its tasks get
POOLAPP["SHUTDOWN_TIMEOUT"] seconds to finish; Gunicorn's own `graceful_timeout` should be longer.

Gunicorn reads its configuration before there is Django, so each hook imports what it needs.
"""

from __future__ import annotations

from typing import Any


def post_worker_init(worker: Any) -> None:
    """Start the pools of a worker that has just been made, whoever has loaded the site."""
    from poolapp.conf import get_settings
    from poolapp.serving import start_when_ready

    if get_settings().autostart in ("serve", "always"):
        start_when_ready("gunicorn has made a worker")


def worker_exit(server: Any, worker: Any) -> None:
    """Let tasks finish before a worker ends."""
    from poolapp import pools
    from poolapp.conf import get_settings

    pools.stop(get_settings().shutdown_timeout)

"""What a worker process does before its first task, and after its last."""

from __future__ import annotations

import sys
from collections.abc import Mapping

# Apps that are nothing but servers: no worker needs them, and they take more time and memory than Django itself.
SERVERS = ("daphne", "daphne.apps.DaphneConfig")


def set_up(databases: Mapping[str, str]) -> None:
    """Set Django up and import the task modules.

    databases: the names of the databases that the server uses, by alias: under a test runner they are not those of
    the settings, and a task must not write to another database than the code that asked for it.
    """
    import django
    from django.conf import settings

    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app not in SERVERS]
    django.setup()

    from django.db import connections

    from poolapp import registry

    for alias, name in databases.items():
        connections[alias].settings_dict["NAME"] = name
    registry.discover()
    connections.close_all()  # opened by a module at import: workers must not share them


def tear_down() -> None:
    """Leave nothing open, and nothing unsaid."""
    from poolapp.db import close_connections

    close_connections()
    if "opentelemetry.sdk" in sys.modules:
        from poolapp import tracing

        tracing.flush()

"""A site whose records have a database of their own, in a process of its own: it says which tables have what."""

from __future__ import annotations

import time

import django

django.setup()

from django.contrib.admin.models import LogEntry  # noqa: E402  # only now, as in a site
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from poolapp import models, pools  # noqa: E402
from tests.sampleapp import tasks  # noqa: E402

LISTS = ("poolinstance", "poolsnapshot", "taskrecord", "poolevent", "poolcommand")


def main() -> None:
    call_command("migrate", verbosity=0)
    call_command("migrate", "poolapp", database="records", verbosity=0)
    tasks.add.execute(1, 2).result(timeout=30)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.create_superuser("ann"))
    ask_for_a_pause(client)
    pools.stop()
    for name in ("dashboard", *(f"{model}_changelist" for model in LISTS)):
        page = client.get(reverse(f"admin:poolapp_{name}"))
        assert page.status_code == 200, (name, page.status_code)
    for name in connections:
        tables = connections[name].introspection.table_names()
        print(name, *sorted(table for table in tables if table.startswith("poolapp_")))
    for model in (models.PoolInstance, models.PoolSnapshot, models.TaskRecord, models.PoolEvent, models.PoolCommand):
        print(model.__name__, model.objects.using("records").exists())
    print(models.PoolCommand.objects.get().requested_by, "asked;", LogEntry.objects.count(), "line in the log")


def ask_for_a_pause(client: Client) -> None:
    """By the dashboard, until it is done."""
    instance = models.PoolInstance.objects.get()
    whom = {"alias": instance.alias, "host": instance.host, "pid": instance.pid}
    asked = client.post(reverse("admin:poolapp_dashboard_control"), {"verb": "pause", **whom})
    assert asked.status_code == 302, asked.status_code
    deadline = time.monotonic() + 20
    while models.PoolCommand.objects.get().status != "done":
        assert time.monotonic() < deadline, models.PoolCommand.objects.get().status
        time.sleep(0.05)


main()

"""`manage.py poolstatus`: every live pool of every server process, from the database."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from poolapp.conf import get_settings
from poolapp.management.database import cannot_be_asked
from poolapp.management.printable import printable
from poolapp.models import PoolInstance
from poolapp.monitoring.health import UNFIT, verdict


class Command(BaseCommand):
    help = (
        "Shows every live pool of every server process, with its workers. "
        "Exits with 0 when there is a live pool and the health view would answer 200 for all live ones: they can take "
        "tasks, paused or not. Exits with 1 otherwise: none lives, or one starts, is drained, ends or has no workers."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pool", metavar="A", help="only pools with this alias")
        parser.add_argument("--json", action="store_true", help="print JSON for programs")
        parser.add_argument(
            "--watch",
            nargs="?",
            type=_seconds,
            const=2.0,
            metavar="S",
            help="print again every S seconds (2 unless given), until Ctrl-C",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        healthy = self._show(options)
        try:
            while options["watch"] is not None:
                time.sleep(options["watch"])
                healthy = self._show(options)
        except KeyboardInterrupt:
            self.stdout.write("")
        if not healthy:
            sys.exit(1)

    def _show(self, options: dict[str, Any]) -> bool:
        try:
            pools = live_pools(options["pool"])
        except DatabaseError as exc:
            raise CommandError(cannot_be_asked(exc)) from exc
        if options["json"]:
            self.stdout.write(json.dumps({"pools": pools}, indent=None if options["watch"] else 2))
        else:
            self._print(pools, options["pool"])
        return bool(pools) and all(_serves(pool["snapshot"]) for pool in pools)

    def _print(self, pools: list[dict[str, Any]], alias: str | None) -> None:
        if not pools:
            named = f" with the alias {alias}" if alias else ""
            self.stdout.write(self.style.WARNING(f"No live pool{named}. Is the site being served?"))
        for pool in pools:
            self._print_pool(pool, pool["snapshot"])

    def _print_pool(self, pool: dict[str, Any], snapshot: dict[str, Any]) -> None:
        style = self.style.SUCCESS if _serves(snapshot) else self.style.WARNING
        where = f"{pool['alias']} on {pool['host']}, process {pool['pid']}"
        self.stdout.write(
            f"{printable(where)}: {style(snapshot['state'])} (heard of {pool['heartbeat_age']:.1f} s ago)"
        )
        self.stdout.write(
            f"  {snapshot['busy_worker_nodes']} of {snapshot['worker_nodes']} {snapshot['worker']} workers busy,"
            f" {snapshot['queued_tasks']} queued, {snapshot['executing_tasks']} executing,"
            f" {snapshot['executed_tasks']} executed, {snapshot['failed_tasks']} failed"
        )
        if dropped := snapshot.get("dropped_records"):
            self.stdout.write(self.style.WARNING(f"  {dropped} events of tasks were not recorded"))
        for trouble in ("trouble", "recording_trouble"):
            if said := snapshot.get(trouble):
                about = "records cannot be written: " if trouble == "recording_trouble" else ""
                self.stdout.write(self.style.WARNING(f"  {about}{printable(said, '    ')}"))
        for worker in snapshot["workers"]:
            self.stdout.write(
                f"  worker {worker['id']:>4}  slot {worker['slot']:>3}  pid {worker['pid'] or '-':>7}"
                f"  {worker['state']:<8}  {worker['executing']} executing  {worker['queued']} queued"
                f"  {worker['executed']} executed  {worker['failed']} failed"
            )


def _serves(snapshot: dict[str, Any]) -> bool:
    """Whether the health view would answer 200 for this pool."""
    return verdict(snapshot) not in UNFIT


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0.1 <= seconds <= 86400:
        raise ArgumentTypeError(f"a pause must be between 0.1 and 86400 seconds, not {text}")
    return seconds


def live_pools(alias: str | None) -> list[dict[str, Any]]:
    """What is printed as JSON: the live pools, each with its latest snapshot and how old that is (seconds)."""
    now = timezone.now()
    instances = PoolInstance.objects.using(get_settings().database).alive(now)
    if alias:
        instances = instances.filter(alias=alias)
    return [
        {
            "alias": instance.alias,
            "host": instance.host,
            "pid": instance.pid,
            "started_at": instance.started_at.isoformat(),
            "heartbeat_age": round(instance.heartbeat_age(now), 3),
            "alive": instance.is_alive(now),
            "snapshot": instance.snapshot,
        }
        for instance in instances
    ]

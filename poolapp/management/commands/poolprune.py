"""`manage.py poolprune`: retention by hand."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import models
from django.db.utils import DatabaseError

from poolapp.conf import MOST_ROWS, get_settings
from poolapp.management.database import migrate_hint, said
from poolapp.retention import delete_some, expired

AGE = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
AGES = {
    "tasks": "tasks that ended longer ago",
    "events": "events that are older",
    "snapshots": "the history of pools that is older",
}
COUNTS = {"task_count": "tasks", "event_count": "events"}


class Command(BaseCommand):
    help = (
        "Deletes what was recorded longer ago than it is kept, or is more than is kept, a few thousand rows at a time. "
        "The server does so too, every minute; this is for what has piled up. What runs or waits is never deleted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        for kind, meaning in AGES.items():
            parser.add_argument(
                f"--{kind}",
                type=_age,
                metavar="AGE",
                help=f"delete {meaning} than this, such as 90s, 30m, 12h or 7d"
                f" (POOLAPP['RETENTION']['{kind.upper()}'] unless given)",
            )
        for option, kind in COUNTS.items():
            parser.add_argument(
                f"--{option.replace('_', '-')}",
                type=_count,
                metavar="NUMBER",
                help=f"delete all but the latest NUMBER {kind} (POOLAPP['RETENTION']['{option.upper()}'] unless given)",
            )
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, **options: Any) -> None:
        settings = get_settings()
        given = {name: options[name] for name in (*AGES, *COUNTS) if options[name] is not None}
        try:
            for rows in expired(replace(settings.retention, **given), settings.database):
                name = str(rows.model._meta.verbose_name_plural)
                if options["dry_run"]:
                    self.stdout.write(f"{rows.count():,} {name} would be deleted")
                else:
                    self._delete(rows, name, options["verbosity"])
        except DatabaseError as exc:
            told = f"the database does not let that happen ({said(exc)}); what is deleted stays so{migrate_hint(exc)}"
            raise CommandError(told) from exc

    def _delete(self, rows: models.QuerySet[Any], name: str, verbosity: int) -> None:
        total = 0
        while count := delete_some(rows):
            total += count
            if verbosity > 1:
                self.stdout.write(f"{total:,} {name} so far")
        self.stdout.write(f"{total:,} {name} deleted")


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_ROWS:
        raise ArgumentTypeError(f"a number of rows is from 1 to {MOST_ROWS}, not {text!r}")
    return int(text)


def _age(text: str) -> float:
    found = AGE.fullmatch(text.strip())
    if found is None:
        raise ArgumentTypeError(f"an age is a number with s, m, h or d behind it, such as 7d, not {text!r}")
    return float(found[1]) * SECONDS[found[2]]

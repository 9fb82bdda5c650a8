"""`manage.py poolrestart`: asks the serving processes to replace their workers."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from poolapp.conf import get_settings
from poolapp.control.requests import ask, find_instances
from poolapp.engine.errors import PoolError
from poolapp.management.printable import printable
from poolapp.models import CommandStatus, PoolCommand, PoolInstance

ENDED = (CommandStatus.DONE, CommandStatus.FAILED, CommandStatus.EXPIRED)
LOOK_EVERY = 0.2


class Command(BaseCommand):
    help = (
        "Asks the serving processes to replace their workers, and waits until they have. "
        "Exits with 0 when all named workers were replaced, with 1 and one clear line otherwise."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pool", metavar="A", help="only pools with this alias")
        parser.add_argument("--host", metavar="H", help="only pools on this host")
        parser.add_argument("--pid", type=int, metavar="P", help="only pools of this server process")
        parser.add_argument(
            "--worker", type=int, nargs="+", action="extend", metavar="ID", default=[], help="only these workers"
        )
        parser.add_argument(
            "--mode",
            choices=["rolling", "hard"],
            default="rolling",
            help="rolling (default): one after another, each drained first; hard: all at once, what they run fails",
        )
        parser.add_argument(
            "--timeout", type=float, default=60.0, metavar="S", help="seconds to wait for the answer (60)"
        )
        parser.add_argument("--no-wait", action="store_true", help="only ask")
        parser.add_argument("--json", action="store_true", help="print JSON for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            commands = self._ask(options)
            if not options["no_wait"]:
                self._wait(commands, options)
        except PoolError as exc:
            self.stderr.write(self.style.ERROR(str(exc)))
            sys.exit(1)
        if options["json"]:
            self.stdout.write(json.dumps({"commands": [_described(command) for command in commands]}))
        failed = [command for command in commands if command.status in (CommandStatus.FAILED, CommandStatus.EXPIRED)]
        for command in failed:
            said = f"{command.instance}: {command.answer.get('error', command.status)}"
            self.stderr.write(self.style.ERROR(printable(said, "  ")))
        if failed:
            sys.exit(1)

    def _ask(self, options: dict[str, Any]) -> list[PoolCommand]:
        instances = find_instances(options["pool"], options["host"], options["pid"])
        if options["worker"]:
            instances = _owning(instances, options["worker"])
        arguments = {"mode": options["mode"]}
        return [ask(instance, PoolCommand.Verb.RESTART, options["worker"], arguments) for instance in instances]

    def _wait(self, commands: list[PoolCommand], options: dict[str, Any]) -> None:
        deadline = time.monotonic() + options["timeout"]
        shown: dict[Any, int] = {}
        while any(command.status not in ENDED for command in commands):
            if time.monotonic() > deadline:
                raise PoolError(f"no answer within {options['timeout']:g} s from {_names(commands)}")
            time.sleep(LOOK_EVERY)
            for command in commands:
                command.refresh_from_db(using=get_settings().database, fields=["status", "answer"])
                self._show_progress(command, shown, options)

    def _show_progress(self, command: PoolCommand, shown: dict[Any, int], options: dict[str, Any]) -> None:
        replaced, total = command.answer.get("replaced", 0), command.answer.get("total")
        if options["json"] or total is None or shown.get(command.pk) == replaced:
            return
        shown[command.pk] = replaced
        self.stdout.write(printable(f"{command.instance}: {replaced} of {total} workers replaced"))


def _owning(instances: list[PoolInstance], workers: list[int]) -> list[PoolInstance]:
    """The one pool that has these workers; ids are only unique within a pool."""
    owners = [i for i in instances if set(workers) <= {worker["id"] for worker in i.snapshot.get("workers", [])}]
    named = ", ".join(map(str, workers))
    if not owners:
        raise PoolError(f"no live pool has worker {named}")
    if len(owners) > 1:
        raise PoolError(f"{len(owners)} live pools have worker {named}; say which by --pool, --host and --pid")
    return owners


def _names(commands: list[PoolCommand]) -> str:
    return ", ".join(str(command.instance) for command in commands if command.status not in ENDED)


def _described(command: PoolCommand) -> dict[str, Any]:
    instance = command.instance
    return {
        "alias": instance.alias,
        "host": instance.host,
        "pid": instance.pid,
        "status": command.status,
        **command.answer,
    }

"""What commands share that ask running pools to do something: whom, how long to wait, what to print, how to exit."""

from __future__ import annotations

import getpass
import json
import os
import socket
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from poolapp.conf import get_settings
from poolapp.control.requests import ask, ask_all, find_instances
from poolapp.engine.errors import PoolError
from poolapp.management.database import cannot_be_asked
from poolapp.management.printable import printable
from poolapp.models import CommandStatus, PoolCommand, PoolInstance

ENDED = (CommandStatus.DONE, CommandStatus.FAILED, CommandStatus.EXPIRED)
LOOK_EVERY = 0.2


class AskingCommand(BaseCommand):
    """A command that asks all pools that fit, waits for their answers, and exits with 1 unless all did as asked."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pool", metavar="A", help="only pools with this alias")
        parser.add_argument("--host", metavar="H", help="only pools on this host")
        parser.add_argument("--pid", type=int, metavar="P", help="only pools of this server process")
        parser.add_argument(
            "--timeout", type=float, default=60.0, metavar="S", help="seconds to wait for the answer (60)"
        )
        parser.add_argument("--no-wait", action="store_true", help="only ask")
        parser.add_argument("--json", action="store_true", help="print JSON for programs")

    def asked(self, options: dict[str, Any]) -> tuple[str, list[int], dict[str, Any]]:
        """The verb, the ids of the workers that are meant (none: it is not about some), and its other arguments."""
        raise NotImplementedError

    def addressees(self, options: dict[str, Any]) -> list[PoolInstance]:
        """The pools that are asked; raises NoSuchPool when there are none."""
        return find_instances(options["pool"], options["host"], options["pid"])

    def told(self, command: PoolCommand) -> str | None:
        """How far a request has come, or what it has led to, in a line; None for nothing worth a line."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            commands = self._ask(options)
            if not options["no_wait"]:
                self._wait(commands, options)
        except (PoolError, ValueError) as exc:
            self.stderr.write(self.style.ERROR(printable(str(exc), "  ")))
            sys.exit(1)
        except DatabaseError as exc:
            raise CommandError(cannot_be_asked(exc)) from exc
        if options["json"]:
            self.stdout.write(json.dumps({"commands": [_described(command) for command in commands]}))
        failed = [command for command in commands if command.status in (CommandStatus.FAILED, CommandStatus.EXPIRED)]
        for command in failed:
            said = f"{command.instance}: {command.answer.get('error', command.status)}"
            self.stderr.write(self.style.ERROR(printable(said, "  ")))
        if failed:
            sys.exit(1)

    def _ask(self, options: dict[str, Any]) -> list[PoolCommand]:
        verb, workers, arguments = self.asked(options)
        instances = self.addressees(options)
        if workers:
            return [ask(_owner(instances, workers), verb, workers, arguments, _whoever_runs_this())]
        return ask_all(verb, ((instance, arguments) for instance in instances), _whoever_runs_this())

    def _wait(self, commands: list[PoolCommand], options: dict[str, Any]) -> None:
        deadline = time.monotonic() + options["timeout"]
        said: dict[Any, str] = {}
        while any(command.status not in ENDED for command in commands):
            if time.monotonic() > deadline:
                raise PoolError(f"no answer within {options['timeout']:g} s from {_names(commands)}")
            time.sleep(LOOK_EVERY)
            for command in commands:
                command.refresh_from_db(using=get_settings().database, fields=["status", "answer"])
                told = None if options["json"] else self.told(command)
                if told is not None and said.get(command.pk) != told:
                    said[command.pk] = told
                    self.stdout.write(printable(f"{command.instance}: {told}"))


def _owner(instances: list[PoolInstance], workers: list[int]) -> PoolInstance:
    """The one pool that has these workers; ids are only unique within a pool."""
    owners = [i for i in instances if set(workers) <= {worker["id"] for worker in i.snapshot.get("workers", [])}]
    named = ", ".join(map(str, workers))
    if not owners:
        raise PoolError(f"no live pool has worker {named}")
    if len(owners) > 1:
        raise PoolError(f"{len(owners)} live pools have worker {named}; say which by --pool, --host and --pid")
    return owners[0]


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


def _whoever_runs_this() -> str:
    """A user of the system and its host, as whom a request is from."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # the system does not know the user, as in some containers
        name = f"user {os.getuid()}"
    return f"{name}@{socket.gethostname()}"

"""`manage.py poolrestart`: asks the serving processes to replace their workers."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from poolapp.management.asking import AskingCommand
from poolapp.models import PoolCommand


class Command(AskingCommand):
    help = (
        "Asks the serving processes to replace their workers, and waits until they have. "
        "Exits with 0 when all named workers were replaced, with 1 and one clear line otherwise."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--worker", type=int, nargs="+", action="extend", metavar="ID", default=[], help="only these workers"
        )
        parser.add_argument(
            "--mode",
            choices=["rolling", "hard"],
            default="rolling",
            help="rolling (default): one after another, each drained first; hard: all at once, what they run fails",
        )

    def asked(self, options: dict[str, Any]) -> tuple[str, list[int], dict[str, Any]]:
        return PoolCommand.Verb.RESTART, options["worker"], {"mode": options["mode"]}

    def told(self, command: PoolCommand) -> str | None:
        total = command.answer.get("total")
        return None if total is None else f"{command.answer.get('replaced', 0)} of {total} workers replaced"

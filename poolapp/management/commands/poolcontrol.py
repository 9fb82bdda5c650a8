"""`manage.py poolcontrol`: asks the serving processes to pause, drain or change their pools, or to cancel a task."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError

from poolapp.conf import get_settings
from poolapp.engine.strategies import STRATEGIES
from poolapp.management.asking import AskingCommand
from poolapp.models import CommandStatus, PoolCommand, PoolInstance, TaskRecord

DONE = {"pause": "paused", "resume": "takes up work again", "drain": "takes no new tasks"}


class Command(AskingCommand):
    help = (
        "Asks the serving processes to pause, drain, resume or change their pools, or to cancel a task, and waits "
        "until they have. All live pools are meant unless --pool, --host or --pid say which. What is changed lasts "
        "until the server ends. Exits with 0 when all did as asked, with 1 and a line for each that did not."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB", title="verbs")
        for verb, meaning in (
            ("pause", "take tasks but let none begin"),
            ("drain", "take no new tasks, finish those that there are; the health view answers 503"),
            ("resume", "take tasks and let them begin again"),
        ):
            self._add_verb(verbs, verb, meaning)
        resize = self._add_verb(verbs, "resize", "have another number of workers; who is too many finishes its task")
        resize.add_argument("min_size", type=int, metavar="MIN", help="workers that are always there")
        resize.add_argument("max_size", type=int, nargs="?", metavar="MAX", help="workers at the most (MIN)")
        strategy = self._add_verb(verbs, "strategy", "choose workers in another way")
        strategy.add_argument(
            "strategy", choices=sorted(STRATEGIES), metavar="NAME", help=", ".join(sorted(STRATEGIES))
        )
        cancel = self._add_verb(
            verbs, "cancel", "end a task: where it waits it never begins, where it runs it is aborted"
        )
        cancel.add_argument("task_id", metavar="TASK", help="the task's id, as its record has it")
        cancel.add_argument("--reason", help="what its caller is told")

    def _add_verb(self, verbs: Any, verb: str, meaning: str) -> ArgumentParser:
        parser: ArgumentParser = verbs.add_parser(verb, help=meaning, description=f"{meaning[0].upper()}{meaning[1:]}.")
        super().add_arguments(parser)
        return parser

    def asked(self, options: dict[str, Any]) -> tuple[str, list[int], dict[str, Any]]:
        names = {"resize": ("min_size", "max_size"), "strategy": ("strategy",), "cancel": ("task_id", "reason")}
        verb = options["verb"]
        arguments = {name: options[name] for name in names.get(verb, ()) if options[name] is not None}
        if verb == "resize":
            arguments.setdefault("max_size", options["min_size"])
        return verb, [], arguments

    def addressees(self, options: dict[str, Any]) -> list[PoolInstance]:
        """For a task that is on record, the pool that it was given to."""
        if options["verb"] == "cancel" and (record := _record(options["task_id"])):
            options = {**options, "pool": record.pool, "host": record.host, "pid": record.pid}
        return super().addressees(options)

    def told(self, command: PoolCommand) -> str | None:
        if command.status != CommandStatus.DONE:
            return None
        answer = command.answer
        match command.verb:
            case "resize":
                return f"{answer['min_size']} to {answer['max_size']} workers"
            case "strategy":
                return f"chooses by {answer['strategy']}"
            case "cancel":
                return f"task {answer['task']}"
        return DONE[command.verb]


def _record(task_id: str) -> TaskRecord | None:
    try:
        return TaskRecord.objects.using(get_settings().database).filter(pk=task_id).first()
    except ValidationError:  # no UUID
        return None

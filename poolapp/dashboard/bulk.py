"""What cancelling, or running again, many recorded tasks comes to: who is asked about which, and which cannot be."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db.models import BooleanField, Case, QuerySet, Value, When

from poolapp import pools, registry
from poolapp.conf import get_settings
from poolapp.control import about_tasks, requests
from poolapp.dashboard import messages
from poolapp.lost import UNFINISHED
from poolapp.models import PoolCommand, PoolInstance, TaskRecord

MOST_MEANT = 10_000
"""Further tasks than these are not looked at, and not asked about."""
TASKS_IN_A_REQUEST = {"cancel": about_tasks.MOST_CANCELLED, "repeat": 500}
"""Each request to cancel has a pool look through all its tasks, each one to run some again keeps it busy for long."""
ROWS_AT_A_TIME = 500
# States of pools that take no tasks.
CLOSED = ("draining", "drained", "stopping", "stopped")
MOST_LISTED = 8

T = TypeVar("T")
Verb = PoolCommand.Verb
VERBS = (Verb.CANCEL, Verb.REPEAT)


class Meant(NamedTuple):
    """What is to be known of a task."""

    id: UUID
    name: str
    pool: str
    status: str
    host: str
    pid: int
    has_call: bool


@dataclass(slots=True)
class Plan:
    """What an action on tasks comes to; counts by status, pool and name, and by the reason where it cannot be."""

    verb: str
    is_cut: bool = False
    ids: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    pools: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    asked: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    instances: dict[int, PoolInstance] = field(default_factory=dict)

    @property
    def possible(self) -> int:
        """To how many it can be done."""
        return sum(map(len, self.asked.values()))

    def add(self, task: Meant, homes: Homes) -> None:
        self.ids.append(task.id.hex)
        self.statuses[task.status] += 1
        self.pools[task.pool] += 1
        self.names[task.name] += 1
        instance = homes.of(task, any_will_do=self.verb == Verb.REPEAT)
        if reason := self._why_not(task):
            self.refused[reason] += 1
        elif instance is None:
            self.refused[homes.why_none(task)] += 1
        else:
            self.asked[instance.pk].append(str(task.id))
            self.instances[instance.pk] = instance

    def _why_not(self, task: Meant) -> str:
        if self.verb == Verb.CANCEL:
            return "" if task.status in UNFINISHED else about_tasks.OVER
        call = "recorded" if task.has_call else ""
        return about_tasks.why_not_again(task.status, call, is_known=is_known(task.name))

    def ask(self, requested_by: str) -> list[PoolCommand]:
        """Leave the requests: some for each pool, each about many tasks."""
        asked = (
            (self.instances[pk], {"task_ids": ids})
            for pk, task_ids in self.asked.items()
            for ids in _shared_out(task_ids, TASKS_IN_A_REQUEST[self.verb])
        )
        return requests.ask_all(self.verb, asked, requested_by)

    def counted(self) -> list[tuple[str, list[tuple[str, int]]]]:
        """The counts as a page shows them: the most frequent ones first, each group with its heading's key."""
        statuses = [(messages.word(status), count) for status, count in self.statuses.most_common()]
        refusals = [(str(messages.REFUSALS[reason]), count) for reason, count in self.refused.most_common()]
        return [
            ("statuses", statuses),
            ("pools", self.pools.most_common(MOST_LISTED)),
            ("names", self.names.most_common(MOST_LISTED)),
            ("refused", refusals),
        ]


class Homes:
    """The pools that live, and which of them is asked about a task."""

    def __init__(self) -> None:
        live = PoolInstance.objects.using(get_settings().database).alive()
        self._owners: dict[tuple[str, str, int], PoolInstance] = {}
        self._idlest: dict[str, PoolInstance] = {}
        for instance in sorted(live, key=_load):
            self._owners[instance.alias, instance.host, instance.pid] = instance
            if takes_tasks(instance):
                self._idlest.setdefault(instance.alias, instance)

    def of(self, task: Meant | TaskRecord, *, any_will_do: bool) -> PoolInstance | None:
        """The pool that the task was given to, if it lives; if any will do, one of that name that takes tasks."""
        owner = self._owners.get((task.pool, task.host, task.pid))
        if not any_will_do or (owner is not None and takes_tasks(owner)):
            return owner
        return self._idlest.get(task.pool)

    def why_none(self, task: Meant | TaskRecord) -> str:
        """Why no pool is there that could run a task again."""
        lives = any(alias == task.pool for alias, _, _ in self._owners)
        return about_tasks.DRAINED if lives and task.pool not in self._idlest else "no_pool"


def takes_tasks(instance: PoolInstance) -> bool:
    """Whether a pool took tasks at its last heartbeat."""
    return instance.snapshot.get("state") not in CLOSED


def plan(verb: str, tasks: QuerySet[TaskRecord]) -> Plan:
    """What it comes to for these tasks, the newest where there are more than are looked at."""
    registry.discover()
    found = list(_meant(tasks.order_by("-queued_at"))[: MOST_MEANT + 1])
    made, homes = Plan(verb, is_cut=len(found) > MOST_MEANT), Homes()
    for row in found[:MOST_MEANT]:
        made.add(Meant(*row), homes)
    return made


def plan_for(verb: str, task_ids: Iterable[str]) -> Plan:
    """What it comes to for the first of the tasks with these ids; raises InvalidOption where one is none."""
    registry.discover()
    made, homes = Plan(verb), Homes()
    ids = list(dict.fromkeys(UUID(about_tasks.require_id(task_id)) for task_id in task_ids))
    made.is_cut = len(ids) > MOST_MEANT
    for row in _rows(ids[:MOST_MEANT]):
        made.add(Meant(*row), homes)
    if gone := min(len(ids), MOST_MEANT) - len(made.ids):
        made.refused[about_tasks.GONE] = gone
    return made


def _rows(ids: list[UUID]) -> Iterator[tuple[Any, ...]]:
    tasks = TaskRecord.objects.using(get_settings().database)
    for some in _shared_out(ids, ROWS_AT_A_TIME):
        yield from _meant(tasks.filter(pk__in=some))


def _meant(tasks: QuerySet[TaskRecord]) -> Any:
    """Without the calls themselves, which are long."""
    has_call = Case(When(call="", then=Value(False)), default=Value(True), output_field=BooleanField())
    return tasks.annotate(has_call=has_call).values_list("id", "name", "pool", "status", "host", "pid", "has_call")


def _shared_out(items: list[T], size: int) -> Iterator[list[T]]:
    """So many at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def is_known(name: str) -> bool:
    """Whether a pool would know which function is meant, as far as this process can tell."""
    return name in registry.functions or any(pool.has_task(name) for pool in pools.running().values())


def _load(instance: PoolInstance) -> tuple[int, float]:
    return (instance.snapshot.get("queued_tasks") or 0, -instance.started_at.timestamp())

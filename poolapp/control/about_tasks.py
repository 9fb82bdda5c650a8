"""What is asked about tasks by their ids: to end them, to run them again. What cannot be is counted by its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from poolapp.conf import get_settings
from poolapp.engine.errors import InvalidOption, PoolError, QueueFull
from poolapp.engine.pool import Pool
from poolapp.engine.told_again import read_call
from poolapp.lost import UNFINISHED
from poolapp.models import TaskRecord

MOST_TASKS = 1000
"""A single request is about so many tasks at the most."""
MOST_NAMED = 100
"""Of so many new tasks an answer tells the ids."""
MOST_REASONS = 10
LONGEST_REASON = 200  # characters

# Why something cannot be done to a task; `poolapp.dashboard.messages` has a sentence for each.
OVER = "over"
GONE = "gone"
UNFINISHED_YET = "unfinished"
UNKNOWN = "unknown"
NO_CALL = "no_call"
FULL = "full"

Answer = dict[str, Any]


def cancel(pool: Pool, task_ids: Any, reason: str) -> Answer:
    """Where they wait they never begin, where they run they are asked to end: how many of each."""
    wanted = _ids(task_ids)
    found = pool.find_all(wanted)
    counts = Counter({OVER: len(wanted) - len(found)})
    for future in found.values():
        if future.cancel():
            counts["cancelled"] += 1
        else:
            counts["aborted" if future.abort(reason) else OVER] += 1
    return {"cancelled": counts["cancelled"], "aborted": counts["aborted"], "refused": _refused({OVER: counts[OVER]})}


def repeat(pool: Pool, task_ids: Any) -> Answer:
    """Run the recorded tasks of this pool again that can be, in their order: the ids of the new ones.

    What runs is what this process has registered under the recorded name, and nothing else.
    """
    wanted = _ids(task_ids)
    records = TaskRecord.objects.using(get_settings().database).filter(pk__in=wanted, pool=pool.options.name)
    found = list(records.only("name", "status", "call").order_by("queued_at"))
    refused = Counter({GONE: len(wanted) - len(found)})
    new: list[str] = []
    for record in found:
        reason = why_not_again(record.status, record.call, is_known=pool.has_task(record.name))
        if not (reason or refused[FULL]):
            try:
                new.append(_run_again(pool, record))
                continue
            except QueueFull:
                reason = FULL
            except (PoolError, ValueError) as exc:
                reason = str(exc)[:LONGEST_REASON]
        refused[reason or FULL] += 1
    return {"repeated": len(new), "task_ids": new[:MOST_NAMED], "refused": _refused(refused)}


def why_not_again(status: str, call: str, *, is_known: bool) -> str:
    """Why a task cannot be run again, as far as its record tells; empty if it can."""
    if status in UNFINISHED:
        return UNFINISHED_YET
    if not is_known:
        return UNKNOWN
    return "" if call else NO_CALL


def _run_again(pool: Pool, record: TaskRecord) -> str:
    """Its new id. Nobody waits for room in the queue: whoever carries out requests has others to look after."""
    args, kwargs = read_call(record.call)
    function = pool.task_function(record.name).using(full_timeout=0)
    return pool.execute(function, *args, **kwargs).task_id


def _ids(task_ids: Any) -> Collection[str]:
    """Each once, as pools write them; raises InvalidOption or ValueError where they are none."""
    if not isinstance(task_ids, list) or not 1 <= len(task_ids) <= MOST_TASKS:
        raise InvalidOption(f"task_ids must be a list of 1 to {MOST_TASKS} ids")
    return dict.fromkeys(str(UUID(str(task_id))) for task_id in task_ids)


def _refused(reasons: Mapping[str, int]) -> dict[str, int]:
    """The most frequent ones."""
    return {reason: count for reason, count in Counter(reasons).most_common(MOST_REASONS) if count}

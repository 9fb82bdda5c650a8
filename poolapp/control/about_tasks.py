"""What is asked about tasks by their ids: to end them, to run them again. What cannot be is counted by its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from poolapp.conf import get_settings
from poolapp.engine.errors import InvalidOption, PoolDraining, PoolError, QueueFull
from poolapp.engine.futures import TaskFuture
from poolapp.engine.pool import Pool
from poolapp.engine.told_again import read_call
from poolapp.lost import UNFINISHED
from poolapp.models import TaskRecord

MOST_CANCELLED, MOST_REPEATED = 10_000, 1000
"""A single request is about so many tasks at the most: to find them, a pool looks through all that it has, once."""
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
DRAINED = "drained"

Answer = dict[str, Any]


def cancel(pool: Pool, task_ids: Any, reason: str) -> Answer:
    """Where they wait they never begin, where they run they are asked to end: how many of each."""
    wanted = require_ids(task_ids, MOST_CANCELLED)
    found = pool.find_all(wanted)
    counts = Counter(end(future, reason) for future in found.values())
    counts[OVER] += len(wanted) - len(found)
    return {"cancelled": counts["cancelled"], "aborted": counts["aborted"], "refused": _refused({OVER: counts[OVER]})}


def end(future: TaskFuture, reason: str) -> str:
    """What became of it: "cancelled" where it waited, "aborted" where it is asked to end, or OVER."""
    if future.cancel():
        return "cancelled"
    return "aborted" if future.abort(reason) else OVER


def repeat(pool: Pool, task_ids: Any) -> Answer:
    """Run the recorded tasks of this pool again that can be, in their order: the ids of the new ones.

    What runs is what this process has registered under the recorded name, and nothing else.
    """
    wanted = require_ids(task_ids, MOST_REPEATED)
    records = TaskRecord.objects.using(get_settings().database).filter(pk__in=wanted, pool=pool.options.name)
    found = list(records.only("name", "status", "call").order_by("queued_at"))
    refused = Counter({GONE: len(wanted) - len(found)})
    new: list[str] = []
    no_room = ""  # why the pool takes no more
    for record in found:
        reason = why_not_again(record.status, record.call, is_known=pool.has_task(record.name))
        reason = reason or no_room
        if not reason:
            try:
                new.append(_run_again(pool, record))
                continue
            except PoolDraining:
                reason = no_room = DRAINED
            except QueueFull:
                reason = no_room = FULL
            except (PoolError, ValueError) as exc:
                reason = str(exc)[:LONGEST_REASON]
        refused[reason] += 1
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


def require_ids(task_ids: Any, most: int) -> Collection[str]:
    """Each once, as pools write them; raises InvalidOption where they are none, or too many."""
    if not isinstance(task_ids, list) or not 1 <= len(task_ids) <= most:
        raise InvalidOption(f"task_ids must be a list of 1 to {most} ids")
    return dict.fromkeys(map(require_id, task_ids))


def require_id(task_id: Any) -> str:
    """The id of a task as pools write it; raises InvalidOption for what is none."""
    try:
        return str(UUID(str(task_id)))
    except ValueError:
        raise InvalidOption(f"{str(task_id)[:LONGEST_REASON]!r} is not the id of a task") from None


def _refused(reasons: Mapping[str, int]) -> dict[str, int]:
    """The most frequent ones."""
    return {reason: count for reason, count in Counter(reasons).most_common(MOST_REASONS) if count}

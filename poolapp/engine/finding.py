"""Finding tasks that wait or run by their ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolapp.engine.core import Core
    from poolapp.engine.futures import TaskFuture


def find_futures(core: Core, task_ids: Iterable[str]) -> dict[str, TaskFuture]:
    """The futures of those of these tasks that are not over, by id; all tasks are looked through once."""
    wanted = set(task_ids)
    with core.lock:
        found = ((core.task_id(task), task.future) for task in core.scheduler.state.tasks())
        return {task_id: future for task_id, future in found if task_id in wanted and future is not None}

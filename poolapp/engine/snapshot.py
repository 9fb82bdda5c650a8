"""A pool's state at one moment, plain as JSON: durations in seconds, None where nothing was measured."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from poolapp.engine.node import NodeState, WorkerNode
from poolapp.engine.statistics import Summary, TaskUsage, elu_summary
from poolapp.engine.version import __version__

if TYPE_CHECKING:
    from poolapp.engine.clock import Clock
    from poolapp.engine.core import Core
    from poolapp.engine.state import PoolState


def overview(core: Core, clock: Clock, tasks: bool) -> dict[str, Any]:
    """A running pool and what goes with it; to be called under its lock, and to be given to `worked_out`.

    tasks: whether there are statistics of each name of tasks.
    """
    now, state, runs = clock.monotonic(), core.scheduler.state, core.state == "running"
    return {
        "version": __version__,
        "started": runs,
        "state": describe(state, core.state),
        **snapshot(state, now, clock.wall() - now, core.started_at),
        "ready": runs and state.is_ready,
        **({"tasks": tasks_by_name(state)} if tasks else {}),
        "dropped_events": core.herald.dropped,
        **core.crew.describe(),
    }


def snapshot(state: PoolState, now: float, wall_offset: float, started_at: float | None) -> dict[str, Any]:
    """Describe a pool; to be called under the lock that guards it. `worked_out`, without the lock, makes JSON of it.

    now, started_at: readings of the monotonic clock, seconds; wall_offset: what makes unix time of one.
    """
    nodes = sorted(state.roster, key=lambda node: (node.slot, node.id))
    totals, uptime = state.totals, 0.0 if started_at is None else max(now - started_at, 1e-9)
    busy_time = totals.busy_time + sum(node.running_time(now) for node in nodes)
    usages = [node.usage for node in nodes]
    options = state.options
    return {
        "type": "dynamic" if options.dynamic else "fixed",
        "worker": options.worker if isinstance(options.worker, str) else options.worker.__qualname__,
        "min_size": options.min_size,
        "max_size": options.limit,
        "strategy": options.strategy,
        "strategy_options": _plain(dataclasses.asdict(options.strategy_options)),
        "queue": _plain({**dataclasses.asdict(options.queue), "size": options.queue_size}),
        "started_at": None if started_at is None else started_at + wall_offset,
        "uptime": uptime,
        "ready": state.is_ready,
        **_head_count(nodes, state.roster.eligible),
        "submitted_tasks": totals.submitted,
        "executed_tasks": totals.executed,
        "executing_tasks": sum(node.executing for node in nodes),
        "queued_tasks": state.queued,
        "max_queued_tasks": sum(node.queue.peak for node in nodes),
        "stolen_tasks": sum(usage.stolen for usage in usages),
        "failed_tasks": totals.failed,
        "cancelled_tasks": totals.cancelled,
        "back_pressure": state.is_pressed,
        "back_pressure_worker_nodes": state.pressed_nodes,
        "restarts": totals.restarts,
        "retried_tasks": totals.retried,
        "recycled_workers": totals.recycled,
        "trouble": state.trouble,
        "busy_time": busy_time,
        "utilization": busy_time / (uptime * options.limit) if uptime else 0.0,
        "run_time": Summary(usage.run_time for usage in usages),
        "wait_time": Summary(usage.wait_time for usage in usages),
        "elu": elu_summary(usages),
        "events": {"busy": totals.busy, "full": totals.full, "back_pressure": totals.back_pressure},
        "unknown_messages": totals.unknown,
        "workers": [_worker(node, state, wall_offset) for node in nodes if node.state is not NodeState.GONE],
    }


def _head_count(nodes: Sequence[WorkerNode], ready: Sequence[WorkerNode]) -> dict[str, int]:
    return {
        "worker_nodes": len(nodes),
        "idle_worker_nodes": sum(not node.committed for node in ready),
        "busy_worker_nodes": sum(node.is_full for node in ready),
        "dynamic_worker_nodes": sum(node.dynamic for node in nodes),
    }


def _plain(options: Any) -> Any:
    """Options as JSON has them: text as keys, None for what has no end."""
    if isinstance(options, dict):
        return {str(name): _plain(value) for name, value in options.items()}
    return None if options == math.inf else options


def _worker(node: WorkerNode, state: PoolState, wall_offset: float) -> dict[str, Any]:
    oldest = min(node.running(), key=lambda batch: batch.since, default=None)
    return {
        "id": node.id,
        "slot": node.slot,
        "pid": node.pid,
        "state": node.label,
        "dynamic": node.dynamic,
        "concurrency": node.quota,
        "executing": node.executing,
        "queued": node.queued,
        "max_queued": node.queue.peak,
        "stolen": node.usage.stolen,
        "back_pressure": node.is_pressed,
        "executed": node.usage.executed,
        "failed": node.usage.failed,
        "restarts": state.deaths.get(node.slot, 0),
        "memory": node.memory,
        "task": oldest.front.name if oldest else None,
        "running_since": oldest.since + wall_offset if oldest else None,
        "started_at": node.started_at + wall_offset if node.started_at is not None else None,
    }


def tasks_by_name(state: PoolState) -> dict[str, Any]:
    """What the tasks of each name have done since the pool was started or its strategy was changed."""
    return {name: _task(usage) for name, usage in state.names.items()}


def _task(usage: TaskUsage) -> dict[str, Any]:
    return {
        "submitted": usage.submitted,
        "executed": usage.executed,
        "failed": usage.failed,
        "cancelled": usage.cancelled,
        "run_time": Summary([usage.run_time]),
        "wait_time": Summary([usage.wait_time]),
    }


def describe(state: PoolState, phase: str) -> str:
    """A pool's state in a word for people; its phase is "stopped", "running", "stopping" or "destroyed"."""
    if phase != "running":
        return "stopping" if phase == "stopping" else "stopped"
    if state.paused:
        return "paused"
    if state.draining:
        return "drained" if state.is_idle else "draining"
    if state.is_degraded:
        return "degraded"
    if not state.is_ready:
        return "starting"
    return "busy" if state.is_busy else "ready"

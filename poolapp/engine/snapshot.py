"""A pool's state at one moment, as plain JSON: durations in seconds, None where nothing was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolapp.engine.node import NodeState, WorkerNode
from poolapp.engine.statistics import summary

if TYPE_CHECKING:
    from poolapp.engine.state import PoolState


def snapshot(state: PoolState, now: float, wall_offset: float, started_at: float | None) -> dict[str, Any]:
    """Describe a pool; to be called under the lock that guards it.

    now, started_at: readings of the monotonic clock, seconds; wall_offset: what makes unix time of one.
    """
    nodes = sorted(state.roster, key=lambda node: (node.slot, node.id))
    ready = state.roster.eligible
    totals, uptime = state.totals, 0.0 if started_at is None else max(now - started_at, 1e-9)
    busy_time = totals.busy_time + sum(max(0.0, now - n.front_since) for n in nodes if n.committed)
    usages = [node.usage for node in nodes]
    options = state.options
    return {
        "type": "dynamic" if options.dynamic else "fixed",
        "worker": options.worker if isinstance(options.worker, str) else options.worker.__qualname__,
        "min_size": options.min_size,
        "max_size": options.limit,
        "strategy": options.strategy,
        "started_at": None if started_at is None else started_at + wall_offset,
        "uptime": uptime,
        "ready": state.is_ready,
        "worker_nodes": len(nodes),
        "idle_worker_nodes": sum(not node.committed for node in ready),
        "busy_worker_nodes": sum(bool(node.committed) for node in ready),
        "dynamic_worker_nodes": sum(node.dynamic for node in nodes),
        "submitted_tasks": totals.submitted,
        "executed_tasks": totals.executed,
        "executing_tasks": sum(node.executing for node in nodes),
        "queued_tasks": len(state.backlog) + sum(node.queued for node in nodes),
        "max_queued_tasks": sum(node.queue.peak for node in nodes),
        "failed_tasks": totals.failed,
        "cancelled_tasks": totals.cancelled,
        "restarts": totals.restarts,
        "busy_time": busy_time,
        "utilization": busy_time / (uptime * options.limit) if uptime else 0.0,
        "run_time": summary(usage.run_time for usage in usages),
        "wait_time": summary(usage.wait_time for usage in usages),
        "events": {"busy": totals.busy, "full": totals.full},
        "workers": [_worker(node, state, wall_offset) for node in nodes if node.state is not NodeState.GONE],
    }


def _worker(node: WorkerNode, state: PoolState, wall_offset: float) -> dict[str, Any]:
    front = node.front()
    return {
        "id": node.id,
        "slot": node.slot,
        "pid": node.pid,
        "state": node.label,
        "dynamic": node.dynamic,
        "executing": node.executing,
        "queued": node.queued,
        "executed": node.usage.executed,
        "failed": node.usage.failed,
        "restarts": state.deaths.get(node.slot, 0),
        "task": front.name if front else None,
        "running_since": node.front_since + wall_offset if front else None,
        "started_at": node.started_at + wall_offset if node.started_at is not None else None,
    }

"""Who is measured: names that targets, reports and the chart have in common."""

from __future__ import annotations

PROCESS, THREAD = "poolapp process", "poolapp thread"
OURS = (PROCESS, THREAD)
# Task by task; joblib, which is given many tasks in one call, is none of them.
PROCESS_PEERS = ("multiprocessing.Pool", "ProcessPoolExecutor", "loky", "pebble", "mpire")
# Those that several threads may call at the same time.
SHARED_PEERS = tuple(peer for peer in PROCESS_PEERS if peer != "mpire")
THREAD_PEER = "ThreadPoolExecutor"
POOLIFIER = "poolifier thread"
LIMITS = ("raw socketpair", "memcpy", "pickle", "bare processes", "bare threads")


def is_ours(subject: str) -> bool:
    return subject.startswith("poolapp")

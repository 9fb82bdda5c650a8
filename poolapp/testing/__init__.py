"""For tests of sites that use poolapp: pools that run tasks at once, or only take note of them.

With pytest the fixtures `immediate_pools` and `recorded_tasks` are there by themselves.
"""

from poolapp.testing.overriding import immediate_pools, override_pools
from poolapp.testing.recording import RecordedTask, Recording, TaskNotRun, record_tasks
from poolapp.testing.stopping import stop_pools

__all__ = [
    "RecordedTask",
    "Recording",
    "TaskNotRun",
    "immediate_pools",
    "override_pools",
    "record_tasks",
    "stop_pools",
]

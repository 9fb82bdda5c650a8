"""The settings of the tests, with what is recorded, and where, taken from the environment."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

# The name of one at the server that observers_database.py speaks to, or nothing for the tests' own, on SQLite.
if name := os.environ["POOLAPP_BENCHMARK_DATABASE"]:
    DATABASES["default"] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "HOST": "127.0.0.1",
        "PORT": "5432",
        "USER": "postgres",
    }

POOLAPP = {
    "POOLS": {
        "default": {
            "WORKER": os.environ.get("POOLAPP_BENCHMARK_WORKER", "process"),
            "MIN_SIZE": int(os.environ["POOLAPP_BENCHMARK_WORKERS"]),
        },
    },
    "RETENTION": {"TASK_COUNT": None},
    "RECORD": {"TASKS": os.environ["POOLAPP_BENCHMARK_RECORD"]},
}

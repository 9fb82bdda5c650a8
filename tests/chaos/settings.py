"""A site for a chaos run: its database is the file that POOLAPP_CHAOS_DATABASE names."""

import os

from project.settings import *  # noqa: F403
from project.settings import DATABASES
from tests.chaos.subjects import MAX_SIZE, MIN_SIZE, OPTIONS

DATABASES = {"default": {**DATABASES["default"], "NAME": os.environ["POOLAPP_CHAOS_DATABASE"]}}
WORKER = os.environ.get("POOLAPP_CHAOS_WORKER", "process")
POOLAPP = {
    "POOLS": {"default": {"WORKER": WORKER, "MIN_SIZE": MIN_SIZE, "MAX_SIZE": MAX_SIZE, "OPTIONS": OPTIONS}},
    "SNAPSHOT_INTERVAL": 1.0,
}
LOGGING = {"version": 1, "disable_existing_loggers": False}

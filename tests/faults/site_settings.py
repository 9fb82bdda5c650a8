"""A site whose database is at a PostgreSQL server: POOLAPP_FAULTS_DATABASE is its name."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

DATABASES["default"] = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": os.environ["POOLAPP_FAULTS_DATABASE"],
    "HOST": "127.0.0.1",
    "PORT": "5432",
    "USER": "postgres",
    "OPTIONS": {"connect_timeout": 2},
}
POOLAPP = {"POOLS": {"default": {"WORKER": "thread", "MIN_SIZE": 2}}}

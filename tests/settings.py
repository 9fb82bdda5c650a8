"""The demo's settings on a database and a media directory of the test run's own."""

import atexit
import os
import shutil
import tempfile

# A pool's processes read these settings too: they find the directory in the environment. Of the processes among which
# pytest-xdist divides a run, each has its own.
if "POOLAPP_TEST_DIR" not in os.environ or os.environ.get("POOLAPP_TEST_OWNER", "") != os.environ.get(
    "PYTEST_XDIST_WORKER", ""
):
    os.environ["POOLAPP_TEST_OWNER"] = os.environ.get("PYTEST_XDIST_WORKER", "")
    os.environ["POOLAPP_TEST_DIR"] = tempfile.mkdtemp(prefix="poolapp-tests-", dir=os.environ.get("POOLAPP_TEST_DIR"))
    os.environ["POOLAPP_TEST_DATABASE_NAME"] = f"poolapp_tests_{os.getpid()}"
    atexit.register(shutil.rmtree, os.environ["POOLAPP_TEST_DIR"], ignore_errors=True)
os.environ["POOLAPP_DEMO_DIR"] = os.environ["POOLAPP_TEST_DIR"]

from project.settings import *  # noqa: F403
from project.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.sampleapp"]

# On which database the tests run: each has one of its own, named after the process, and drops it afterwards.
SERVERS = {
    "postgresql": {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "USER": "postgres"},
    "postgresql-pool": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "127.0.0.1",
        "USER": "postgres",
        "OPTIONS": {"pool": True},
    },
    "mariadb": {"ENGINE": "django.db.backends.mysql", "HOST": "127.0.0.1", "USER": "root"},
}
if server := os.environ.get("POOLAPP_TEST_DATABASE"):
    DATABASES["default"] = {**SERVERS[server], "NAME": os.environ["POOLAPP_TEST_DATABASE_NAME"]}
# The test database is the database itself: threads, consumers and worker processes all see this one.
DATABASES["default"]["TEST"] = {"NAME": DATABASES["default"]["NAME"]}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

POOLAPP = {
    "POOLS": {
        "default": {"WORKER": "process", "MIN_SIZE": 2},
    },
}

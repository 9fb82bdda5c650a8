"""The demo's settings on a database and a media directory of the test run's own."""

import atexit
import os
import shutil
import tempfile

# A pool's processes read these settings too: they find the directory in the environment.
if "POOLAPP_TEST_DIR" not in os.environ:
    os.environ["POOLAPP_TEST_DIR"] = tempfile.mkdtemp(prefix="poolapp-tests-")
    atexit.register(shutil.rmtree, os.environ["POOLAPP_TEST_DIR"], ignore_errors=True)
os.environ["POOLAPP_DEMO_DIR"] = os.environ["POOLAPP_TEST_DIR"]

from project.settings import *  # noqa: F403
from project.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.sampleapp"]

# The test database is the database itself: threads, consumers and worker processes all see this one file.
DATABASES["default"]["TEST"] = {"NAME": DATABASES["default"]["NAME"]}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

POOLAPP = {
    "POOLS": {
        "default": {"WORKER": "process", "MIN_SIZE": 2},
    },
}

"""The site's own pools end before the test databases are destroyed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import require
from tests.servers.running import listens

ROOT = Path(__file__).parents[2]
SITE = """
SECRET_KEY = "test"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "poolapp"]
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "USER": "postgres", "NAME": "stopping_PID",
}}
USE_TZ = True
POOLAPP = {"POOLS": {"default": {"WORKER": "thread", "MIN_SIZE": 1}}}
"""
TEST = """
import pytest
import poolapp
from poolapp.models import PoolInstance
from tests.app.polling import eventually

@pytest.mark.django_db(transaction=True)
def test_a_task():
    assert poolapp.execute(len, [1]).result(20) == 1
    eventually(PoolInstance.objects.exists)  # the housekeeper has written
"""


def test_pytest_destroys_the_test_database_of_pools_that_ran(tmp_path):
    require(listens(5432), "needs PostgreSQL")
    (tmp_path / "site_settings.py").write_text(SITE.replace("PID", str(os.getpid())))
    (tmp_path / "test_site.py").write_text(TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\nDJANGO_SETTINGS_MODULE = site_settings\npythonpath = .\n")

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--ds=site_settings"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        | {"PYTHONPATH": str(ROOT)},
        text=True,
        capture_output=True,
        timeout=50,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout
    assert "being accessed" not in ran.stdout + ran.stderr
    assert "Logging error" not in ran.stdout + ran.stderr

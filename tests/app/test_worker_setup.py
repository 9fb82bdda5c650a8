"""Where tasks run: with Django set up, on the database of the code that asked, with fresh connections."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

import poolapp
from tests.app.conftest import run_python
from tests.sampleapp import tasks

SECONDS = 30
ONE_WORKER_OF_EACH_KIND = {
    "POOLS": {"default": {"WORKER": "process", "MIN_SIZE": 1}, "threads": {"WORKER": "thread", "MIN_SIZE": 1}}
}
both_kinds = pytest.mark.parametrize("pool", ["default", "threads"])


@pytest.fixture
def pools(pools, settings) -> None:
    settings.POOLAPP = ONE_WORKER_OF_EACH_KIND


@pytest.mark.usefixtures("pools")
class TestAWorker:
    def test_has_django_set_up_and_the_task_modules_imported(self):
        found = poolapp.execute(tasks.is_set_up).result(SECONDS)

        assert found["apps"] is True
        assert {"project.gallery.tasks", "tests.sampleapp.tasks"} <= set(found["modules"])

    @both_kinds
    def test_writes_to_the_database_of_the_test(self, pool):
        tasks.make_group.using(pool=pool).execute("written by a worker").result(SECONDS)

        assert Group.objects.get().name == "written by a worker"

    @both_kinds
    def test_reads_what_the_test_has_written(self, pool):
        Group.objects.create(name="written by the test")

        assert tasks.count_groups.using(pool=pool).execute().result(SECONDS) == 1

    @both_kinds
    def test_begins_every_task_without_a_connection_of_the_last_one(self, pool):
        had_one = [tasks.has_a_connection.using(pool=pool).execute().result(SECONDS) for _ in range(3)]

        assert had_one == [False, False, False]

    @both_kinds
    def test_gets_over_a_connection_that_a_task_has_broken(self, pool):
        tasks.break_the_connection.using(pool=pool).execute().result(SECONDS)

        assert tasks.count_groups.using(pool=pool).execute().result(SECONDS) == 0


OTHER_DATABASE = """
import sys
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.contrib.auth.models import Group
from tests.sampleapp import tasks

connection.settings_dict["NAME"] = sys.argv[1]  # as a test runner does
call_command("migrate", verbosity=0)
Group.objects.create(name="of the caller")
print(tasks.is_set_up.execute().result(timeout=30)["database"])
print(tasks.count_groups.execute().result(timeout=30))
"""


@pytest.mark.sqlite
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_uses_the_database_that_a_test_runner_has_set(tmp_path):
    other = str(tmp_path / "test.sqlite3")

    ran = run_python("-c", OTHER_DATABASE, other)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.split() == [other, "1"]
    assert not Group.objects.exists()

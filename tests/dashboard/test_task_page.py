"""The page of a task: where its time went, which lines of a traceback are the site's own, and its button."""

from __future__ import annotations

import re
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

import poolapp
from poolapp.dashboard.task_page import SHORTEST, WIDTH, Frame, frames, timeline
from poolapp.models import PoolCommand, TaskRecord
from tests.dashboard.conftest import ago, make_instance
from tests.dashboard.test_views import make_task
from tests.sampleapp import tasks

STDLIB = sysconfig.get_paths()["stdlib"]
ENGINE = Path(poolapp.__file__).parent / "engine" / "workers" / "running.py"
TRACEBACK = f"""\
Traceback (most recent call last):
  File "{ENGINE}", line 1, in run
    value = function()
            ^^^^^^^^^^
  File "/srv/site/shop/tasks.py", line 7, in pay
    send(order)
  File "/srv/site/venv/lib/python3.12/site-packages/bank/api.py", line 9, in send
    raise Refused
  File "{STDLIB}/json/decoder.py", line 3, in decode
bank.Refused: no money
"""


def test_the_frames_of_the_site_are_told_from_all_others():
    found = frames(TRACEBACK)

    assert "".join(frame.text for frame in found) == TRACEBACK
    assert [frame.text.splitlines()[0] for frame in found if frame.is_own] == [
        '  File "/srv/site/shop/tasks.py", line 7, in pay'
    ]
    assert Frame('  File "/srv/site/shop/tasks.py", line 7, in pay\n    send(order)\n', True) in found


@pytest.mark.parametrize("text", ["", "no traceback at all", '  File "cut off'])
def test_any_text_will_do(text: str):
    assert "".join(frame.text for frame in frames(text)) == text


@pytest.mark.parametrize(
    "waited, ran, share",
    [(1.0, 3.0, 250.0), (0.0, 5.0, SHORTEST), (9.0, 0.0, WIDTH - SHORTEST), (0.0, 0.0, SHORTEST), (2.0, None, WIDTH)],
)
def test_the_timeline_shares_the_time(waited: float, ran: float | None, share: float):
    drawn = timeline(TaskRecord(wait_time=waited, run_time=ran))

    assert drawn == {"waited": share, "ran": WIDTH - share, "width": WIDTH}


def test_nothing_is_drawn_of_what_nobody_knows():
    assert timeline(TaskRecord()) is None


@pytest.mark.django_db
class TestPage:
    @staticmethod
    def address(task: TaskRecord) -> str:
        return reverse("admin:poolapp_taskrecord_change", args=[task.pk])

    def test_it_says_how_it_went(self, client, make_user):
        client.force_login(make_user("view_taskrecord"))
        task = make_task(status="failed", error_type="Refused", traceback=TRACEBACK, wait_time=0.5, run_time=1.5)

        page = client.get(self.address(task)).text

        assert 'aria-label="Waited 500 ms, ran 1.50 s"' in page
        assert re.search(r'<span class="poolapp-own">  File &quot;/srv/site/shop/tasks.py', page)
        assert "Cancel this task" not in page

    @pytest.mark.parametrize("status", ["queued", "running"])
    def test_what_is_not_over_can_be_cancelled_by_those_who_may(self, client, make_user, status):
        task = make_task(status=status, host="elsewhere", pid=99, run_time=None)
        client.force_login(make_user("view_taskrecord", "control_pool"))
        assert "Cancel this task" not in client.get(self.address(task)).text

        client.force_login(make_user("view_taskrecord", "cancel_task", name="carla"))
        page = client.get(self.address(task)).text

        assert "Cancel this task" in page
        assert str(task.pk) in page

    def test_the_request_leads_back_to_the_task(self, client, make_user):
        make_instance()
        task = make_task(status="running", host="elsewhere", pid=99)
        client.force_login(make_user("view_taskrecord", "cancel_task"))
        whom = {"alias": "default", "host": "elsewhere", "pid": "99"}

        answer = client.post(
            reverse("admin:poolapp_dashboard_control"), {"verb": "cancel", "task_id": str(task.pk), **whom}
        )

        assert answer.url == self.address(task)
        assert PoolCommand.objects.get().arguments == {"task_id": str(task.pk)}


@pytest.mark.django_db
class TestRunningAgain:
    address = staticmethod(TestPage.address)

    @pytest.fixture
    def page_for(self, client, make_user):
        """Gives the page of a task as somebody with these permissions sees it."""

        def page_for(task: TaskRecord, *permissions: str) -> str:
            client.force_login(make_user("view_taskrecord", *permissions, name="-".join(permissions) or "nobody"))
            return client.get(self.address(task)).text

        return page_for

    @staticmethod
    def done(**values: Any) -> TaskRecord:
        call = '{"args": [1], "kwargs": {}}'
        about = {"status": "executed", "name": tasks.add.name, "call": call, "host": "elsewhere", "pid": 99}
        return make_task(**{**about, **values})

    def test_who_may_finds_the_button(self, page_for):
        make_instance(age=-600)
        task = self.done()

        assert "Run again" in page_for(task, "repeat_task")
        assert "Run again" not in page_for(task, "cancel_task")
        assert "run again" not in page_for(task)

    @pytest.mark.parametrize(
        "values, reason",
        [
            ({"call": ""}, "it has no recorded arguments."),
            ({"name": "nobody.knows"}, "it is not registered under its name."),
            ({"pool": "gone"}, "it has no live pool."),
        ],
    )
    def test_where_it_cannot_be_the_page_says_why(self, page_for, values, reason):
        make_instance(age=-600)

        page = page_for(self.done(**values), "repeat_task")

        assert f"Cannot be run again: {reason}" in page
        assert 'value="repeat"' not in page

    def test_what_runs_still_cannot_be(self, page_for):
        page = page_for(self.done(status="running"), "repeat_task")

        assert "run again" not in page.lower()

    def test_the_button_asks_the_pool(self, client, page_for):
        instance = make_instance(age=-600)
        task = self.done(pid=1)
        page_for(task, "repeat_task")
        form = {"verb": "repeat", "task_ids": str(task.pk), "task_id": str(task.pk)}

        answer = client.post(
            reverse("admin:poolapp_dashboard_control"), {**form, "alias": "default", "host": "elsewhere", "pid": "99"}
        )

        assert answer.url == self.address(task)
        command = PoolCommand.objects.get()
        assert (command.instance, command.verb) == (instance, "repeat")
        assert command.arguments == {"task_ids": [str(task.pk)]}

    def test_the_worker_leads_to_its_pool_while_that_lives(self, page_for):
        instance = make_instance(age=-600)
        task = self.done(worker_slot=3, wait_time=1.0, run_time=1.0)
        link = f'<a href="{reverse("admin:poolapp_dashboard_pool", args=[instance.pk])}">3</a>'

        assert link in page_for(task, "view_dashboard")
        assert link not in page_for(task, "repeat_task")
        instance.stopped_at = ago(1)
        instance.save()
        assert link not in page_for(task, "view_dashboard", "repeat_task")

    @pytest.mark.parametrize(
        "attempts, said",
        [(2, "attempt 2: a worker was lost with it"), (3, "attempt 3: 2 workers were lost with it")],
    )
    def test_lost_workers_are_told(self, page_for, attempts, said):
        assert said in page_for(self.done(attempts=attempts))
        assert "lost with it<" not in page_for(self.done(), "view_dashboard")

    def test_it_says_how_arguments_are_recorded(self, page_for, settings):
        task = self.done(arguments="", result="")
        how = "POOLAPP[&quot;RECORD&quot;] = {&quot;ARGUMENTS&quot;: True, &quot;RESULTS&quot;: True}"

        assert how in page_for(task)
        settings.POOLAPP = {**settings.POOLAPP, "RECORD": {"ARGUMENTS": True, "RESULTS": True}}
        assert "What is not recorded is not shown" not in page_for(task, "view_dashboard")

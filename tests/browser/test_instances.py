"""The page of the server processes, with two of them: one ends without a word, one restarts its workers."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.demo import ROOT, Demo

# A second process that serves on the same database, as `gunicorn -w 2` would have one; it ends with its standard input.
ANOTHER = """
import sys
import django
django.setup()
from poolapp import pools
pools.start()
print("ready", flush=True)
sys.stdin.read()
"""
FORGET = "from poolapp.models import PoolInstance; PoolInstance.objects.filter(pid={pid}).delete()"


class InstancesPage:
    """The page as somebody sees it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.badge = page.locator("[data-badge]")

    def process(self, pid: int) -> Locator:
        heading = self.page.get_by_role("heading", name=re.compile(rf"^process {pid}$"))
        return self.page.locator(".pa-process").filter(has=heading)


@pytest.fixture
def instances(administrator: Page, demo: Demo) -> InstancesPage:
    """The page, as the dashboard leads to it."""
    administrator.goto(demo.dashboard)
    administrator.get_by_role("link", name="Processes").click()
    page = InstancesPage(administrator)
    expect(page.badge).to_have_text("live")
    return page


@pytest.fixture
def another(demo: Demo) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {"POOLAPP_DEMO_DIR": str(demo.directory), "DJANGO_SETTINGS_MODULE": "project.settings"}
    command = [sys.executable, "-c", ANOTHER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()
    # Lost processes are shown for a while, to other tests too.
    demo.manage("shell", "--command", FORGET.format(pid=process.pid))


def test_the_demos_process_tells_of_itself(instances, demo):
    process = instances.process(demo.process.pid)

    expect(process).to_contain_text("live")
    expect(process).to_contain_text("poolapp.pools.start() was called")
    expect(process).to_contain_text(re.compile(r"memory\s*[\d.]+ MB"))
    expect(process).to_contain_text("manage.py demo")
    process.get_by_role("link", name="default").click()
    instances.page.wait_for_url(re.compile(r"/dashboard/pools/\d+/$"))


def test_another_process_comes_and_is_lost_without_a_reload(instances, another):
    process = instances.process(another.pid)
    expect(process.locator("[data-field=shown_state]").first).to_have_text("live")

    another.send_signal(signal.SIGKILL)

    expect(process.locator("[data-field=shown_state]").first).to_have_text("lost")
    expect(process).to_contain_text(re.compile(r"last heard of at \d\d:\d\d:\d\d, \d+ s ago"))
    expect(process.get_by_role("button")).to_be_hidden()


def test_the_workers_of_a_process_are_replaced(instances, demo):
    process = instances.process(demo.process.pid)

    process.get_by_role("button", name="Restart workers").click()
    question = instances.page.get_by_role("dialog")
    expect(question).to_contain_text(f"Restart the workers of all pools of process {demo.process.pid} on ")
    question.get_by_role("button", name="Restart workers").click()

    expect(process.get_by_role("status")).to_have_text(re.compile(r"^Done: (\d+) of \1 workers were replaced\.$"))


def test_it_asks_as_often_as_its_reader_wants(instances):
    page = instances.page
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "instances/data" in request.url else None)

    page.get_by_label("Refresh").select_option("off")
    expect(instances.badge).to_have_text(re.compile("^off, "))
    page.wait_for_timeout(500)  # what was on its way
    asked.clear()
    page.wait_for_timeout(2500)
    assert asked == []

    page.get_by_label("Refresh").select_option("live")
    with page.expect_request(re.compile("instances/data")):
        expect(instances.badge).to_have_text("live")
    with page.expect_request(re.compile("instances/data")):
        pass  # once more


def test_a_reader_may_be_told_every_second(instances):
    page = instances.page
    answers = []
    page.on("response", lambda response: answers.append(response) if "instances/data" in response.url else None)

    page.get_by_label("Refresh").select_option("every second")
    page.wait_for_timeout(2900)

    assert len(answers) >= 2


def test_it_says_as_of_when_it_was_told(instances):
    with instances.page.expect_response(re.compile("instances/data")) as heard:
        pass
    instances.page.wait_for_timeout(1000)  # the next answer comes later

    shown = instances.page.locator("[data-role=as-of]").get_attribute("datetime") or ""

    assert datetime.fromisoformat(shown).timestamp() == pytest.approx(heard.value.json()["at"], abs=1e-3)


def test_it_is_complete_without_scripts(new_context, administrator_session, demo):
    page = new_context(storage_state=administrator_session, java_script_enabled=False).new_page()

    page.goto(f"{demo.dashboard}instances/")

    expect(InstancesPage(page).process(demo.process.pid)).to_contain_text("manage.py demo")

"""What every test gets: missing parts that cannot go unnoticed, and a look at what it left behind."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.test import SimpleTestCase

from tests.databases import Runs, running, runs_beside
from tests.division import Division, begins

Tell = Callable[[str, str], None]

REQUIRE_ALL = os.environ.get("POOLAPP_TEST_REQUIRE_ALL") == "1"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SECONDS_TO_END = 3.0


def require(part: object, reason: str) -> None:
    """Skip the test when a part of the machine is missing; fail it where all parts must be there."""
    if part:
        return
    if REQUIRE_ALL:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Division:
    return Division(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On another database only those that ask for one: the others have been run already."""
    items.sort(key=lambda item: not begins(item.nodeid))
    if "POOLAPP_TEST_DATABASE" in os.environ:
        others = [item for item in items if not uses_a_database(item)]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if uses_a_database(item)]


def uses_a_database(item: pytest.Item) -> bool:
    is_djangos = isinstance(item, pytest.Function) and item.cls is not None and issubclass(item.cls, SimpleTestCase)
    asked_for = {"db", "transactional_db"}.intersection(getattr(item, "fixturenames", ()))
    return is_djangos or bool(asked_for) or item.get_closest_marker("django_db") is not None


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Says what is to be read at the end of the run: tell(heading, line)."""
    return lambda heading, line: request.node.user_properties.append((heading, line))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told: dict[str, list[str]] = defaultdict(list)
    for report in (report for reports in terminalreporter.stats.values() for report in reports):
        if getattr(report, "when", None) == "call":
            for heading, line in report.user_properties:
                told[heading].append(line)
    for heading, lines in told.items():
        terminalreporter.section(heading)
        terminalreporter.write("".join(f"{line}\n" for line in lines))


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix() -> None:
    """The test database is the database itself, see tests.settings: it gets no second name."""


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium browser."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    require(path, "needs Chromium")
    return str(path)


@pytest.fixture(scope="session")
def database_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """The tests on other databases, see test_databases.py; they go on beside others from when they are asked for."""
    with running(tmp_path_factory.mktemp("databases")) as runs:
        yield runs


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test ends its pools: their threads and processes must not outlive it."""
    before = pool_threads() | child_processes()
    yield
    if request.node.get_closest_marker("leaves_workers"):
        return
    deadline = time.monotonic() + SECONDS_TO_END
    while (left := (pool_threads() | child_processes()) - before) and time.monotonic() < deadline:
        time.sleep(0.02)
    if left:
        pytest.fail(f"left behind: {', '.join(sorted(left))}", pytrace=False)


def pool_threads() -> set[str]:
    return {
        f"thread {thread.name} ({thread.ident})"
        for thread in threading.enumerate()
        if thread.name.startswith("poolapp")
    }


def child_processes() -> set[str]:
    """Our children and theirs; nothing where the system has no /proc."""
    return {
        f"process {pid} ({command})"
        for pid in descendants(os.getpid())
        # multiprocessing starts its tracker once for the whole run.
        if "resource_tracker" not in (command := command_line(pid))
    }


def descendants(pid: int) -> Iterator[int]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in set(map(int, children.read_text().split())) - runs_beside:
                yield child
                yield from descendants(child)


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "gone"

"""One demo and one Chromium for all tests in here; a context of its own for each test, and no complaint from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.chromium import Journal, launch, log_in
from tests.browser.dashboard import DashboardPage
from tests.browser.demo import Demo, running_demo

MILLISECONDS_OF_PATIENCE = 10_000
expect.set_options(timeout=MILLISECONDS_OF_PATIENCE)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in here: each test needs the browser, and the demo's workers come and go between tests."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.leaves_workers)


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


# Not for the session: while it is open, an event loop counts as running, which other tests could not bear.
@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright, launch(playwright, chromium) as browser:
        yield browser


@pytest.fixture(scope="package")
def administrator_session(browser: Browser, demo: Demo) -> Any:
    """The cookies of somebody who may do everything."""
    with browser.new_context() as context:
        log_in(context.new_page(), demo)
        return context.storage_state()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browsers that know nothing of each other; afterwards none may have complained about anything."""
    contexts, journals = [], []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(**options)
        context.set_default_timeout(MILLISECONDS_OF_PATIENCE)
        contexts.append(context)
        journals.append(Journal(context))
        return context

    yield make
    for context in contexts:
        context.close()
    if complaints := [complaint for journal in journals for complaint in journal.complaints]:
        pytest.fail("the browser complained:\n" + "\n".join(complaints), pytrace=False)


@pytest.fixture
def stranger(new_context: Callable[..., BrowserContext]) -> Page:
    """A page of somebody who has not logged in."""
    return new_context().new_page()


@pytest.fixture
def administrator(new_context: Callable[..., BrowserContext], administrator_session: Any) -> Page:
    """A page of somebody who may do everything."""
    return new_context(storage_state=administrator_session).new_page()


@pytest.fixture
def dashboard(administrator: Page, demo: Demo) -> DashboardPage:
    """The administrator's live dashboard."""
    return DashboardPage(administrator).open(demo.dashboard).live()

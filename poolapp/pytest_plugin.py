"""Fixtures for the tests of sites, known to pytest by themselves; nothing is imported until one is used."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from poolapp.testing import Recording


@pytest.fixture
def immediate_pools() -> Iterator[None]:
    """Run every task at once, in the thread and the transaction of the test."""
    from poolapp.testing import immediate_pools

    with immediate_pools():
        yield


@pytest.fixture
def recorded_tasks() -> Iterator[Recording]:
    """Run no task; the Recording tells which were asked for."""
    from poolapp.testing import record_tasks

    with record_tasks() as recording:
        yield recording


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    """Have the site's pools end before pytest-django destroys the test databases, with which they have sessions."""
    value = yield
    if fixturedef.argname == "django_db_setup":
        blocker = request.getfixturevalue("django_db_blocker")
        # What is added last runs first, before the fixture's own end.
        fixturedef.addfinalizer(lambda: _stop_pools(blocker))
    return value


def _stop_pools(blocker: Any) -> None:
    if "poolapp.pools" in sys.modules:
        from poolapp.testing import stop_pools

        with blocker.unblock():
            stop_pools()

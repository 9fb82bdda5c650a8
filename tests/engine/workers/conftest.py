"""What the tests of workers share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.engine.workers.direct import Driver


@pytest.fixture
def drive() -> Iterator[Callable[..., Driver]]:
    """Starts workers that are driven directly, and ends them."""
    drivers: list[Driver] = []

    def start(kind: str, *, wait: bool = True, **options: object) -> Driver:
        drivers.append(Driver(kind, **options))
        if wait:
            drivers[-1].wait_until_ready()
        return drivers[-1]

    yield start
    for driver in drivers:
        driver.close()

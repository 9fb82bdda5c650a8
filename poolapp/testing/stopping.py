"""The end of the site's own pools, for tests that used them."""

from __future__ import annotations

from poolapp import pools


def stop_pools(timeout: float | None = pools.EXIT_GRACE) -> None:
    """End the pools that run; running tasks get `timeout` seconds to finish (None: however long).

    Their housekeeper keeps a session with the test database, which PostgreSQL does not drop before that has ended. The
    next task starts them anew.
    """
    pools.stop(timeout)

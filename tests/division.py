"""How `pytest -n 2` divides the tests between two processes: by files, whose tests share servers and browsers."""

from __future__ import annotations

from xdist.scheduler.loadscope import LoadScopeScheduling

LONGEST = ("tests/chaos/", "tests/test_databases.py")
"""They wait for runs that go on beside each other: one process has them all, and begins with them."""


def begins(test: str) -> bool:
    """Whether a test, given by its id, belongs to those that take longest."""
    return test.startswith(LONGEST)


class Division(LoadScopeScheduling):
    """A file belongs to one process; whichever has done its own takes the next in order."""

    def __init__(self, config, log) -> None:  # type: ignore[no-untyped-def]
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return LONGEST[0] if begins(nodeid) else nodeid.partition("::")[0]

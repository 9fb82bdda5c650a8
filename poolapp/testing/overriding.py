"""Other pools for a while: for one test, for a class of tests, for a block."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.test import SimpleTestCase
from django.test.utils import TestContextDecorator, override_settings

from poolapp import pools as running_pools
from poolapp.conf import InvalidSetting, unknown_keys
from poolapp.engine.errors import PoolNotStarted
from poolapp.engine.options import PoolOptions
from poolapp.engine.pool import Pool
from poolapp.observers.base import Observer
from poolapp.observers.logger import EventLogger
from poolapp.observers.signaller import Signaller
from poolapp.pools import IN_A_WORKER, PoolSet, configured, with_django
from poolapp.testing.immediate import CopyingCrew, ImmediateCrew, in_place_of_a_process


class PoolsOfTest(PoolSet):
    """Pools that start whatever AUTOSTART says, and that nobody records or sends requests."""

    def get(self, alias: str) -> Pool:
        if in_place_of_a_process.get():
            raise PoolNotStarted(IN_A_WORKER)
        return super().get(alias)

    def options(self, alias: str) -> PoolOptions:
        options = configured(alias)
        return with_django(options.replace(worker=self.worker(options)))

    def worker(self, options: PoolOptions) -> Any:
        """The workers that a pool has instead of those that it is configured to have."""
        return options.worker

    def observers(self) -> list[Observer]:
        return [Signaller(), EventLogger()]


class ImmediatePools(PoolsOfTest):
    """Pools that run a task at once."""

    def worker(self, options: PoolOptions) -> Any:
        return CopyingCrew if options.worker == "process" else ImmediateCrew


class PoolsDecorator(TestContextDecorator):
    """Has other pools in use for a while: for the `with` block, the test, or all that a class of tests does."""

    def pools(self) -> PoolSet:
        """The pools to be used."""
        raise NotImplementedError

    def enable(self) -> Any:
        self._replaced = running_pools.use(self.pools())

    def disable(self) -> None:
        running_pools.use(self._replaced).stop(0)

    def decorate_class(self, cls: type) -> type:
        """Each test has them, as with all decorators of Django, and setUpTestData and setUpClass have them too."""
        decorated = super().decorate_class(cls)
        set_up_class = cls.setUpClass.__func__  # type: ignore[attr-defined]

        def setUpClass(of: type[SimpleTestCase]) -> None:  # unittest's name for it
            of.enterClassContext(copy.copy(self))
            set_up_class(of)

        decorated.setUpClass = classmethod(setUpClass)  # type: ignore[assignment,method-assign]
        return decorated


class override_pools(PoolsDecorator):  # noqa: N801  # used like a function, as Django's override_settings is
    """Use real pools of a test's own, which end with it, running tasks included.

    pools: what POOLAPP["POOLS"] says in the meantime; the configured ones, started anew, unless given.

    They start with their first task, whatever AUTOSTART says. Nothing is recorded, and no request from the dashboard
    or a command reaches them; signals are sent as ever. What ran before is left alone, and there again afterwards.
    Raises InvalidSetting for keys that mean nothing.
    """

    def __init__(self, pools: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        super().__init__()
        changed = {} if pools is None else {"POOLAPP": {**getattr(settings, "POOLAPP", {}), "POOLS": pools}}
        self._settings = override_settings(**changed)

    def pools(self) -> PoolSet:
        return PoolsOfTest()

    def enable(self) -> None:
        self._settings.enable()
        for message, hint in unknown_keys() if self._settings.options else ():
            if message.startswith('POOLAPP["POOLS"]'):
                self._settings.disable()
                raise InvalidSetting(f"{message}. {hint}")
        super().enable()

    def disable(self) -> None:
        super().disable()
        self._settings.disable()


class immediate_pools(PoolsDecorator):  # noqa: N801
    """Run every task at once, in the thread and the transaction of whoever asks, in all configured pools.

    When `execute` returns, the future is done. In pools of processes, arguments and results are pickled all the same:
    the test sees copies, and TaskNotPicklable and ResultNotPicklable where the site would; such a task cannot use
    pools. Time limits do not bite. A task that a coroutine asks for runs in the thread where `sync_to_async` runs what
    it is given. Nothing is recorded; signals are sent as ever.
    """

    def pools(self) -> PoolSet:
        return ImmediatePools()

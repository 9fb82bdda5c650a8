"""A site in a process of its own: a real server with the app's pool, whose dashboard browsers may have open."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable

import django

from tests.benchmarks.workloads.lifecycle_probes import ROOT, answer

# Not while anything is measured: the browsers do not answer pings.
PING_SECONDS = 3600


class Dashboards:
    """Browsers that have the dashboard open."""

    def open(self, port: int, count: int) -> None:
        command = [sys.executable, "-m", f"{__package__}.observers_browsers", port, session(), count]
        self._process = subprocess.Popen(
            [*map(str, command)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        assert self._process.stdout.readline() == "open\n"

    def received(self) -> int:
        """Bytes that have come to all of them."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def session() -> str:
    """The key of a session of somebody who may see everything."""
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.create_superuser("ann"))
    return client.cookies["sessionid"].value


def main(observers: str) -> None:
    """Serve in the main thread, and answer in another one."""
    django.setup()
    if observers == "without":
        use_bare_pool()
    from daphne.server import Server
    from django.core.management import call_command

    from project.asgi import application

    call_command("migrate", verbosity=0)
    server = Server(
        application,
        ["tcp:port=0:interface=127.0.0.1"],
        signal_handlers=False,
        ping_interval=PING_SECONDS,
        ready_callable=lambda: threading.Thread(target=answer, args=(questions(server),), daemon=True).start(),
        verbosity=0,
    )
    server.run()


def use_bare_pool() -> None:
    """Let the app find a pool that nobody listens to, with options like those of its own."""
    from poolapp import pools
    from poolapp.conf import get_settings
    from poolapp.engine import Pool
    from tests.benchmarks.workloads.lifecycle_pools import as_in_the_app, with_django

    pool = Pool(as_in_the_app(get_settings().pools["default"], with_django()))
    pool.start()
    pools._set.pools[pool.options.name] = pool


def questions(server: object) -> dict[str, Callable[..., object]]:
    """What the site can be asked; its pool is started with that."""
    from tests.benchmarks.workloads import observers_loads as loads
    from tests.benchmarks.workloads import observers_records as records
    from tests.benchmarks.workloads import records_lists as lists
    from tests.benchmarks.workloads.records_minute import minute

    dashboards, traffic = Dashboards(), loads.Traffic()
    return {
        "visit": lambda: {"port": port_of(server), "session": session()},
        "begin": traffic.begin,
        "end": traffic.end,
        "open": lambda count: dashboards.open(port_of(server), count),
        "received": dashboards.received,
        "burst": loads.burst,
        "steady": loads.steady,
        "settle": records.wait_until_written,
        "capacity": records.capacity,
        "overload": records.overload,
        "minute": minute,
        "fill": lists.fill,
        "page": lists.page,
    }


def port_of(server: object) -> int:
    """The port that the server listens on, once it does."""
    addresses: list[tuple[str, int]] = server.listening_addresses  # type: ignore[attr-defined]
    while not addresses:
        time.sleep(0.01)
    return addresses[0][1]

"""What a process worker shares with the server: nothing but its own socket and pipes, whatever the server does."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from poolapp.engine import Pool
from tests.engine import functions
from tests.engine.gates import Gate
from tests.engine.polling import eventually

MakePool = Callable[..., Pool]
FROM_SCRATCH = {"initializer": "tests.engine.functions:start_a_thread"}


@pytest.fixture
def socket_timeout() -> Iterator[None]:
    """Sockets of this process have a time-out, as some servers set it."""
    socket.setdefaulttimeout(0.2)
    yield
    socket.setdefaulttimeout(None)


@pytest.fixture
def careless_server() -> Iterator[None]:
    """A server that lets its children inherit its socket, and handles signals in its own way."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    for number in before:
        signal.signal(number, lambda *_: None)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.set_inheritable(True)
        yield
    for number, handler in before.items():
        signal.signal(number, handler)


def kinds(descriptors: dict[int, str]) -> list[str]:
    """What lies behind the descriptors other than the standard streams."""
    return sorted(target.partition(":")[0] for fd, target in descriptors.items() if fd > 2)


@pytest.mark.usefixtures("careless_server")
@pytest.mark.parametrize("options", [{}, FROM_SCRATCH], ids=["forked", "from scratch"])
def test_a_worker_has_its_own_socket_pipes_and_files_and_nothing_else(make_pool: MakePool, options: dict):
    pool = make_pool(min_size=2, **options)
    eventually(lambda: pool.snapshot()["ready"])

    descriptors = pool.execute(functions.descriptors).result(10)

    files = ["/memfd"] * 5  # a shelf for each direction, twice since mmap has its own, and what a crash leaves
    home = str(Path.cwd())  # to which it goes back
    pipes = ["pipe"] * 2  # tickets, interrupts
    assert kinds(descriptors) == sorted([*files, home, *pipes, "socket"])


@pytest.mark.parametrize("options", [{}, FROM_SCRATCH], ids=["forked", "from scratch"])
def test_a_worker_keeps_low_descriptors_free(make_pool: MakePool, options: dict):
    pool = make_pool(**options)

    descriptors = pool.execute(functions.descriptors).result(10)

    assert min(fd for fd in descriptors if fd > 2) >= 10


@pytest.mark.parametrize("options", [{}, FROM_SCRATCH], ids=["forked", "from scratch"])
def test_what_a_task_starts_inherits_nothing_of_the_pool(make_pool: MakePool, options: dict):
    pool = make_pool(**options)

    descriptors = pool.execute(functions.descriptors_of_a_child).result(10)

    assert kinds(descriptors) == []


@pytest.mark.usefixtures("careless_server")
def test_a_worker_has_the_signal_handlers_of_a_fresh_process(make_pool: MakePool):
    pool = make_pool()

    handlers = pool.execute(functions.signal_handlers).result(10)

    for name in ("SIGTERM", "SIGHUP", "SIGCHLD"):
        assert handlers[name] == "<Handlers.SIG_DFL: 0>"
    assert "InterruptDesk" in handlers["SIGINT"]  # which does nothing, unless the pool has asked for something


def test_a_worker_leads_a_session_of_its_own(make_pool: MakePool):
    pool = make_pool(min_size=2)

    pid, session = pool.execute(functions.session).result(10)

    assert session == pid


def test_a_worker_has_no_main_script_of_the_server(make_pool: MakePool):
    pool = make_pool()

    assert "pytest" not in pool.execute(functions.main_module).result(10)


def test_a_worker_has_no_thread_but_its_own(make_pool: MakePool):
    pool = make_pool()

    assert pool.execute(functions.thread_names).result(10) == ["MainThread"]


@pytest.mark.usefixtures("socket_timeout")
def test_a_server_whose_sockets_have_a_time_out_has_quiet_workers(make_pool: MakePool):
    pool = make_pool(min_size=2)
    eventually(lambda: pool.snapshot()["ready"])
    idle = time_spent_idle(pool)

    assert idle < 0.1


def test_a_worker_whose_sockets_get_a_time_out_lives_on(make_pool: MakePool):
    pool = make_pool(initializer="tests.engine.functions:set_socket_timeout", initializer_args=(0.05,), min_size=2)
    eventually(lambda: pool.snapshot()["ready"])

    pool.execute(functions.nap, 0.3).result(10)

    assert pool.snapshot()["restarts"] == 0
    assert pool.execute(functions.add, 1, 1).result(10) == 2


def time_spent_idle(pool: Pool) -> float:
    """CPU seconds that the workers of a pool of two use up while one of them naps."""
    pids = [worker["pid"] for worker in pool.snapshot()["workers"]]
    before = sum(map(cpu_seconds, pids))
    pool.execute(functions.nap, 0.4).result(10)
    return sum(map(cpu_seconds, pids)) - before


def cpu_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def test_an_interrupt_from_the_keyboard_does_not_reach_workers(make_pool: MakePool, gate: Gate):
    pool = make_pool()
    future = gate.hold(pool)
    gate.wait_for_task()

    os.kill(pool.snapshot()["workers"][0]["pid"], signal.SIGINT)
    gate.open()

    assert future.result(10) == "passed"

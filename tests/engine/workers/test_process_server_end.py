"""However the server ends, its workers end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.functions import ROOT
from tests.engine.polling import children, eventually, is_alive

SERVER = """
import os, sys, threading
from poolapp.engine import Pool, PoolOptions
from tests.engine import functions

pool = Pool(PoolOptions(min_size=2, **{options}))
pool.start()
pool.execute(functions.pass_gate, *sys.argv[1:3])
pool.execute(functions.add, 1, 1).result()
print("ready", *(worker["pid"] for worker in pool.snapshot()["workers"] if worker["pid"]), flush=True)
{end}
"""
WAIT = "sys.stdin.read()"


class Server:
    """A process with a pool of two: one worker is busy, one idle."""

    def __init__(self, directory: Path, end: str, options: dict[str, object]) -> None:
        gate = [str(directory / "arrivals"), str(directory / "permits")]
        for path in gate:
            os.mkfifo(path)
        self._ends = [os.open(path, os.O_RDWR) for path in gate]
        script = SERVER.format(options=options, end=end)
        self._errors = directory / "errors"
        with self._errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-c", script, *gate],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        words = self.read_line().split()
        assert words[:1] == ["ready"], self.errors
        os.read(self._ends[0], 1)  # the task is at the gate
        self.workers = [int(pid) for pid in words[1:]]
        self.nurseries = children(self.process.pid)

    @property
    def errors(self) -> str:
        return self._errors.read_text()

    def read_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def read_to_the_end(self) -> list[str]:
        """The other lines of its output, once it has ended by itself."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        lines = self.process.stdout.read().splitlines()
        self.process.wait(10)
        return lines

    def all_have_ended(self) -> bool:
        return not any(map(is_alive, [*self.workers, *self.nurseries]))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()
        for fd in self._ends:
            os.close(fd)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator:
    servers: list[Server] = []

    def start(end: str = WAIT, **options: object) -> Server:
        servers.append(Server(tmp_path, end, options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGABRT"])
def test_a_killed_server_leaves_no_process_behind(serve, name: str):
    server = serve()
    assert server.workers
    assert server.nurseries

    server.process.send_signal(signal.Signals[name])

    eventually(server.all_have_ended, within=2)


def test_a_killed_server_leaves_nothing_behind_that_a_task_had_started(serve, tmp_path: Path):
    told = tmp_path / "child"
    server = serve(f"pool.execute(functions.have_a_child, {str(told)!r})\nsys.stdin.read()")
    child = int(eventually(lambda: told.exists() and told.read_text().strip()))
    assert is_alive(child)

    server.process.send_signal(signal.SIGKILL)

    eventually(lambda: server.all_have_ended() and not is_alive(child), within=2)


def test_a_killed_server_leaves_no_worker_from_scratch_behind(serve):
    server = serve(initializer="tests.engine.functions:start_a_thread")
    assert server.workers

    server.process.send_signal(signal.SIGKILL)

    eventually(server.all_have_ended, within=2)


def test_a_server_that_forgets_its_pool_exits_at_once_and_quietly(serve):
    """A task is still running; nobody waits for it, and nobody complains."""
    started_at = time.monotonic()
    server = serve(end="")

    assert server.read_to_the_end() == []
    assert server.errors == ""
    assert server.process.returncode == 0
    assert time.monotonic() - started_at < 5
    eventually(server.all_have_ended, within=2)


ABANDONED = (  # what the server holds from its beginning
    "Pool pool ends with 1 running tasks (tests.engine.functions.pass_gate (1)) and 0 that wait;"
    " they fail with PoolDestroyed\n"
)


def test_a_fork_of_the_server_is_told_that_the_pool_is_not_its_own(serve):
    end = """
pid = os.fork()
if not pid:
    try:
        pool.execute(functions.add, 1, 1)
    except Exception as exc:
        print(type(exc).__name__, exc, flush=True)
    pool.destroy()
    os._exit(0)
os.waitpid(pid, 0)
print(pool.execute(functions.add, 1, 1).result(5), flush=True)
pool.destroy(timeout=0)
"""
    server = serve(end=end)

    refusal, result = server.read_to_the_end()

    assert refusal.startswith(f"PoolNotStarted pool 'pool' belongs to process {server.process.pid}")
    assert result == "2"
    assert server.errors == ABANDONED


def test_a_fork_while_another_thread_has_the_pool_s_locks_can_have_a_pool_of_its_own(serve):
    end = """
import threading
held, go_on = threading.Event(), threading.Event()

def hold(event):
    with pool._core.lock:
        held.set()
        go_on.wait(10)

pool.on("task_finished", hold)  # who tells it has the locks of all news as well
pool.execute(functions.add, 1, 1)
assert held.wait(10)
pid = os.fork()
if not pid:
    pool.off("task_finished", hold)
    try:
        pool.execute(functions.add, 1, 1)
    except Exception as exc:
        print(type(exc).__name__, flush=True)
    pool.start()
    future = pool.execute(functions.add, 1, 2)
    called = threading.Event()
    future.add_done_callback(lambda _: called.set())
    print(future.result(10), called.wait(10), flush=True)
    pool.destroy()
    os._exit(0)
os.waitpid(pid, 0)
go_on.set()
pool.destroy(timeout=0)
"""
    server = serve(end=end)

    assert server.read_to_the_end() == ["PoolNotStarted", "3 True"]
    assert server.errors == ABANDONED


def test_a_server_without_standard_streams_has_a_pool(tmp_path: Path):
    """As some daemons do; descriptors 0 to 2 are then given to whatever is opened first."""
    answer = tmp_path / "answer"
    script = (
        "import sys; from poolapp.engine import Pool, PoolOptions; from tests.engine import functions\n"
        "with Pool(PoolOptions(min_size=2)) as pool:\n"
        "    pool.execute(functions.say, 'something').result(10)\n"
        "    descriptors = pool.execute(functions.descriptors).result(10)\n"
        "    open(sys.argv[1], 'w').write(' '.join(str(descriptors.get(fd)) for fd in range(3)))\n"
    )
    command = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-c", script, str(answer)]

    subprocess.run(command, cwd=ROOT, timeout=20, check=False)

    assert answer.read_text() == "/dev/null /dev/null /dev/null"

"""A Redis of the test's own, which it may kill."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.app.polling import eventually
from tests.servers.running import free_port, listens


class Redis:
    """A server on a port of its own; it keeps nothing."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        options = {"--port": self._port, "--bind": "127.0.0.1", "--save": "", "--appendonly": "no"}
        command = ["redis-server", *(str(part) for pair in options.items() for part in pair)]
        self._process = subprocess.Popen(command, cwd=self._directory, stdout=subprocess.DEVNULL)
        eventually(lambda: listens(self._port))

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def running_redis(directory: Path) -> Iterator[Redis]:
    redis = Redis(directory)
    redis.start()
    try:
        yield redis
    finally:
        redis.kill()


def is_installed() -> bool:
    return shutil.which("redis-server") is not None

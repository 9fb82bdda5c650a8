"""What a pool and its workers say to each other is between them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from poolapp.engine import Pool
from tests.engine import functions
from tests.engine.polling import eventually

SECRET = "correct-horse-battery-staple"


def named_sockets() -> set[str]:
    """The Unix sockets of this machine that have a name, in the file system or not."""
    lines = Path("/proc/net/unix").read_text().splitlines()[1:]
    return {fields[7] for line in lines if len(fields := line.split()) > 7}


def test_a_pool_has_no_socket_that_others_could_find(make_pool: Callable[..., Pool]):
    before = named_sockets()

    pool = make_pool(min_size=2)
    eventually(lambda: pool.snapshot()["ready"])

    assert not [name for name in named_sockets() - before if "poolapp" in name]
    assert named_sockets() <= before | {name for name in named_sockets() if "chromium" in name or "dbus" in name}


def test_nothing_secret_is_on_a_command_line(make_pool: Callable[..., Pool]):
    for start_method in ("fork", "exec"):
        pool = make_pool(
            initializer="tests.engine.functions:prepare",
            initializer_args=(SECRET,),
            env={"POOLAPP_TEST_SECRET": SECRET},
            worker_options={"start_method": start_method},
        )
        pid = pool.execute(functions.pid).result(20)
        nursery = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])

        for process in (pid, nursery):
            assert SECRET not in Path(f"/proc/{process}/cmdline").read_text()

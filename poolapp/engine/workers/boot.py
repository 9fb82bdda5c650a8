"""The script with which the processes of a pool begin.

It is called as "boot.py nursery SETUP SOCKET CRASH" or "boot.py worker SETUP SOCKET TICKETS INTERRUPTS SHELF SHELF
CRASH"; all but the role are descriptors. SETUP is a file with a pickled set-up, which names the search path of the
process that asks, so that the same poolapp is imported here.
"""

from __future__ import annotations

import os
import pickle
import sys


def main() -> None:
    role, setup_fd, *descriptors = sys.argv[1], *map(int, sys.argv[2:])
    # Read without moving the position: workers of one nursery share the file.
    setup = pickle.loads(os.pread(setup_fd, os.fstat(setup_fd).st_size, 0))
    sys.path[:] = setup["sys_path"]
    sys.argv[:] = ["poolapp"]

    if role == "nursery":
        from poolapp.engine.workers.nursery_process import run_nursery

        run_nursery(setup, setup_fd, *descriptors)
    else:
        from poolapp.engine.workers.becoming import run_worker

        os.close(setup_fd)
        run_worker(setup, *descriptors)


if __name__ == "__main__":
    main()

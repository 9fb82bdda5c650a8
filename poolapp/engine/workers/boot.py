"""The script with which the processes of a pool begin: "boot.py nursery FD" or "boot.py worker FD SOCKET TICKETS".

FD delivers a pickled Setup with the search path of the process that asks, so that the same poolapp is imported here.
"""

from __future__ import annotations

import pickle
import sys


def main() -> None:
    role, *descriptors = sys.argv[1], *map(int, sys.argv[2:])
    with open(descriptors[0], "rb", buffering=0, closefd=False) as source:
        size = int.from_bytes(source.read(4), "little")
        encoded = b""
        while len(encoded) < size:
            encoded += source.read(size - len(encoded))
    setup = pickle.loads(encoded)
    sys.path[:] = setup["sys_path"]
    sys.argv[:] = ["poolapp"]

    from poolapp.engine.workers import nursery_process

    if role == "nursery":
        nursery_process.run_nursery(descriptors[0], setup)
    else:
        nursery_process.run_worker(setup, *descriptors[1:])


if __name__ == "__main__":
    main()

"""python -m tests.chaos: see `--help`."""

from __future__ import annotations

import argparse
import faulthandler
import json
import logging
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.run import Run

DESCRIPTION = """Random load from threads and asyncio on a pool whose workers are killed (SIGKILL, SIGSEGV, SIGTERM,
SIGABRT) and frozen (SIGSTOP), and which is resized, restarted, paused, reconfigured and ended all the time. In the end
the books must balance: every future settled once, sums equal, no task run twice, no process, thread, descriptor or
memory left over. With --site the pool is that of a Django site whose database is locked now and then, and whose
dashboard's sockets are opened and dropped."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=DESCRIPTION)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long it goes on (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="the seed of everything random (default: a new one)")
    parser.add_argument("--worker", choices=("process", "thread"), default="process", help="default: %(default)s")
    parser.add_argument("--threads", type=int, default=3, help="threads that submit (default: %(default)s)")
    parser.add_argument(
        "--pause", type=float, default=0.1, help="mean seconds between mischiefs (default: %(default)s)"
    )
    parser.add_argument("--site", action="store_true", help="in a Django site, with its database and its sockets")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    faulthandler.enable()
    logging.disable(logging.ERROR)  # every kill is said, and there are thousands
    print(f"seed {seed}: {options.seconds:g} s with {options.worker} workers, process {os.getpid()}", flush=True)
    with tempfile.TemporaryDirectory(prefix="poolapp-chaos-") as directory:
        run = Run(Path(directory), options.worker, seed, options.threads, options.pause, site=options.site)
        began = time.monotonic()
        report = run.go(options.seconds, lambda line: print(f"{time.monotonic() - began:7.1f} s  {line}", flush=True))
    print(json.dumps(report, indent=2))
    for complaint in report["complaints"]:
        print(f"seed {seed}: {complaint}", file=sys.stderr)
    return 1 if report["complaints"] else 0


if __name__ == "__main__":
    sys.exit(main())

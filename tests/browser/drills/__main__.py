"""Serves a shop in trouble, to look for it in the dashboard: python -m tests.browser.drills failures (or another)"""

from __future__ import annotations

import argparse
import signal
import tempfile
from pathlib import Path

from tests.browser.demo import PASSWORD, USERNAME, running_demo
from tests.browser.drills import SETTINGS

# The names of TROUBLES, whose tasks can be imported in the server only, where Django is set up.
KINDS = ("everything", "failures", "hang", "queue")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.drills", description=__doc__)
    parser.add_argument("trouble", choices=KINDS)
    chosen = parser.parse_args().trouble
    with (
        tempfile.TemporaryDirectory() as directory,
        running_demo(Path(directory), SETTINGS, POOLAPP_DRILL=chosen) as demo,
    ):
        print(f"{demo.dashboard}  user {USERNAME}, password {PASSWORD!r}; Ctrl-C ends it", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()

"""The commands of the tests, as somebody finds out what they are for: in a shell, without settings."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.browser.demo import ROOT
from tests.browser.drills.__main__ import KINDS
from tests.browser.drills.troubles import TROUBLES


@pytest.mark.parametrize(
    "module",
    [
        "tests.benchmarks",
        "tests.browser.docs_pictures",
        "tests.browser.drills",
        "tests.browser.figures",
        "tests.chaos",
    ],
)
def test_a_command_says_what_it_is_for_without_settings(module):
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}

    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], cwd=ROOT, env=environment, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: python -m {module} ")


def test_every_trouble_of_the_drills_can_be_asked_for():
    assert set(KINDS) == set(TROUBLES)

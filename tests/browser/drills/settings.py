"""The demo's settings with a shop in trouble."""

from project.settings import *  # noqa: F403
from project.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.browser.drills.apps.DrillsConfig"]
POOLAPP = {
    "POOLS": {"default": {"WORKER": "process", "MIN_SIZE": 4}},
    "SNAPSHOT_INTERVAL": 2,
}

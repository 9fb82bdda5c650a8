"""The settings of the tests, for a site whose tasks are traced."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.app.traced.TracedConfig"]

"""The tests' settings with a second database, for the records."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, POOLAPP

DATABASES["records"] = DATABASES["default"] | {"NAME": os.environ["POOLAPP_RECORDS"], "TEST": {}}
POOLAPP["DATABASE"] = "records"

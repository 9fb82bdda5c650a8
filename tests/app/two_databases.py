"""The tests' settings with a second database, for the records."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, POOLAPP

DATABASES["records"] = DATABASES["default"] | {"NAME": os.environ["POOLAPP_RECORDS"], "TEST": {}}

# Either the setting says where the records go, or a router of the site does.
if os.environ.get("POOLAPP_TEST_ROUTER") == "site":
    DATABASE_ROUTERS = ["tests.app.two_databases_router.SiteRouter"]
else:
    POOLAPP["DATABASE"] = "records"
    DATABASE_ROUTERS = ["poolapp.routers.RecordsRouter"]

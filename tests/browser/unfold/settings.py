"""The demo's settings with the admin of django-unfold."""

from project.settings import *  # noqa: F403
from project.settings import INSTALLED_APPS, MIDDLEWARE

INSTALLED_APPS = ["unfold", *INSTALLED_APPS]
# Unfold has scripts and styles in its pages, and Alpine compiles what its attributes say: its pages need a policy of
# their own, which poolapp's pages in them do not ask for.
MIDDLEWARE = [
    "tests.browser.unfold.csp.content_security_policy" if name == "project.csp.content_security_policy" else name
    for name in MIDDLEWARE
]

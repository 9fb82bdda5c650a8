"""What stands around the list of recorded tasks: how it is kept live, and what to do where there is nothing in it."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils import timezone

from poolapp.conf import get_settings
from poolapp.dashboard import messages, navigation
from poolapp.dashboard.presenters import now, task_address

# Says that a list is fetched by its own script.
REFRESH = "X-Poolapp-Refresh"


def around(request: HttpRequest, site: AdminSite) -> dict[str, Any]:
    """The template context that the list has beside the admin's own."""
    context = {
        "nav": navigation.links(request.user, site.name, request.path),
        "recorded": get_settings().record.tasks,
        "shown_at": now(),
        "state": {
            "texts": {"badges": {key: str(text) for key, text in messages.LIST.items()}},
            "timezone": timezone.get_current_timezone_name(),
            # The search is on this very page.
            "links": {"task": task_address(request.user, site.name), "tasks": ""},
        },
    }
    if REFRESH in request.headers:
        # What is to be said once is left for a page that somebody reads.
        context["messages"] = ()
    return context

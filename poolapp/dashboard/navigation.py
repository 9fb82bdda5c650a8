"""From page to page: the dashboard, and the lists of what is recorded, for those who may see them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _


def links(user: Any, site: str, here: str) -> list[dict[str, Any]]:
    """The pages that a user may see; `here` is the path of the one that is shown."""
    pages = [
        (_("Overview"), "poolapp_dashboard", "view_dashboard"),
        (_("Tasks"), "poolapp_taskrecord_changelist", "view_taskrecord"),
        (_("Events"), "poolapp_poolevent_changelist", "view_poolevent"),
        (_("Processes"), "poolapp_poolinstance_changelist", "view_poolinstance"),
        (_("Requests"), "poolapp_poolcommand_changelist", "view_poolcommand"),
    ]
    return [
        {"label": label, "url": url, "current": url == here}
        for label, name, permission in pages
        if user.has_perm(f"poolapp.{permission}")
        for url in [reverse(f"admin:{name}", current_app=site)]
    ]

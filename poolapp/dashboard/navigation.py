"""From page to page: the dashboard, and the lists of what is recorded, for those who may see them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _


def links(user: Any, site: str, here: str) -> list[dict[str, Any]]:
    """The pages that a user may see, each with the letter that leads there; `here` is the path of the one shown."""
    pages = [
        ("o", _("Overview"), "poolapp_dashboard", "view_dashboard"),
        ("t", _("Tasks"), "poolapp_taskrecord_changelist", "view_taskrecord"),
        ("e", _("Events"), "poolapp_poolevent_changelist", "view_poolevent"),
        ("p", _("Processes"), "poolapp_dashboard_instances", "view_dashboard"),
        ("r", _("Requests"), "poolapp_poolcommand_changelist", "view_poolcommand"),
    ]
    return [
        {"letter": letter, "label": label, "url": url, "current": url == here}
        for letter, label, name, permission in pages
        if user.has_perm(f"poolapp.{permission}")
        for url in [reverse(f"admin:{name}", current_app=site)]
    ]

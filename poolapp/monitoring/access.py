"""Who may read figures: staff who may see the dashboard, and whoever has the token."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from poolapp.conf import get_settings


def may_read(request: HttpRequest) -> bool:
    """Whether a request may have more than a verdict.

    Monitoring systems send POOLAPP["MONITORING_TOKEN"] as `Authorization: Bearer …`; without that setting none may.
    """
    token = get_settings().monitoring_token
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and constant_time_compare(given.strip(), token):
        return True
    user = getattr(request, "user", None)  # there may be no sessions
    return user is not None and user.is_active and user.is_staff and user.has_perm("poolapp.view_dashboard")

"""The dashboard's addresses inside the admin, below …/poolapp/dashboard/."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.admin import ModelAdmin
from django.urls import URLPattern, path

from poolapp.dashboard import views


def dashboard_urls(model_admin: ModelAdmin[Any]) -> list[URLPattern]:
    """The patterns, each behind the admin site's own log-in."""

    def guarded(view: Callable[..., Any]) -> Callable[..., Any]:
        return model_admin.admin_site.admin_view(partial(view, site=model_admin.admin_site))

    return [
        # One page, two names: the admin's app list asks for the second.
        path("", guarded(views.dashboard), name="poolapp_dashboard"),
        path("", guarded(views.dashboard), name="poolapp_dashboard_changelist"),
        path("pools/<int:pk>/", guarded(views.pool), name="poolapp_dashboard_pool"),
        path("pools/<int:pk>/figures/", guarded(views.figures), name="poolapp_dashboard_figures"),
        path("pools/<int:pk>/history/", guarded(views.history), name="poolapp_dashboard_history"),
        path("attention/", guarded(views.attention), name="poolapp_dashboard_attention"),
        path("event/", guarded(views.event), name="poolapp_dashboard_event"),
        path("instances/", guarded(views.instances), name="poolapp_dashboard_instances"),
        path("instances/data/", guarded(views.instances_data), name="poolapp_dashboard_instances_data"),
        path("instances/restart/", guarded(views.process_restart), name="poolapp_dashboard_process_restart"),
        path("data/", guarded(views.data), name="poolapp_dashboard_data"),
        path("control/", guarded(views.control), name="poolapp_dashboard_control"),
        path("control/<int:pk>/", guarded(views.control_status), name="poolapp_dashboard_control_status"),
    ]

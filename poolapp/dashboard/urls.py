"""The dashboard's addresses inside the admin, below …/poolapp/dashboard/."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from poolapp.dashboard import views
from poolapp.dashboard.odd_input import refuse_nul


def dashboard_urls(model_admin: ModelAdmin[Any]) -> list[URLPattern]:
    """The patterns, each behind the admin site's own log-in."""
    site = model_admin.admin_site

    def guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            refuse_nul(request)
            return view(request, site=site, **kwargs)

        return site.admin_view(answer)

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

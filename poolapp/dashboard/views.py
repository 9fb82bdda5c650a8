"""The dashboard's views: the page, the same as data for polling, and the restart of workers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from poolapp.conf import get_settings
from poolapp.control import requests
from poolapp.dashboard import presenters
from poolapp.engine.errors import PoolError
from poolapp.models import Dashboard, PoolCommand

View = Callable[..., HttpResponse]


def needs(permission: str) -> Callable[[View], View]:
    """Answer 403 to users without the permission."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


@require_safe
@needs("poolapp.view_dashboard")
def dashboard(request: HttpRequest, site: AdminSite) -> HttpResponse:
    context = {
        **site.each_context(request),
        **presenters.page(request.user, site.name),
        "title": _("Pool dashboard"),
        "opts": Dashboard._meta,
    }
    request.current_app = site.name
    return TemplateResponse(request, "poolapp/dashboard.html", context)


@require_safe
@needs("poolapp.view_dashboard")
def data(request: HttpRequest, site: AdminSite) -> HttpResponse:
    return JsonResponse(presenters.frame())


@require_POST
@needs("poolapp.control_pool")
def restart(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Ask a pool's process to replace its workers: all of them, or those with the given ids."""
    try:
        command = requests.request("restart", **_addressee(request.POST), user=request.user)
    except (PoolError, ValueError) as error:
        return _refused(request, site, str(error))
    _log(request, site, command)
    if _wants_json(request):
        return JsonResponse(presenters.command_view(command, site.name), status=202)
    alias = command.instance.alias
    messages.success(request, _("The pool %(pool)s was asked to restart its workers.") % {"pool": alias})
    return HttpResponseRedirect(reverse("admin:poolapp_dashboard", current_app=site.name))


@require_safe
@needs("poolapp.control_pool")
def restart_status(request: HttpRequest, pk: int, site: AdminSite) -> HttpResponse:
    command = get_object_or_404(PoolCommand.objects.using(get_settings().database), pk=pk)
    return JsonResponse(presenters.command_view(command, site.name))


def _addressee(post: QueryDict) -> dict[str, Any]:
    """The pool that a restart names, and the workers: none for all."""
    pid, workers = post.get("pid", ""), post.getlist("worker")
    if not all(number.isascii() and number.isdecimal() for number in [pid, *workers]):
        raise ValueError(_("A process and its workers are named by numbers."))
    return {
        "alias": post.get("alias", ""),
        "host": post.get("host", ""),
        "pid": int(pid),
        "workers": [int(worker) for worker in workers],
    }


def _log(request: HttpRequest, site: AdminSite, command: PoolCommand) -> None:
    """Write into the admin's own log who asked for what."""
    said = _("Asked for a restart of the workers (request %(id)s).") % {"id": command.pk}
    model_admin: Any = site.get_model_admin(Dashboard)
    model_admin.log_change(request, command.instance, said)


def _refused(request: HttpRequest, site: AdminSite, reason: str) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"error": reason}, status=409)
    messages.error(request, reason)
    return HttpResponseRedirect(reverse("admin:poolapp_dashboard", current_app=site.name))


def _wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"

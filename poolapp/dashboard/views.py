"""The dashboard's views: the page, the same as data for polling, and requests to pools."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import get_list_or_404, get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from poolapp.conf import get_settings
from poolapp.control import requests
from poolapp.control.verbs import deed_of
from poolapp.dashboard import feed, navigation, pool_page, presenters
from poolapp.dashboard import instances as instances_page
from poolapp.dashboard.attention import findings as attention_findings
from poolapp.dashboard.history import RANGES
from poolapp.dashboard.odd_input import is_number
from poolapp.engine.errors import PoolError
from poolapp.models import Dashboard, PoolCommand, PoolInstance

View = Callable[..., HttpResponse]

NUMBERS = ("min_size", "max_size")
LISTS = ("task_ids",)
"""Arguments of requests that are numbers or several texts; all others are a text."""


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
    """All pools, what happens to them, and the latest tasks."""
    return _page(request, site, "dashboard", _("Pool dashboard"), presenters.page(request.user, site.name))


@require_safe
@needs("poolapp.view_dashboard")
def pool(request: HttpRequest, pk: int, site: AdminSite) -> HttpResponse:
    """One pool of one server process."""
    instance = _instance(pk)
    return _page(request, site, "pool", str(instance), pool_page.page(instance, request.user, site.name))


@require_safe
@needs("poolapp.view_dashboard")
def figures(request: HttpRequest, pk: int, site: AdminSite) -> HttpResponse:
    """What the page of a pool shows and no frame tells."""
    return JsonResponse(pool_page.figures(_instance(pk)))


@require_safe
@needs("poolapp.view_dashboard")
def data(request: HttpRequest, site: AdminSite) -> HttpResponse:
    return JsonResponse(presenters.frame())


@require_safe
@needs("poolapp.view_dashboard")
def history(request: HttpRequest, pk: int, site: AdminSite) -> HttpResponse:
    """What the charts of a pool show of the past."""
    wanted = request.GET.get("seconds", "")
    if wanted not in map(str, RANGES):
        return JsonResponse({"error": f"seconds is one of {RANGES}, not {wanted!r}"}, status=400)
    return JsonResponse({"samples": pool_page.history(_instance(pk), int(wanted))})


@require_safe
@needs("poolapp.view_dashboard")
def attention(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """What is wrong, if anything."""
    return JsonResponse({"findings": [found._asdict() for found in attention_findings(site.name)]})


@require_safe
@needs("poolapp.view_poolevent")
def event(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Lead to the record of an event, which the feed knows by what happened, where and when."""
    record = feed.recorded(request.GET.dict())
    if record is None:
        raise Http404(_("This event is not on record: it was not written yet, or was cleared out."))
    return HttpResponseRedirect(reverse("admin:poolapp_poolevent_change", args=[record.pk], current_app=site.name))


@require_safe
@needs("poolapp.view_dashboard")
def instances(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The server processes, each with its pools."""
    return _page(request, site, "instances", _("Server processes"), instances_page.page(request.user, site.name))


@require_safe
@needs("poolapp.view_dashboard")
def instances_data(request: HttpRequest, site: AdminSite) -> HttpResponse:
    return JsonResponse(instances_page.processes(site.name))


@require_http_methods(["GET", "POST"])
@needs("poolapp.control_pool")
def process_restart(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Ask all pools of a server process to replace their workers (POST), and how far they are (GET)."""
    try:
        if request.method == "GET":
            commands = get_list_or_404(_restarts(), pk__in=_numbers(*request.GET.getlist("id")))
            return JsonResponse(instances_page.restart_view(commands, site.name))
        commands = _ask_all(request)
    except (PoolError, ValueError) as error:
        return _refused(request, site, str(error))
    for command in commands:
        log_request(request, site, command)
    if _wants_json(request):
        return JsonResponse(instances_page.restart_view(commands, site.name), status=202)
    said = _("All pools of process %(pid)s were asked to restart their workers.")
    messages.success(request, said % request.POST.dict())
    return HttpResponseRedirect(reverse("admin:poolapp_dashboard_instances", current_app=site.name))


@require_POST
def control(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Ask a pool's process to do something, such as to replace its workers: all, or those with the given ids."""
    verb = request.POST.get("verb", "restart")
    try:
        deed = deed_of(verb)
        if not request.user.has_perm(deed.permission):
            raise PermissionDenied
        arguments, name = _arguments(request.POST, deed.takes), request.user.get_username()
        command = requests.request(verb, **_addressee(request.POST), arguments=arguments, requested_by=name)
    except (PoolError, ValueError) as error:
        return _refused(request, site, str(error))
    log_request(request, site, command)
    if _wants_json(request):
        return JsonResponse(presenters.command_view(command, site.name), status=202)
    said = _("The pool %(pool)s was asked to: %(verb)s.")
    messages.success(request, said % {"pool": command.instance.alias, "verb": command.get_verb_display()})
    return HttpResponseRedirect(_back(request, site))


@require_safe
def control_status(request: HttpRequest, pk: int, site: AdminSite) -> HttpResponse:
    """How far a request is, for those who might have made it."""
    verbs = [verb for verb in PoolCommand.Verb if request.user.has_perm(deed_of(verb).permission)]
    if not verbs:
        raise PermissionDenied
    command = get_object_or_404(PoolCommand.objects.using(get_settings().database), pk=pk, verb__in=verbs)
    return JsonResponse(presenters.command_view(command, site.name))


def _page(request: HttpRequest, site: AdminSite, name: str, title: str, context: dict[str, Any]) -> HttpResponse:
    request.current_app = site.name
    around = {
        **site.each_context(request),
        "title": title,
        "opts": Dashboard._meta,
        "nav": navigation.links(request.user, site.name, request.path),
    }
    return TemplateResponse(request, f"poolapp/{name}.html", {**around, **context})


def _instance(pk: int) -> PoolInstance:
    return get_object_or_404(PoolInstance.objects.using(get_settings().database), pk=pk)


def _restarts() -> QuerySet[PoolCommand]:
    return PoolCommand.objects.using(get_settings().database).filter(verb=PoolCommand.Verb.RESTART)


def _ask_all(request: HttpRequest) -> list[PoolCommand]:
    """A request to each pool of the process that a form names."""
    [pid] = _numbers(request.POST.get("pid", ""))
    found = requests.find_instances(host=request.POST.get("host", ""), pid=pid)
    asked: list[tuple[PoolInstance, dict[str, Any]]] = [(instance, {}) for instance in found]
    return requests.ask_all(PoolCommand.Verb.RESTART, asked, request.user.get_username())


def _addressee(post: QueryDict) -> dict[str, Any]:
    """The pool that a request names, and the workers: none for all."""
    pid, workers = _numbers(post.get("pid", "")), _numbers(*post.getlist("worker"))
    return {"alias": post.get("alias", ""), "host": post.get("host", ""), "pid": pid[0], "workers": workers}


def _arguments(post: QueryDict, takes: tuple[str, ...]) -> dict[str, Any]:
    """What else a form says that a verb takes; what is left empty is not said."""
    given: dict[str, Any] = {name: str(post[name]) for name in takes if post.get(name)}
    given |= {name: _numbers(given[name])[0] for name in NUMBERS if name in given}
    return given | {name: post.getlist(name) for name in LISTS if name in given}


def _numbers(*texts: str) -> list[int]:
    if not all(map(is_number, texts)):
        raise ValueError(_("Processes, workers and sizes are given as numbers."))
    return [int(text) for text in texts]


def log_request(request: HttpRequest, site: AdminSite, command: PoolCommand) -> None:
    """Write into the admin's own log who asked for what; of many tasks, how many they are."""
    arguments = dict(command.arguments)
    if len(task_ids := arguments.get("task_ids", ())) > 1:
        arguments["task_ids"] = len(task_ids)
    said = _("Asked to: %(verb)s %(arguments)s (request %(id)s).") % {
        "verb": command.get_verb_display(),
        "arguments": arguments or "",
        "id": command.pk,
    }
    model_admin: Any = site.get_model_admin(Dashboard)
    model_admin.log_change(request, command.instance, said)


def _refused(request: HttpRequest, site: AdminSite, reason: str) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"error": reason}, status=409)
    messages.error(request, reason)
    return HttpResponseRedirect(_back(request, site))


def _back(request: HttpRequest, site: AdminSite) -> str:
    """Where whoever asks without scripts goes on: at the task that it was about, or at the dashboard."""
    with suppress(ValueError):
        task = UUID(request.POST.get("task_id", ""))
        return reverse("admin:poolapp_taskrecord_change", args=[task], current_app=site.name)
    return reverse("admin:poolapp_dashboard", current_app=site.name)


def _wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"

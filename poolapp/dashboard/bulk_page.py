"""The page that asks before many tasks are cancelled or run again, and what leaves the requests afterwards."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from poolapp.control.verbs import deed_of
from poolapp.dashboard import bulk, navigation, views
from poolapp.dashboard.messages import count_text
from poolapp.engine.errors import PoolError
from poolapp.models import PoolCommand, TaskRecord

TITLES = {"cancel": gettext_lazy("Cancel tasks"), "repeat": gettext_lazy("Run tasks again")}
EXPLANATIONS = {
    "cancel": gettext_lazy("Those that wait never begin, those that run are asked to end."),
    "repeat": gettext_lazy(
        "Each runs once more, as a new task with the arguments of the old one, which stays as it is."
    ),
}
GROUPS = {
    "statuses": gettext_lazy("By status"),
    "pools": gettext_lazy("By pool"),
    "names": gettext_lazy("By name"),
    "refused": gettext_lazy("Not possible"),
}


def may(user: Any, verb: str) -> bool:
    """Whether a user may ask for this."""
    return bool(user.has_perm(deed_of(verb).permission))


def confirmation(request: HttpRequest, site: AdminSite, verb: str, tasks: QuerySet[TaskRecord]) -> HttpResponse:
    """What is about to be asked about these tasks, and whether it shall be."""
    plan = bulk.plan(verb, tasks)
    request.current_app = site.name
    counts = [(name, GROUPS[name], rows) for name, rows in plan.counted() if rows]
    context = {
        **site.each_context(request),
        "title": TITLES[verb],
        "opts": TaskRecord._meta,
        "nav": navigation.links(request.user, site.name, request.path),
        "explanation": EXPLANATIONS[verb],
        "plan": plan,
        "meant": len(plan.ids),
        "most": bulk.MOST_MEANT,
        "more_names": max(0, len(plan.names) - bulk.MOST_LISTED),
        "counts": counts,
        "button": _button(verb, plan.possible),
        "tasks": ",".join(plan.ids),
        "query": request.GET.urlencode(),
        "ask_url": reverse("admin:poolapp_taskrecord_ask", current_app=site.name),
        "list_url": _list(request.GET, site),
    }
    return TemplateResponse(request, "poolapp/bulk.html", context)


@require_POST
def ask(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Ask the pools what was confirmed, as far as it is still possible."""
    verb = request.POST.get("verb", "")
    if verb not in bulk.VERBS or not may(request.user, verb):
        raise PermissionDenied
    back = HttpResponseRedirect(_list(QueryDict(request.POST.get("query", "")), site))
    try:
        plan = bulk.plan_for(verb, request.POST.get("tasks", "").split(","))
        commands = plan.ask(request.user.get_username())
    except PoolError as error:
        messages.error(request, str(error))
        return back
    if plan.is_cut:
        most = count_text(bulk.MOST_MEANT)
        messages.warning(request, _("Only the first %(most)s of these tasks were looked at.") % {"most": most})
    for command in commands:
        views.log_request(request, site, command)
    if commands:
        messages.success(request, _asked(request.user, site, plan, commands))
    else:
        messages.warning(request, _("None of these tasks can be cancelled or run again by now."))
    return back


def _asked(user: Any, site: AdminSite, plan: bulk.Plan, commands: list[PoolCommand]) -> SafeString:
    """What was asked, and where the answers are to be found."""
    count = plan.possible
    said = {
        "cancel": ngettext("Asked to cancel %(count)s task.", "Asked to cancel %(count)s tasks.", count),
        "repeat": ngettext("Asked to run %(count)s task again.", "Asked to run %(count)s tasks again.", count),
    }[plan.verb] % {"count": count_text(count)}
    if not user.has_perm("poolapp.view_poolcommand"):
        return format_html("{}", said)
    if len(commands) == 1:
        url = reverse("admin:poolapp_poolcommand_change", args=[commands[0].pk], current_app=site.name)
    else:
        url = reverse("admin:poolapp_poolcommand_changelist", current_app=site.name) + f"?verb__exact={plan.verb}"
    return format_html('{} <a href="{}">{}</a>', said, url, _("See what became of it"))


def _button(verb: str, count: int) -> str:
    texts = {
        "cancel": ngettext("Cancel %(count)s task", "Cancel %(count)s tasks", count),
        "repeat": ngettext("Run %(count)s task again", "Run %(count)s tasks again", count),
    }
    return texts[verb] % {"count": count_text(count)}


def _list(query: QueryDict, site: AdminSite) -> str:
    """The list of tasks with the filters as they were."""
    address = reverse("admin:poolapp_taskrecord_changelist", current_app=site.name)
    return f"{address}?{query.urlencode()}" if query else address

"""The admin: the dashboard, and beside it the records, to read and not to write."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from poolapp.conf import get_settings
from poolapp.dashboard import bulk_page, messages, navigation, presenters, task_list, task_page
from poolapp.dashboard.counts import SayingPaginator
from poolapp.dashboard.filters import EventFilter, NameFilter, PoolFilter, StatusFilter, WorkerFilter
from poolapp.dashboard.odd_input import has_nul, require_ids
from poolapp.dashboard.urls import dashboard_urls
from poolapp.models import Dashboard, PoolCommand, PoolEvent, PoolInstance, PoolSnapshot, TaskRecord, TaskStatus
from poolapp.task_names import recorded_names

# The dashboard tells of a task at once; its record follows with the next flush of the housekeeper.
SECONDS_TO_BE_WRITTEN = 1.0
SECONDS_BETWEEN_LOOKS = 0.05


def exact_time(field: str, description: Any) -> Callable[[Any, Model], SafeString | str]:
    """A column that shows a time to the millisecond: the admin's own format leaves out the seconds."""

    @admin.display(description=description, ordering=field)
    def column(self: Any, record: Model) -> SafeString | str:
        if (at := getattr(record, field)) is None:
            return messages.NOTHING
        texts = (messages.iso_text(at.timestamp()), messages.moment_text(at.timestamp()), messages.exact_text(at))
        return format_html('<time class="poolapp-time" datetime="{}" title="{}">{}</time>', *texts)

    return column


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """Records are written by the pools and removed by `poolprune`."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each of them would count a whole table
    paginator = SayingPaginator
    list_per_page = 50
    empty_value_display = messages.NOTHING

    class Media:
        css = {"all": ["poolapp/records.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        records = super().get_queryset(request).using(get_settings().database)
        return records.none() if has_nul(request) else records

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Dashboard)
class DashboardAdmin(ReadOnlyAdmin):
    """No list and no form: the dashboard's pages, under the dashboard's permission."""

    def get_urls(self) -> list[URLPattern]:
        return dashboard_urls(self)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("poolapp.view_dashboard")


@admin.register(TaskRecord)
class TaskRecordAdmin(ReadOnlyAdmin):
    list_display = ["short_name", "state", "error_type", "queued", "waited", "ran", "worker_slot"]
    list_filter = [StatusFilter, PoolFilter, NameFilter, WorkerFilter, "queued_at"]
    actions = ["cancel", "repeat"]
    search_fields = ["name", "error"]  # see get_search_results
    search_help_text = _("A task id, or part of a name or an error.")
    sortable_by = ["queued"]  # there is an index
    fieldsets = [
        (None, {"fields": ["id", "name", "pool", "status", "attempts"]}),
        (_("Where it ran"), {"fields": ["host", "pid", "worker", "worker_slot", "worker_pid"]}),
        (_("When"), {"fields": ["queued", "started", "finished", "waited", "ran"]}),
        (_("Error"), {"fields": ["error_type", "error", "traceback_text"]}),
    ]
    readonly_fields = ["queued", "started", "finished", "waited", "ran", "traceback_text"]
    queued = exact_time("queued_at", _("queued"))
    started = exact_time("started_at", _("started"))
    finished = exact_time("finished_at", _("finished"))

    def get_urls(self) -> list[URLPattern]:
        ask = self.admin_site.admin_view(partial(bulk_page.ask, site=self.admin_site))
        return [path("ask/", ask, name="poolapp_taskrecord_ask"), *super().get_urls()]

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return bulk_page.may(request.user, "cancel")

    def has_repeat_permission(self, request: HttpRequest) -> bool:
        return bulk_page.may(request.user, "repeat")

    @admin.action(description=_("Cancel"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[TaskRecord]) -> HttpResponse:
        return bulk_page.confirmation(request, self.admin_site, "cancel", queryset)

    @admin.action(description=_("Run again"), permissions=["repeat"])
    def repeat(self, request: HttpRequest, queryset: QuerySet[TaskRecord]) -> HttpResponse:
        return bulk_page.confirmation(request, self.admin_site, "repeat", queryset)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With what keeps the list live; an action that a user may not take is refused, not overlooked."""
        require_ids(request.POST.getlist(ACTION_CHECKBOX_NAME))
        known = self.get_actions(request)
        if any(action and action not in known for action in request.POST.getlist("action")):
            raise PermissionDenied
        return super().changelist_view(request, {**task_list.around(request, self.admin_site), **(extra_context or {})})

    def get_fieldsets(self, request: HttpRequest, obj: TaskRecord | None = None) -> Any:
        """With how to have what is not recorded."""
        description = task_page.hint(obj) if obj is not None else ""
        told = {"fields": ["arguments", "result"], "description": description}
        return [*self.fieldsets, (_("Arguments and result"), told)]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """With where its time went, and what can be asked about it."""
        site = self.admin_site.name
        if (record := kwargs.get("obj")) is not None:
            context |= task_page.page(record, request.user, site)
            context["nav"] = navigation.links(request.user, site, request.path)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> TaskRecord | None:
        """The record; where it is missing, look again for a moment before the admin says that it was deleted."""
        deadline = time.monotonic() + SECONDS_TO_BE_WRITTEN
        while (record := super().get_object(request, object_id, from_field)) is None and time.monotonic() < deadline:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        return record

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Records with this id, or with all these words, each in the name or the error.

        There are indexes for it: the text of millions of records is not read.
        """
        if not search_term:
            return queryset, False
        try:
            return queryset.filter(pk=UUID(search_term)), False
        except ValueError:
            pass
        names = recorded_names(queryset.db)
        for word in search_term.split():
            named = [name for name in names if word.lower() in name.lower()]
            failed = Q(status=TaskStatus.FAILED) & (Q(error_type__icontains=word) | Q(error__icontains=word))
            queryset = queryset.filter(Q(name__in=named) | failed)
        return queryset, False

    @admin.display(description=_("name"), ordering="name")
    def short_name(self, record: TaskRecord) -> SafeString:
        return format_html('<span title="{}">{}</span>', record.name, messages.short_text(record.name))

    @admin.display(description=_("status"), ordering="status")
    def state(self, record: TaskRecord) -> SafeString:
        word = record.get_status_display()
        return format_html('<span class="poolapp-state" data-state="{}">{}</span>', record.status, word)

    @admin.display(description=_("wait time"), ordering="wait_time")
    def waited(self, record: TaskRecord) -> str:
        return messages.seconds_text(record.wait_time)

    @admin.display(description=_("run time"), ordering="run_time")
    def ran(self, record: TaskRecord) -> str:
        return messages.seconds_text(record.run_time)

    @admin.display(description=_("traceback"))
    def traceback_text(self, record: TaskRecord) -> str:
        if not record.traceback:
            return messages.NOTHING
        frames = task_page.frames(record.traceback)
        marked = (("poolapp-own" if frame.is_own else "poolapp-foreign", frame.text) for frame in frames)
        pieces = format_html_join("", '<span class="{}">{}</span>', marked)
        return format_html('<pre class="poolapp-verbatim">{}</pre>', pieces)


@admin.register(PoolInstance)
class PoolInstanceAdmin(ReadOnlyAdmin):
    list_display = ["alias", "host", "pid", "alive", "state", "workers", "executed", "started", "heartbeat"]
    list_filter = ["heartbeat_at"]
    search_fields = ["alias", "host"]
    ordering = ["-heartbeat_at"]
    fields = ["alias", "host", "pid", "alive", "started", "heartbeat", "stopped", "latest_snapshot"]
    readonly_fields = ["alive", "started", "heartbeat", "stopped", "latest_snapshot"]
    started = exact_time("started_at", _("started"))
    heartbeat = exact_time("heartbeat_at", _("last heartbeat"))
    stopped = exact_time("stopped_at", _("stopped"))

    @admin.display(description=_("alive"), boolean=True)
    def alive(self, instance: PoolInstance) -> bool:
        return instance.is_alive()

    @admin.display(description=_("state"))
    def state(self, instance: PoolInstance) -> str:
        return messages.word(instance.snapshot.get("state"))

    @admin.display(description=_("workers"))
    def workers(self, instance: PoolInstance) -> str:
        return messages.count_text(instance.snapshot.get("worker_nodes"))

    @admin.display(description=_("executed"))
    def executed(self, instance: PoolInstance) -> str:
        return messages.count_text(instance.snapshot.get("executed_tasks"))

    @admin.display(description=_("latest snapshot"))
    def latest_snapshot(self, instance: PoolInstance) -> SafeString:
        return verbatim(json.dumps(instance.snapshot, indent=2, ensure_ascii=False))


@admin.register(PoolSnapshot)
class PoolSnapshotAdmin(ReadOnlyAdmin):
    list_display = [
        "instance",
        "taken",
        "worker_nodes",
        "busy_worker_nodes",
        "executing_tasks",
        "queued_tasks",
        "executed_tasks",
        "failed_tasks",
        "cancelled_tasks",
    ]
    list_filter = ["at"]
    list_select_related = ["instance"]
    sortable_by = ["taken"]
    taken = exact_time("at", _("at"))


@admin.register(PoolEvent)
class PoolEventAdmin(ReadOnlyAdmin):
    list_display = ["happened", "pool", "event", "sentence", "host", "pid"]
    list_filter = [EventFilter, PoolFilter, "at"]
    sortable_by = ["happened"]
    fields = ["happened", "pool", "event", "sentence", "host", "pid", "details_text"]
    readonly_fields = ["happened", "sentence", "details_text"]
    happened = exact_time("at", _("at"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the errors about workers: of those the exits of the workers tell."""
        return super().get_queryset(request).exclude(event="error", details__worker__isnull=False)

    @admin.display(description=_("what happened"))
    def sentence(self, record: PoolEvent) -> str:
        return messages.say({**record.details, "event": record.event})[1]

    @admin.display(description=_("details"))
    def details_text(self, record: PoolEvent) -> SafeString:
        return verbatim(json.dumps(record.details, indent=2, ensure_ascii=False))


@admin.register(PoolCommand)
class PoolCommandAdmin(ReadOnlyAdmin):
    list_display = ["requested", "verb", "instance", "requested_by", "status", "answered"]
    list_filter = ["status", "verb"]
    list_select_related = ["instance"]
    date_hierarchy = "requested_at"
    fields = [
        "verb",
        "instance",
        "arguments",
        "requested_by",
        "requested",
        "expires",
        "status",
        "outcome",
        "answer",
        "answered",
    ]
    readonly_fields = ["requested", "expires", "outcome", "answered"]
    requested = exact_time("requested_at", _("requested"))
    expires = exact_time("expires_at", _("expires"))
    answered = exact_time("answered_at", _("answered"))

    @admin.display(description=_("what became of it"))
    def outcome(self, command: PoolCommand) -> str:
        return str(presenters.command_view(command, self.admin_site.name)["text"])


def verbatim(text: str) -> SafeString:
    """Text of foreign origin, escaped whatever it says about itself."""
    return format_html('<pre class="poolapp-verbatim">{}</pre>', escape(text))

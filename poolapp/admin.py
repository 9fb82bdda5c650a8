"""The admin: the dashboard, and beside it the records, to read and not to write."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from poolapp.conf import get_settings
from poolapp.dashboard import messages
from poolapp.dashboard.urls import dashboard_urls
from poolapp.engine.events import POOL_EVENTS
from poolapp.models import Dashboard, PoolCommand, PoolEvent, PoolInstance, PoolSnapshot, TaskRecord


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """Records are written by the pools and removed by `poolprune`."""

    show_full_result_count = False
    list_per_page = 50

    class Media:
        css = {"all": ["poolapp/records.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).using(get_settings().database)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ValueFilter(admin.SimpleListFilter):
    """Filters by a column whose values are known without asking a large table for them."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter((self.parameter_name, self.value())) if self.value() else queryset


class PoolFilter(ValueFilter):
    title = _("pool")
    parameter_name = "pool"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        instances = PoolInstance.objects.using(get_settings().database)
        aliases = instances.order_by("alias").values_list("alias", flat=True).distinct()
        return [(alias, alias) for alias in aliases]


class EventFilter(ValueFilter):
    title = _("event")
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(event, event) for event in POOL_EVENTS]


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
    list_display = ["name", "status", "pool", "queued", "waited", "ran", "worker_slot", "worker_pid", "error_type"]
    list_filter = ["status", PoolFilter, "queued_at"]
    search_fields = ["name", "error_type", "error"]
    search_help_text = _("A task id, or part of a name or an error.")
    sortable_by = ["queued", "waited", "ran"]
    fieldsets = [
        (None, {"fields": ["id", "name", "pool", "status"]}),
        (_("Where it ran"), {"fields": ["host", "pid", "worker", "worker_slot", "worker_pid"]}),
        (_("When"), {"fields": ["queued", "started", "finished", "waited", "ran"]}),
        (_("Error"), {"fields": ["error_type", "error", "traceback_text"]}),
        (_("Arguments and result"), {"fields": ["arguments", "result"]}),
    ]
    readonly_fields = ["queued", "started", "finished", "waited", "ran", "traceback_text"]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        try:
            return queryset.filter(pk=UUID(search_term)), False
        except ValueError:
            return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("queued"), ordering="queued_at")
    def queued(self, record: TaskRecord) -> str:
        return messages.exact_text(record.queued_at)

    @admin.display(description=_("started"))
    def started(self, record: TaskRecord) -> str:
        return messages.exact_text(record.started_at)

    @admin.display(description=_("finished"))
    def finished(self, record: TaskRecord) -> str:
        return messages.exact_text(record.finished_at)

    @admin.display(description=_("wait time"), ordering="wait_time")
    def waited(self, record: TaskRecord) -> str:
        return messages.seconds_text(record.wait_time)

    @admin.display(description=_("run time"), ordering="run_time")
    def ran(self, record: TaskRecord) -> str:
        return messages.seconds_text(record.run_time)

    @admin.display(description=_("traceback"), empty_value=messages.NOTHING)
    def traceback_text(self, record: TaskRecord) -> SafeString | None:
        return verbatim(record.traceback) if record.traceback else None


@admin.register(PoolInstance)
class PoolInstanceAdmin(ReadOnlyAdmin):
    list_display = ["alias", "host", "pid", "alive", "state", "workers", "executed", "started_at", "heartbeat_at"]
    list_filter = ["heartbeat_at"]
    search_fields = ["alias", "host"]
    ordering = ["-heartbeat_at"]
    fields = ["alias", "host", "pid", "alive", "started_at", "heartbeat_at", "stopped_at", "latest_snapshot"]
    readonly_fields = ["alive", "latest_snapshot"]

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
        "at",
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
    sortable_by = ["at"]


@admin.register(PoolEvent)
class PoolEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "pool", "event", "sentence", "host", "pid"]
    list_filter = [EventFilter, PoolFilter, "at"]
    sortable_by = ["at"]
    fields = ["at", "pool", "event", "sentence", "host", "pid", "details_text"]
    readonly_fields = ["sentence", "details_text"]

    @admin.display(description=_("what happened"))
    def sentence(self, record: PoolEvent) -> str:
        return messages.say({**record.details, "event": record.event})[1]

    @admin.display(description=_("details"))
    def details_text(self, record: PoolEvent) -> SafeString:
        return verbatim(json.dumps(record.details, indent=2, ensure_ascii=False))


@admin.register(PoolCommand)
class PoolCommandAdmin(ReadOnlyAdmin):
    list_display = ["requested_at", "verb", "instance", "requested_by", "status", "answered_at"]
    list_filter = ["status", "verb"]
    list_select_related = ["instance", "requested_by"]
    date_hierarchy = "requested_at"
    fields = [
        "verb",
        "instance",
        "arguments",
        "requested_by",
        "requested_at",
        "expires_at",
        "status",
        "answer",
        "answered_at",
    ]


def verbatim(text: str) -> SafeString:
    """Text of foreign origin, escaped whatever it says about itself."""
    return format_html('<pre class="poolapp-verbatim">{}</pre>', escape(text))

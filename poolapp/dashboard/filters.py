"""What the lists of records are filtered by: values that are known without asking a large table for them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from poolapp.conf import get_settings
from poolapp.dashboard import counts, messages
from poolapp.dashboard.odd_input import is_number
from poolapp.engine.events import POOL_EVENTS
from poolapp.models import PoolInstance, TaskRecord, TaskStatus
from poolapp.paging import counted
from poolapp.task_names import recorded_names

MOST_LISTED = 40


class ValueFilter(admin.SimpleListFilter):
    """Filters by the value of a column."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter((self.parameter_name, self.value())) if self.value() else queryset


class StatusFilter(ValueFilter):
    """The states of tasks, with how many there are of each."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        tasks = TaskRecord.objects.using(get_settings().database).order_by("-queued_at")
        found = {status: counts.said(counted(tasks.filter(status=status))) for status in TaskStatus}
        return [(status.value, f"{status.label} ({count})") for status, count in found.items()]


class PoolFilter(ValueFilter):
    title = _("pool")
    parameter_name = "pool"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        instances = PoolInstance.objects.using(get_settings().database)
        aliases = instances.order_by("alias").values_list("alias", flat=True).distinct()
        return [(alias, alias) for alias in aliases]


class NameFilter(ValueFilter):
    """The names of tasks; where there are too many for a list, the search finds them."""

    title = _("name")
    parameter_name = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = recorded_names(get_settings().database)
        chosen = self.used_parameters.get(self.parameter_name)
        listed = names if len(names) <= MOST_LISTED else [name for name in names if name == chosen]
        return [(name, messages.short_text(name)) for name in listed]


class WorkerFilter(ValueFilter):
    """The slots of the workers of pools that live."""

    title = _("worker")
    parameter_name = "worker_slot"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        live = PoolInstance.objects.using(get_settings().database).alive()
        slots = {worker["slot"] for instance in live for worker in instance.snapshot.get("workers", ())}
        return [(str(slot), str(slot)) for slot in sorted(slots)[:MOST_LISTED]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        return queryset.filter(worker_slot=int(value)) if is_number(value) else queryset


class EventFilter(ValueFilter):
    title = _("event")
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(event, event) for event in POOL_EVENTS]

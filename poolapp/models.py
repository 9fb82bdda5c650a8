"""What poolapp remembers: pools of server processes, their history, tasks, events and control requests."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# A heartbeat older than this belongs to a process that is gone or frozen; there is one every second.
ALIVE_WITHIN = timedelta(seconds=6)
# For so long a process that was lost is shown as such.
LOST_SHOWN_FOR = timedelta(minutes=5)


class PoolInstanceQuerySet(models.QuerySet["PoolInstance"]):
    def alive(self, now: datetime | None = None) -> PoolInstanceQuerySet:
        """Pools that were neither stopped nor silent for too long."""
        return self.filter(stopped_at=None, heartbeat_at__gte=(now or timezone.now()) - ALIVE_WITHIN)

    def alive_or_lost(self, now: datetime | None = None) -> list[PoolInstance]:
        """Pools that live, and those whose process ended without a word a short while ago."""
        now = now or timezone.now()
        heard_of = self.filter(heartbeat_at__gte=now - LOST_SHOWN_FOR)
        return [instance for instance in heard_of if instance.is_alive(now) or instance.is_lost(now)]

    def silent(self, now: datetime | None = None) -> PoolInstanceQuerySet:
        """Pools that never said goodbye and have not been heard of for too long."""
        return self.filter(stopped_at=None, heartbeat_at__lt=(now or timezone.now()) - ALIVE_WITHIN)


class PoolInstance(models.Model):
    """One pool in one server process, with its latest heartbeat and snapshot."""

    alias = models.CharField(_("pool"), max_length=100)
    host = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(_("process id"))
    started_at = models.DateTimeField(_("started"))
    heartbeat_at = models.DateTimeField(_("last heartbeat"), db_index=True)
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)
    snapshot = models.JSONField(_("latest snapshot"), default=dict)

    objects = PoolInstanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("pool instance")
        verbose_name_plural = _("pool instances")
        ordering = ["alias", "host", "pid"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.alias} on {self.host}, process {self.pid}"

    def heartbeat_age(self, now: datetime | None = None) -> float:
        """Seconds since the last heartbeat."""
        return max(0.0, ((now or timezone.now()) - self.heartbeat_at).total_seconds())

    def is_alive(self, now: datetime | None = None) -> bool:
        return self.stopped_at is None and self.heartbeat_age(now) <= ALIVE_WITHIN.total_seconds()

    def is_lost(self, now: datetime | None = None) -> bool:
        """Whether its process ended without a word: others have closed its books long after its last heartbeat."""
        ended_at = self.stopped_at or now or timezone.now()
        return ended_at - self.heartbeat_at > ALIVE_WITHIN


class PoolSnapshot(models.Model):
    """A pool's figures at one moment; totals count from the start of the pool."""

    instance = models.ForeignKey(
        PoolInstance, on_delete=models.CASCADE, related_name="history", verbose_name=_("pool instance")
    )
    at = models.DateTimeField(_("at"), db_index=True)
    worker_nodes = models.PositiveIntegerField(_("workers"))
    busy_worker_nodes = models.PositiveIntegerField(_("busy workers"))
    executed_tasks = models.PositiveBigIntegerField(_("executed"))
    failed_tasks = models.PositiveBigIntegerField(_("failed"))
    cancelled_tasks = models.PositiveBigIntegerField(_("cancelled"))
    executing_tasks = models.PositiveIntegerField(_("executing"))
    queued_tasks = models.PositiveIntegerField(_("queued"))
    busy_time = models.FloatField(_("busy time"), help_text=_("Seconds of work done by all workers together."))
    # In seconds, of the tasks that were the latest then; None before the first.
    wait_time_p50 = models.FloatField(_("wait time, p50"), null=True, blank=True)
    wait_time_p95 = models.FloatField(_("wait time, p95"), null=True, blank=True)
    wait_time_p99 = models.FloatField(_("wait time, p99"), null=True, blank=True)
    run_time_p50 = models.FloatField(_("run time, p50"), null=True, blank=True)
    run_time_p95 = models.FloatField(_("run time, p95"), null=True, blank=True)
    run_time_p99 = models.FloatField(_("run time, p99"), null=True, blank=True)

    class Meta:
        verbose_name = _("pool snapshot")
        verbose_name_plural = _("pool snapshots")
        ordering = ["-at"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.instance} at {self.at:%Y-%m-%d %H:%M:%S}"


class TaskStatus(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    EXECUTED = "executed", _("executed")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class TaskRecord(models.Model):
    """One task: what it was, where it ran, how long it waited and ran, how it ended."""

    id = models.UUIDField(_("task id"), primary_key=True)
    name = models.CharField(_("task"), max_length=255)
    pool = models.CharField(_("pool"), max_length=100)
    status = models.CharField(_("status"), max_length=10, choices=TaskStatus.choices)
    host = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(_("server process id"))
    worker = models.PositiveBigIntegerField(_("worker"), null=True, blank=True)
    worker_slot = models.PositiveIntegerField(_("worker slot"), null=True, blank=True)
    worker_pid = models.PositiveIntegerField(_("worker process id"), null=True, blank=True)
    queued_at = models.DateTimeField(_("queued"), db_index=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    wait_time = models.FloatField(_("wait time"), null=True, blank=True, help_text=_("Seconds in the queue."))
    run_time = models.FloatField(_("run time"), null=True, blank=True, help_text=_("Seconds of running."))
    error_type = models.CharField(_("error type"), max_length=255, blank=True)
    error = models.TextField(_("error"), blank=True)
    traceback = models.TextField(_("traceback"), blank=True)
    arguments = models.TextField(_("arguments"), blank=True)
    result = models.TextField(_("result"), blank=True)
    call = models.TextField(
        _("call"),
        blank=True,
        default="",
        db_default="",  # as of attempts: servers of the version before this write rows without it
        help_text=_("Its arguments as JSON, where that says all of them: to run it again."),
    )
    attempts = models.PositiveSmallIntegerField(
        _("attempts"), default=1, db_default=1, help_text=_("One more for each worker that was lost with it.")
    )

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["-queued_at"]
        default_permissions = ("view",)
        # What lists are filtered by, in the order in which they are shown.
        indexes = [
            models.Index(fields=["status", "-queued_at"], name="poolapp_task_status"),
            models.Index(fields=["pool", "-queued_at"], name="poolapp_task_pool"),
            models.Index(fields=["name", "-queued_at"], name="poolapp_task_name"),
            models.Index(fields=["worker_slot", "-queued_at"], name="poolapp_task_slot"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_status_display()})"


class PoolEvent(models.Model):
    """Something that happened to a pool, as the event feed shows it."""

    at = models.DateTimeField(_("at"), db_index=True)
    event = models.CharField(_("event"), max_length=30)
    pool = models.CharField(_("pool"), max_length=100)
    host = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(_("server process id"))
    details = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("pool event")
        verbose_name_plural = _("pool events")
        ordering = ["-at", "-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["pool", "-at"], name="poolapp_event_pool"),
            models.Index(fields=["event", "-at"], name="poolapp_event_event"),
        ]

    def __str__(self) -> str:
        return f"{self.event} in {self.pool}"


class CommandStatus(models.TextChoices):
    PENDING = "pending", _("waiting for its pool")
    RUNNING = "running", _("being carried out")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    EXPIRED = "expired", _("expired")


class PoolCommand(models.Model):
    """A request to the process that owns a pool, and its answer."""

    class Verb(models.TextChoices):
        RESTART = "restart", _("restart workers")
        PAUSE = "pause", _("pause")
        RESUME = "resume", _("resume")
        RESIZE = "resize", _("change the number of workers")
        STRATEGY = "strategy", _("change the strategy")
        DRAIN = "drain", _("drain")
        CANCEL = "cancel", _("cancel tasks")
        REPEAT = "repeat", _("run tasks again")

    instance = models.ForeignKey(
        PoolInstance, on_delete=models.CASCADE, related_name="commands", verbose_name=_("pool instance")
    )
    verb = models.CharField(_("verb"), max_length=20, choices=Verb.choices)
    arguments = models.JSONField(_("arguments"), default=dict)
    # A name: users may live in another database, and go while their requests stay.
    requested_by = models.CharField(_("requested by"), max_length=255, blank=True)
    requested_at = models.DateTimeField(_("requested"))
    expires_at = models.DateTimeField(_("expires"))
    status = models.CharField(_("status"), max_length=10, choices=CommandStatus.choices, default=CommandStatus.PENDING)
    answer = models.JSONField(_("answer"), default=dict)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("pool command")
        verbose_name_plural = _("pool commands")
        ordering = ["-requested_at"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["instance", "status"], name="poolapp_command_pending")]

    def __str__(self) -> str:
        return f"{self.get_verb_display()}: {self.instance}"


class Dashboard(models.Model):
    """No table: the dashboard's place in the admin, and the permissions that guard it."""

    class Meta:
        managed = False
        verbose_name = _("dashboard")
        verbose_name_plural = _("dashboard")
        default_permissions = ()
        permissions = [
            ("view_dashboard", _("Can view the pool dashboard")),
            ("control_pool", _("Can restart and control pools")),
            ("cancel_task", _("Can cancel tasks")),
            ("repeat_task", _("Can run tasks again")),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

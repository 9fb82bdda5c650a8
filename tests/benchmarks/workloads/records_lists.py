"""The lists of the admin, with very many records."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import cache
from urllib.parse import quote

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from poolapp.models import TaskRecord
from tests.benchmarks.peers.base import require

ROWS_AT_ONCE = 250_000
TIMES = 5
NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})"
    " SELECT {columns} FROM numbers",
    "postgresql": "SELECT {columns} FROM generate_series({first}, {last}) AS numbers (n)",
}
# The columns of a record, as SQL about its number n, and {moment}.
COLUMNS = {
    "name": "'shop.tasks.job_' || n % 40",
    "pool": "CASE WHEN n % 3 = 0 THEN 'slow' ELSE 'default' END",
    "status": "CASE WHEN n % 100 = 0 THEN 'failed' WHEN n % 500 = 1 THEN 'cancelled' ELSE 'executed' END",
    "host": "'web-' || n % 4",
    "pid": "100",
    "worker": "n % 8",
    "worker_slot": "n % 8",
    "worker_pid": "200 + n % 8",
    "queued_at": "{moment}",
    "started_at": "{moment}",
    "finished_at": "{moment}",
    "wait_time": "0.001",
    "run_time": "0.01",
    "error_type": "CASE WHEN n % 100 = 0 THEN 'ValueError' ELSE '' END",
    "error": "CASE WHEN n % 100 = 0 THEN 'ValueError: nothing is called ' || n ELSE '' END",
    "traceback": "''",
    "arguments": "''",
    "result": "''",
    "call": "''",
    "attempts": "1",
}
DIALECTS = {
    "sqlite": ("printf('%032x', n)", "datetime('now', '-13 days', '+' || (n * 1123200.0 / {count}) || ' seconds')"),
    "postgresql": ("lpad(to_hex(n), 32, '0')::uuid", "now() - interval '13 days' * (1 - n::float / {count})"),
}


def fill(count: int) -> None:
    """Have so many records, of the last 13 days, and no others."""
    TaskRecord.objects.all().delete()
    key, moment = DIALECTS[connection.vendor]
    moment = moment.format(count=count)
    columns = ", ".join([key, *(column.format(moment=moment) for column in COLUMNS.values())])
    into = f"INSERT INTO {TaskRecord._meta.db_table} (id, {', '.join(COLUMNS)}) "
    with connection.cursor() as cursor:
        for first in range(1, count + 1, ROWS_AT_ONCE):
            last = min(count, first + ROWS_AT_ONCE - 1)
            cursor.execute(into + NUMBERS[connection.vendor].format(columns=columns, first=first, last=last))
        cursor.execute("ANALYZE")
    require(TaskRecord.objects.count() == count, "the table of records")


def page(query: str) -> float:
    """How many milliseconds the page of the list takes, the longest of five."""
    hour_ago = quote(str(timezone.now() - timedelta(hours=1)))
    address = reverse("admin:poolapp_taskrecord_changelist") + query.format(hour_ago=hour_ago)
    client, times = visitor(), []
    client.get(address)  # what is compiled and cached at the first time is not what this is about
    for _ in range(TIMES):
        began = time.perf_counter()
        answer = client.get(address)
        times.append(1000 * (time.perf_counter() - began))
        require(answer.status_code == 200 and b"paginator" in answer.content, "the list")
    return max(times)


@cache
def visitor() -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.create_superuser("eve"))
    return client

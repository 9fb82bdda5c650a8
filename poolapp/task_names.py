"""The names of recorded tasks: few, whereas the tasks are many."""

from __future__ import annotations

from django.db import connections

from poolapp.models import TaskRecord

MOST_NAMES = 1000

# Jumps from name to name in their index; DISTINCT would read all of it. See "loose indexscan" in PostgreSQL's wiki.
NAMES = """
WITH RECURSIVE names (name) AS (
    SELECT MIN(name) FROM {table}
    UNION ALL
    SELECT (SELECT MIN(name) FROM {table} WHERE name > names.name) FROM names WHERE names.name IS NOT NULL
)
SELECT name FROM names WHERE name IS NOT NULL LIMIT {most}
"""


def recorded_names(database: str) -> list[str]:
    """The names that recorded tasks have, in order; the first thousand, where there are more."""
    connection = connections[database]
    table = connection.ops.quote_name(TaskRecord._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(NAMES.format(table=table, most=MOST_NAMES))
        return [name for (name,) in cursor.fetchall()]

"""Writes many rows at once: those that are new are inserted, those that are there are updated."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from itertools import chain, islice
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models.constants import OnConflict

ROWS_IN_A_STATEMENT = 100


class Upsert:
    """The statement for some columns of a model, of which those in `kept` are not updated; the first is its key."""

    def __init__(
        self,
        connection: BaseDatabaseWrapper,
        model: type[models.Model],
        columns: Sequence[str],
        kept: Collection[str],
    ) -> None:
        fields = {field.column: field for field in model._meta.concrete_fields}
        quote = connection.ops.quote_name
        most_values = connection.features.max_query_params or ROWS_IN_A_STATEMENT * len(columns)
        self._columns = columns
        self._rows_at_once = min(ROWS_IN_A_STATEMENT, most_values // len(columns))
        self._has_records = connection.vendor == "postgresql"
        self._into = f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, columns))})"
        self._values = f"({', '.join(['%s'] * len(columns))})"
        self._record = ", ".join(f"{quote(name)} {fields[name].db_type(connection)}" for name in columns)
        self._on_conflict = connection.ops.on_conflict_suffix_sql(
            [fields[name] for name in columns],
            OnConflict.UPDATE,
            [name for name in columns if name not in kept],
            # MySQL knows its unique keys by itself.
            columns[:1] if connection.features.supports_update_conflicts_with_target else (),
        )

    def write(self, cursor: CursorWrapper, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows, no key of which comes twice; they are made while others are sent, if `rows` is an iterator."""
        rows = iter(rows)
        while part := list(islice(rows, self._rows_at_once)):
            if self._has_records:
                self._write_records(cursor, part)
            else:
                self._write_rows(cursor, part)

    def _write_rows(self, cursor: CursorWrapper, rows: list[Sequence[Any]]) -> None:
        values = ", ".join([self._values] * len(rows))
        cursor.execute(f"{self._into} VALUES {values} {self._on_conflict}", list(chain.from_iterable(rows)))

    def _write_records(self, cursor: CursorWrapper, rows: list[Sequence[Any]]) -> None:
        """One text with everything is far less work for PostgreSQL and its driver than a thousand values."""
        records = json.dumps([dict(zip(self._columns, row, strict=True)) for row in rows], default=str)
        source = f"SELECT * FROM json_to_recordset(%s) AS record({self._record})"  # noqa: S608 - names of a model
        cursor.execute(f"{self._into} {source} {self._on_conflict}", [records])

"""Writes many rows at once: those that are new are inserted, those that are there are updated."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models.constants import OnConflict

ROWS_IN_A_STATEMENT = 100
ROWS_IN_ARRAYS = 500

Values = Sequence[Any]
"""The values of a row, or of a column."""


class Upsert:
    """The statement for some columns of a model, of which those in `kept` are not updated; the first is its key."""

    rows_at_once = ROWS_IN_A_STATEMENT

    def __init__(
        self,
        connection: BaseDatabaseWrapper,
        model: type[models.Model],
        columns: Sequence[str],
        kept: Collection[str],
    ) -> None:
        by_column = {field.column: field for field in model._meta.concrete_fields}
        fields = [by_column[name] for name in columns]
        quote = connection.ops.quote_name
        into = f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, columns))})"
        on_conflict = connection.ops.on_conflict_suffix_sql(
            fields,
            OnConflict.UPDATE,
            [name for name in columns if name not in kept],
            # MySQL knows its unique keys by itself.
            columns[:1] if connection.features.supports_update_conflicts_with_target else (),
        )
        self._statement = f"{into} {{source}} {on_conflict}"
        self._prepare(connection, fields)

    def write(self, cursor: CursorWrapper, rows: Iterable[Values]) -> None:
        """Write rows, no key of which comes twice; they are made while others are sent, if `rows` is an iterator."""
        rows = iter(rows)
        while part := list(islice(rows, self.rows_at_once)):
            cursor.execute(*self._filled(part))

    def _prepare(self, connection: BaseDatabaseWrapper, fields: Sequence[models.Field[Any, Any]]) -> None:
        most = connection.features.max_query_params
        if most is not None:
            self.rows_at_once = min(self.rows_at_once, most // len(fields))
        self._row = f"({', '.join(['%s'] * len(fields))})"

    def _filled(self, rows: list[Values]) -> tuple[str, list[Any]]:
        """The statement for these rows, and its parameters."""
        values = ", ".join([self._row] * len(rows))
        return self._statement.format(source=f"VALUES {values}"), list(chain.from_iterable(rows))


class ArrayUpsert(Upsert):
    """For PostgreSQL, which is given columns as arrays: a fraction of the work of a thousand values for both sides.

    Moments are Unix seconds.
    """

    rows_at_once = ROWS_IN_ARRAYS

    def _prepare(self, connection: BaseDatabaseWrapper, fields: Sequence[models.Field[Any, Any]]) -> None:
        moments = [isinstance(field, models.DateTimeField) for field in fields]
        texts = [isinstance(field, (models.CharField, models.TextField)) for field in fields]
        types = [
            "float8" if is_moment else field.db_type(connection)
            for field, is_moment in zip(fields, moments, strict=True)
        ]
        names = [f"c{number}" for number in range(len(fields))]
        wanted = [
            f"to_timestamp({name})" if is_moment else name for name, is_moment in zip(names, moments, strict=True)
        ]
        arrays = ", ".join(f"%s::{kind}[]" for kind in types)
        source = f"SELECT {', '.join(wanted)} FROM unnest({arrays}) AS given({', '.join(names)})"  # noqa: S608 - of a model
        self._filled_statement = self._statement.format(source=source)
        self._array_of: list[Callable[[Values], str]] = [_texts if is_text else _plain for is_text in texts]

    def _filled(self, rows: list[Values]) -> tuple[str, list[Any]]:
        columns: Iterator[Values] = zip(*rows, strict=True)
        return self._filled_statement, [
            array_of(column) for array_of, column in zip(self._array_of, columns, strict=True)
        ]


def upsert(
    connection: BaseDatabaseWrapper, model: type[models.Model], columns: Sequence[str], kept: Collection[str]
) -> Upsert:
    """The best way to do it with this database; see Upsert."""
    return (ArrayUpsert if takes_seconds(connection) else Upsert)(connection, model, columns, kept)


def takes_seconds(connection: BaseDatabaseWrapper) -> bool:
    """Whether moments are written as Unix seconds, not as what the driver makes of them."""
    return connection.vendor == "postgresql"


def _plain(column: Values) -> str:
    """An array of values without any special character: numbers, ids."""
    return f"{{{','.join(['NULL' if value is None else str(value) for value in column])}}}"


def _texts(column: Values) -> str:
    r"""An array of texts; only quotes and backslashes mean something in them."""
    quoted = [value.replace("\\", "\\\\").replace('"', '\\"') if value else "" for value in column]
    return '{"' + '","'.join(quoted) + '"}'

"""Pages of large tables."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

MOST_COUNTED = 10_000


def counted(rows: QuerySet[Any]) -> int:
    """How many rows there are, or one more than MOST_COUNTED if there are more than that.

    They are counted by the column that orders them: it is in the index that finds them, so that the index is enough.
    """
    first = next(iter(rows.query.order_by or rows.model._meta.ordering or ()), "pk")
    column = first.lstrip("-") if isinstance(first, str) else "pk"
    return rows.order_by().values(column)[: MOST_COUNTED + 1].count()


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """Counts no further than anybody pages through: to count them all, a database reads a whole table."""

    @cached_property
    def count(self) -> int:
        """How many there are, or MOST_COUNTED if there are more."""
        return min(self._counted, MOST_COUNTED)

    @property
    def is_cut(self) -> bool:
        """Whether there are more than are counted."""
        return self._counted > MOST_COUNTED

    @cached_property
    def _counted(self) -> int:
        return counted(self.object_list) if isinstance(self.object_list, QuerySet) else len(self.object_list)

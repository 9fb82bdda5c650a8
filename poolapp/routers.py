"""A database router for sites that keep the records in a database of their own."""

from __future__ import annotations

from typing import Any

from django.conf import settings


class RecordsRouter:
    """Sends the models of poolapp, and their tables, to the database that POOLAPP["DATABASE"] names.

    Of other apps it says nothing. Where nothing is named there, it says nothing at all.
    """

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return self._database if model._meta.app_label == "poolapp" else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return None if app_label != "poolapp" or self._database is None else db == self._database

    @property
    def _database(self) -> str | None:
        found: str | None = getattr(settings, "POOLAPP", {}).get("DATABASE")
        return found

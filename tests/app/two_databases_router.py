"""A router of a site that knows nothing of poolapp's setting."""

from __future__ import annotations

from typing import Any


class SiteRouter:
    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "records" if model._meta.app_label == "poolapp" else None

    db_for_read = db_for_write

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return (app_label == "poolapp") == (db == "records")

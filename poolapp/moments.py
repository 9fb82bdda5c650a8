"""Moments as events and snapshots tell them, in Unix seconds, and as models keep them."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings


def moment(seconds: float) -> datetime:
    """The same moment as a DateTimeField has it; raises ValueError, OverflowError or OSError where there is none."""
    at = datetime.fromtimestamp(seconds, UTC)
    return at if settings.USE_TZ else at.astimezone().replace(tzinfo=None)

"""The Django app."""

from __future__ import annotations

import logging

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger("poolapp")


class PoolappConfig(AppConfig):
    """Registers the checks, and sees to it that the pools start where the site is served."""

    name = "poolapp"
    verbose_name = _("Worker pools")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from poolapp import checks as own_checks
        from poolapp import serving
        from poolapp.conf import InvalidSetting

        for check in (
            own_checks.check_settings,
            own_checks.check_channels,
            own_checks.check_sqlite,
            own_checks.check_totals,
        ):
            checks.register(check, "poolapp")
        checks.register(own_checks.check_channel_layer, "poolapp", deploy=True)
        try:
            verdict = serving.decide()
        except InvalidSetting:
            return  # the check says what is wrong
        logger.info("Pools %s: %s", "start" if verdict.serves else "wait for their first task", verdict.reason)
        if verdict.serves:
            serving.start_when_ready(verdict.reason)

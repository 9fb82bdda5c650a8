"""A shop whose pool is in trouble, of the kind that POOLAPP_DRILL names, from the moment that it is ready."""

import os

from django.apps import AppConfig


class DrillsConfig(AppConfig):
    name = "tests.browser.drills"
    label = "drills"

    def ready(self) -> None:
        from poolapp import signals
        from tests.browser.drills.troubles import TROUBLES, begin

        if kind := os.environ.get("POOLAPP_DRILL"):
            signals.ready.connect(lambda **_: begin(*TROUBLES[kind]), weak=False)

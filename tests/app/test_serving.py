"""Whether this process serves, as far as it shows within one process; tests/servers has the real ones."""

from __future__ import annotations

import pytest

import poolapp
from poolapp import serving
from poolapp.conf import get_settings
from tests.app.conftest import run_python

SECONDS = 30


def test_a_test_run_does_not_serve(settings):
    settings.POOLAPP = {}

    assert serving.decide() == (False, "set up by code that does not serve")


@pytest.mark.parametrize("word, serves", [("always", True), ("lazy", False), ("never", False)])
def test_autostart_decides(settings, word, serves):
    settings.POOLAPP = {"AUTOSTART": word}

    assert serving.decide() == (serves, f"AUTOSTART is '{word}'")


def test_the_environment_decides_over_the_setting(settings, monkeypatch, request):
    request.addfinalizer(get_settings.cache_clear)
    settings.POOLAPP = {"AUTOSTART": "always"}
    monkeypatch.setenv("POOLAPP_AUTOSTART", "lazy")

    assert not serving.decide().serves


@pytest.mark.usefixtures("pools")
def test_a_worker_never_serves():
    assert poolapp.execute(serving.decide).result(SECONDS) == (False, "a pool's worker")


@pytest.mark.usefixtures("pools")
def test_a_worker_does_not_even_where_pools_always_start(settings, monkeypatch):
    monkeypatch.setenv("POOLAPP_AUTOSTART", "always")

    assert poolapp.execute(serving.decide).result(SECONDS) == (False, "a pool's worker")


# How Django is set up, and what is to be said of it.
SET_UPS = {
    "import django; django.setup()": "wait for their first task: set up by code that does not serve",
    "from django.core.wsgi import get_wsgi_application as get; get()": "start: a server has asked for the application",
    "from django.core.asgi import get_asgi_application as get; get()": "start: a server has asked for the application",
    "import project.asgi": "start: a server has asked for the application",
    "import project.wsgi": "start: a server has asked for the application",
}
SAY_IT = """
import logging, sys
class Handler(logging.Handler):
    def emit(self, record):
        if record.msg.startswith("Pools %s"):
            print(record.getMessage())
logging.getLogger("poolapp").addHandler(Handler())
logging.getLogger("poolapp").setLevel(logging.INFO)
"""


@pytest.mark.slow
@pytest.mark.parametrize("set_up, verdict", SET_UPS.items())
@pytest.mark.django_db(transaction=True)
def test_who_has_called_django_setup_decides(set_up, verdict):
    ran = run_python("-c", f"{SAY_IT}\n{set_up}")

    assert (ran.returncode, ran.stdout.strip()) == (0, f"Pools {verdict}"), ran.stderr

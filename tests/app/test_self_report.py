"""What a server process says about itself; tests/servers has real ones."""

from __future__ import annotations

import sys

import pytest

from poolapp import serving
from poolapp.self_report import self_report, server_name


@pytest.mark.parametrize(
    "argv, name",
    [
        (["manage.py", "runserver", "8000"], "runserver"),
        (["/srv/venv/bin/daphne", "site.asgi:application"], "daphne 4"),
        (["/srv/venv/lib/python3.11/site-packages/daphne/__main__.py", "-p", "80"], "daphne 4"),
        (["/srv/venv/bin/gunicorn", "runserver"], "gunicorn 2"),
        (["manage.py", "demo", "--port", "0"], "manage.py demo"),
        (["/srv/jobs.py", "secret"], "jobs.py"),
        (["-c"], ""),
        ([], ""),
    ],
)
def test_the_server_is_told_by_the_command_line(argv, name, monkeypatch):
    for module in ("uvicorn.server", "gunicorn.workers.base", "hypercorn.run", "granian.server"):
        monkeypatch.delitem(sys.modules, module, raising=False)

    assert server_name(argv).startswith(name)
    assert bool(server_name(argv)) == bool(name)


def test_a_server_that_was_started_by_code_is_told_by_its_modules(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn.server", sys)

    assert server_name(["serve.py"]).startswith("uvicorn ")


def test_it_is_small_and_tells_of_the_frames():
    report = self_report()

    assert report["memory"] > 2**20
    assert set(report) == {
        *("since", "reason", "server", "python", "django", "memory", "failed_frames", "dropped_frame_events")
    }


def test_the_first_reason_counts_and_is_not_inherited(monkeypatch):
    monkeypatch.setattr(serving, "_reasons", {1: "the parent's"})
    assert serving.why_started() is None

    serving.note_start("one")
    serving.note_start("another")

    assert serving.why_started() == "one"

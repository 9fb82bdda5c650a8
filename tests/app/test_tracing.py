"""Tasks in the traces of OpenTelemetry, with its own SDK."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from poolapp import conf
from poolapp.conf import InvalidSetting, get_settings
from tests.app.conftest import run_python
from tests.app.traced import SPANS

NAME = "tests.app.tracing_tasks."
VARIABLE = "poolapp.engine.current:running_task"


@pytest.fixture(params=["process", "thread", "inline"])
def spans(request: pytest.FixtureRequest, tmp_path: Path) -> list[dict[str, Any]]:
    """What a site with such workers has exported: of a task outside of any trace, and of three in that of a view."""
    ran = run_python(
        "-m",
        "tests.app.traced",
        request.param,
        DJANGO_SETTINGS_MODULE="tests.app.tracing_settings",
        **{SPANS: str(tmp_path / "spans")},
    )
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines() if line]


def test_a_task_goes_on_with_the_trace_of_its_caller(spans):
    [view] = [span for span in spans if span["name"] == "a view"]
    tasks = [span for span in spans if span["name"].startswith(NAME)]
    [alone] = [span for span in tasks if span["parent_id"] is None]
    below = {span["name"].removeprefix(NAME): span for span in tasks if span is not alone}

    assert alone["context"]["trace_id"] != view["context"]["trace_id"]
    assert set(below) == {"plain", "later", "refuse"}
    for name, span in below.items():
        assert span["parent_id"] == view["context"]["span_id"]
        assert span["context"]["trace_id"] == view["context"]["trace_id"]
        assert span["kind"] == "SpanKind.CONSUMER"
        assert span["attributes"]["code.function.name"] == NAME + name
    assert below["later"]["attributes"]["site.seen"] is True
    assert below["plain"]["status"]["status_code"] == "UNSET"
    assert below["refuse"]["status"] == {"status_code": "ERROR", "description": "ValueError: no, thank you"}
    assert below["refuse"]["events"][0]["attributes"]["exception.message"] == "no, thank you"

    steps = [span for span in spans if span["name"] == "a step"]
    assert {step["parent_id"] for step in steps} == {
        span["context"]["span_id"] for span in tasks if span["name"] == NAME + "plain"
    }


class TestSetting:
    def test_tasks_are_traced_where_opentelemetry_is_installed(self, settings):
        settings.POOLAPP = {}
        assert get_settings().tracing
        assert get_settings().pools["default"].inside_task == "poolapp.tracing:task_span"
        assert get_settings().pools["default"].context_vars == ("poolapp.tracing:trace_context",)
        settings.POOLAPP = {"POOLS": {"default": {"OPTIONS": {"context_vars": [VARIABLE]}}}}
        assert get_settings().pools["default"].context_vars == (VARIABLE, "poolapp.tracing:trace_context")
        settings.POOLAPP = {"TRACING": False, "POOLS": {"default": {"OPTIONS": {"context_vars": [VARIABLE]}}}}
        assert not get_settings().tracing
        assert get_settings().pools["default"].inside_task is None
        assert get_settings().pools["default"].context_vars == (VARIABLE,)

    def test_they_are_not_where_it_is_missing(self, settings, monkeypatch):
        monkeypatch.setattr(conf, "find_spec", lambda name: None)
        settings.POOLAPP = {}
        assert not get_settings().tracing
        settings.POOLAPP = {"TRACING": True}
        with pytest.raises(InvalidSetting, match=r'needs OpenTelemetry: pip install "poolapp\[opentelemetry\]"'):
            get_settings()

    def test_it_is_true_or_false(self, settings):
        settings.POOLAPP = {"TRACING": "yes"}
        with pytest.raises(InvalidSetting, match=r"must be True, False or None, not 'yes'"):
            get_settings()

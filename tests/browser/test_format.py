"""The scripts write figures and times as the server does."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from poolapp.dashboard import messages

FORMAT = """async ([texts, zone, kinds, values]) => {
  const { Format } = await import("/static/poolapp/js/format.js");
  const format = new Format(texts, zone);
  return kinds.map((kind) => values.map((value) => format[kind](value)));
}"""
# 1774749599.9996 is within a millisecond of the moment when Berlin's clocks go forward.
MOMENTS = [None, 0, 1_767_323_045.678_9, 1_774_749_599.999_6, 1_774_749_600, 1_792_890_000.000_4]
FIGURES = [None, 0, 1, 61, 999, 1000, 7260, 90_000, 1_234_567, 2**20 * 9.995, 0.00025, 0.00123, 0.0123, 0.123, 0.31]
FIGURES += [0.125, 0.5, 1.5, 2.5, 9.996, 59.96, *(1.37**power / 1000 for power in range(30))]
KINDS = ["count", "seconds", "duration", "bytes", "percent"]


def written(page, zone, kinds, values):
    """What the scripts make of values in a time zone."""
    return page.evaluate(FORMAT, [messages.catalogue(), zone, kinds, values])


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"])
def test_times(administrator, demo, zone):
    administrator.goto(demo.dashboard)

    clocks, moments, isos = written(administrator, zone, ["clock", "moment", "iso"], MOMENTS)

    with timezone.override(ZoneInfo(zone)):
        assert clocks == [messages.clock_text(at) for at in MOMENTS]
        assert moments == [messages.moment_text(at) for at in MOMENTS]
        assert isos == [messages.iso_text(at) for at in MOMENTS]


@pytest.mark.parametrize("kind", KINDS)
def test_figures(administrator, demo, kind):
    administrator.goto(demo.dashboard)

    [texts] = written(administrator, "UTC", [kind], FIGURES)

    with translation.override("en-us"):
        assert texts == [getattr(messages, f"{kind}_text")(value) for value in FIGURES]


def test_what_is_shown_keeps_its_moment_while_scripts_repaint(dashboard):
    up = dashboard.page.locator("time[data-field=uptime]").first
    before = up.get_attribute("title")
    text = up.inner_text()

    dashboard.page.wait_for_function(
        "(text) => document.querySelector('[data-field=uptime]').textContent !== text", arg=text
    )

    after = up.get_attribute("title")
    assert after == before
    as_of = dashboard.page.locator("[data-role=as-of]")
    assert as_of.inner_text() in as_of.get_attribute("title")

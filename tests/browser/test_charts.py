"""The charts: values and times at the pointer, longer spans of the past, and one choice for all pages."""

from __future__ import annotations

import re
import time
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.app.polling import eventually
from tests.browser.chromium import log_in
from tests.browser.dashboard import DashboardPage
from tests.project import pictures

PHOTOS = [(f"photo{number}.jpg", pictures.jpeg(800, 600)) for number in range(3)]
CLOCK = re.compile(r"^\d\d:\d\d:\d\d$")
DAY_AND_CLOCK = re.compile(r"^\w+ \d+, \d\d:\d\d:\d\d$")

# Waits until a chart is painted again, and says what each repaint of the page has cost.
ROUNDS = 20
MEASURE = """
async (rounds) => {
  const here = document.querySelector("script[type=module]").src;
  const { Plot } = await import(here.replace("pool.js", "plot.js"));
  const { figures, copied } = await import(here.replace("pool.js", "samples.js"));
  const costs = [];
  const draw = Plot.prototype.draw;
  return await new Promise((resolve) => {
    Plot.prototype.draw = function (...given) {
      const began = performance.now();
      draw.apply(this, given);
      queueMicrotask(() => {
        costs.push(performance.now() - began);
        if (costs.length < rounds) return;
        Plot.prototype.draw = draw;
        resolve(costs.sort((one, other) => one - other));
      });
    };
  });
}
"""


def chart(page: Page, name: str) -> Locator:
    return page.locator(f"[data-chart={name}]")


def value(page: Page, series: str) -> Locator:
    return page.locator(f"[data-series={series}]")


def choose(page: Page, span: str) -> None:
    page.get_by_text(span, exact=True).click()


@pytest.fixture
def pool(dashboard, demo) -> Page:
    """The page of the demo's pool, with samples of some tasks."""
    demo.upload(*PHOTOS)
    dashboard.page.get_by_role("link", name="default", exact=True).click()
    dashboard.page.set_viewport_size({"width": 1280, "height": 1100})  # all charts can be seen
    DashboardPage(dashboard.page).live()
    choose(dashboard.page, "1 min")
    for name in ("throughput", "run"):  # from the second sample on
        expect(chart(dashboard.page, name).locator("canvas")).to_be_visible()
    expect(value(dashboard.page, "run_p99")).not_to_be_empty()
    return dashboard.page


def point(page: Page, name: str, share: float) -> None:
    """Move the pointer over a chart, to this share of its width."""
    area = chart(page, name).locator(".u-over")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)


def test_the_pointer_reads_the_values_of_its_moment_in_all_charts(pool):
    expect(chart(pool, "run").locator("[data-role=when]")).to_have_text("now")

    point(pool, "run", 0.95)

    for name in ("throughput", "utilisation", "wait", "run", "queue"):
        expect(chart(pool, name).locator("[data-role=when]")).to_have_text(CLOCK)
    moments = "[...document.querySelectorAll('[data-chart] [data-role=when]')].map((when) => when.textContent)"
    eventually(lambda: len(set(pool.evaluate(moments))) == 1)  # they move on, one in each animation frame
    expect(value(pool, "run_p99")).to_have_text(re.compile(r"^[\d.]+ (s|ms)$"))
    expect(value(pool, "queued")).to_have_text(re.compile(r"^\d+$"))
    pool.mouse.move(0, 0)
    expect(chart(pool, "run").locator("[data-role=when]")).to_have_text("now")


def test_percentiles_are_drawn_once_tasks_have_run(pool):
    for series in ("wait_p50", "wait_p95", "wait_p99", "run_p50", "run_p95", "run_p99"):
        expect(value(pool, series)).to_have_text(re.compile(r"^[\d.]+ (s|ms|µs)$"))
    expect(chart(pool, "run").locator("[data-role=nothing]")).to_be_hidden()


def test_a_chart_has_a_name_that_tells_what_it_shows(pool):
    plot = chart(pool, "run").get_by_role("img")

    expect(plot).to_have_attribute("aria-label", re.compile(r"^Run time, .*Now: p50 [\d.]+ m?s.*Highest in 1 min: p50"))


def test_arrow_keys_move_from_sample_to_sample(pool):
    plot = chart(pool, "throughput").get_by_role("img")
    when = chart(pool, "throughput").locator("[data-role=when]")
    plot.focus()
    pool.keyboard.press("ArrowLeft")
    expect(when).to_have_text(CLOCK)
    last = when.inner_text()

    for _ in range(4):
        pool.keyboard.press("ArrowLeft")

    expect(when).not_to_have_text(last)
    assert when.inner_text() < last or last.startswith("00:0")
    assert CLOCK.match(chart(pool, "utilisation").locator("[data-role=when]").inner_text())
    plot.blur()
    expect(when).to_have_text("now")


def test_a_longer_span_shows_older_samples(pool):
    point(pool, "throughput", 0.01)
    expect(chart(pool, "throughput").locator("[data-role=when]")).to_have_text(CLOCK)

    with pool.expect_response(re.compile(r"/history/\?seconds=86400$")) as answered:
        choose(pool, "24 h")

    samples = answered.value.json()["samples"]
    assert len(samples["at"]) == len(samples["run_p99"]) >= 1
    point(pool, "throughput", 0.5)
    when = chart(pool, "throughput").locator("[data-role=when]")
    expect(when).to_have_text(DAY_AND_CLOCK)
    expect(value(pool, "ok")).to_have_text("–")  # the demo was not there half a day ago
    point(pool, "throughput", 0.999)
    expect(value(pool, "ok")).to_have_text(re.compile(r"^[\d.]+/s$"))


def test_the_choice_is_remembered_for_the_next_page(pool, demo):
    choose(pool, "1 h")

    DashboardPage(pool).open(demo.dashboard).live()

    expect(pool.get_by_role("radio", name="1 h")).to_be_checked()
    expect(pool.get_by_role("radio", name="15 min")).not_to_be_checked()


def test_times_are_those_of_the_site_wherever_the_reader_is(new_context, demo):
    page = new_context(timezone_id="Asia/Tokyo").new_page()
    log_in(page, demo)
    DashboardPage(page).open(demo.dashboard).live()
    choose(page, "1 min")
    expect(chart(page, "wait").locator("canvas")).to_be_visible()

    def minutes_apart() -> int:
        point(page, "wait", 0.5)
        told = chart(page, "wait").locator("[data-role=when]")
        expect(told).to_have_text(CLOCK)
        hour, minute, _ = map(int, told.inner_text().split(":"))
        now = time.gmtime(time.time() - 30)
        apart = (60 * hour + minute - 60 * now.tm_hour - now.tm_min) % 1440
        return min(apart, 1440 - apart)

    eventually(lambda: minutes_apart() <= 1)  # once the chart is drawn for that minute


def test_colours_follow_the_theme(pool):
    def colours() -> set[tuple[int, ...]]:
        picture = Image.open(BytesIO(chart(pool, "queue").locator("canvas").screenshot())).convert("RGB")
        return {colour for _, colour in picture.getcolors(1 << 24)}

    chart(pool, "queue").scroll_into_view_if_needed()
    light, dark = (131, 77, 0), (246, 192, 106)
    expect(value(pool, "queued")).to_have_text(re.compile(r"^\d+$"))
    pool.wait_for_timeout(1500)
    assert light in colours()

    pool.emulate_media(color_scheme="dark")
    pool.wait_for_timeout(1500)

    assert light not in colours()
    assert dark in colours()


def test_the_overview_has_a_line_in_the_head_of_each_card(dashboard, demo):
    line = dashboard.page.locator("[data-role=sparkline]").first
    demo.upload(*PHOTOS)

    expect(line.locator("b")).to_have_text(re.compile(r"^[\d.]+/s$"))
    expect(line.locator("path")).to_have_attribute("d", re.compile(r"^M[\d. ]+L"))


# Paints the line of a pool that had ten tasks a second until so many seconds ago; says where it ends, and the rate.
PAINT_LINE = """
async (age) => {
  const here = document.querySelector("script[type=module]").src;
  const { paintSparkline } = await import(here.replace("dashboard.js", "sparkline.js"));
  const { copied } = await import(here.replace("dashboard.js", "samples.js"));
  const card = document.querySelector("[data-list=pools] > *").cloneNode(true);
  const at = Array.from({ length: 60 }, (_, second) => 1000 + second);
  const samples = copied({ at, executed: at.map((second) => 10 * second), failed: at.map(() => 0) });
  const page = { serverTime: () => at.at(-1) + age, format: { rate: (value) => value } };
  paintSparkline(card, samples, page);
  const line = card.querySelector("[data-role=sparkline]");
  const [right] = line.querySelector("path").getAttribute("d").split(/[ML]/).at(-1).split(" ");
  return [Number(right), line.querySelector("b").textContent];
}
"""


@pytest.mark.parametrize(
    "age, seen", [(0, [96.0, "10"]), (10, [92.8, "10"]), (150, [48.0, ""])], ids=["now", "late", "lost"]
)
def test_the_line_of_a_pool_ends_where_it_was_last_heard_of(dashboard, age, seen):
    assert dashboard.page.evaluate(PAINT_LINE, age) == seen


def test_a_history_that_is_no_history_is_no_error(pool):
    """The journal would hear of an exception."""
    pool.route(
        re.compile("/history/"), lambda route: route.fulfill(status=200, body="<html>", content_type="text/html")
    )

    with pool.expect_response(re.compile("/history/")):
        choose(pool, "24 h")

    expect(chart(pool, "run").get_by_role("img")).to_have_attribute("aria-label", re.compile("Highest in 24 h"))


def test_charts_that_are_folded_away_are_not_drawn(dashboard):
    page = dashboard.page
    expect(chart(page, "throughput").locator("canvas")).to_be_visible()
    page.get_by_text("Charts", exact=True).click()
    expect(chart(page, "throughput").locator("canvas")).to_be_hidden()
    name = chart(page, "throughput").locator("[data-role=plot]")
    page.wait_for_timeout(1500)
    before = name.get_attribute("aria-label")
    # What is not painted does not tell of the present either.
    page.evaluate("document.querySelector('[data-chart=throughput] [data-role=plot]').ariaLabel = 'untouched'")
    page.wait_for_timeout(2500)

    assert name.get_attribute("aria-label") == "untouched" != before

    page.get_by_text("Charts", exact=True).click()
    expect(name).to_have_attribute("aria-label", re.compile("^Throughput"))


def test_what_a_repaint_costs(pool):
    """Printed, and far below what would be felt: a frame has 16 milliseconds."""
    costs = pool.evaluate(MEASURE, ROUNDS)

    print(f"one chart: median {costs[ROUNDS // 2]:.2f} ms, {costs[0]:.2f} to {costs[-1]:.2f} ms")
    assert costs[ROUNDS // 2] < 8

"""The list of tasks: it shows what happens by itself, waits for its reader, and acts on many tasks at once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.demo import Demo
from tests.project import pictures

PHOTOS = 6
MAKE_LONG = "node => { node.textContent = 'n'.repeat(190); }"
MARK = "window.notLoadedAgain = true"
COUNT_CALLS = """
() => {
  const { Actions } = window;
  window.introduced = 0;
  window.Actions = (...given) => {
    window.introduced++;
    Actions(...given);
  };
}
"""


class TaskList:
    """The list in the admin, as somebody sees it."""

    def __init__(self, page: Page, demo: Demo) -> None:
        self.page = page
        self.demo = demo
        self.address = f"{demo.site}/admin/poolapp/taskrecord/"
        self.rows = page.locator("#result_list tbody tr")
        self.badge = page.locator("#poolapp [data-badge]")
        self.refresh = page.get_by_label("Refresh")

    def open(self, query: str = "") -> TaskList:
        self.page.goto(self.address + query)
        self.page.mouse.move(0, 0)
        self.page.evaluate(MARK)
        return self

    @property
    def first(self) -> str:
        """Which task is the newest in the list."""
        return self.rows.first.get_by_role("link").first.get_attribute("href") or ""

    def box(self, index: int = 0) -> Locator:
        return self.rows.nth(index).get_by_role("checkbox")

    def act(self, label: str) -> None:
        self.page.get_by_role("combobox", name="Action").select_option(label=label)
        self.page.get_by_role("button", name="Go", exact=True).click()

    def expect_newer_than(self, first: str) -> None:
        expect(self.rows.first.get_by_role("link").first).not_to_have_attribute("href", re.compile(f"^{first}$"))
        assert self.page.evaluate("window.notLoadedAgain"), "the page was loaded again"


def photo(name: str = "photo.jpg") -> tuple[str, bytes]:
    return name, pictures.noisy(300, 200)


@pytest.fixture
def tasks(administrator: Page, demo: Demo) -> TaskList:
    """The list, with a task or more in it."""
    demo.upload(photo())
    listed = TaskList(administrator, demo).open()
    expect(listed.rows.first).to_be_visible()
    return listed


def test_a_new_task_is_shown_without_loading_the_page_again(tasks, demo):
    expect(tasks.badge).to_have_text("live")
    count = tasks.page.locator("#changelist-filter").get_by_role("link", name=re.compile(r"^executed"))
    first, counted = tasks.first, count.inner_text()

    demo.upload(photo())

    tasks.expect_newer_than(first)
    expect(count).not_to_have_text(counted)


def test_it_holds_while_a_row_is_ticked(tasks, demo):
    first = tasks.first
    tasks.box().check()
    tasks.page.mouse.move(0, 0)
    expect(tasks.badge).to_have_text("held while rows are ticked")

    demo.upload(photo())
    tasks.page.wait_for_timeout(4000)

    assert tasks.first == first
    tasks.box().uncheck()
    tasks.page.mouse.move(0, 0)
    tasks.page.evaluate("document.activeElement.blur()")
    tasks.expect_newer_than(first)


def test_it_holds_while_somebody_points_at_it(tasks):
    tasks.rows.first.hover()

    expect(tasks.badge).to_have_text("held while you point at it")


def test_it_holds_while_somebody_writes_into_the_search(tasks):
    tasks.page.keyboard.press("/")
    expect(tasks.page.locator("#searchbar")).to_be_focused()
    tasks.page.keyboard.type("thumb")

    expect(tasks.badge).to_have_text("held while you work in it")


def test_the_first_rows_come_and_the_last_one_goes_without_loading_the_page_again(tasks, demo):
    tasks.open("?status=queued")
    expect(tasks.rows).to_have_count(0)
    tasks.page.locator("#searchbar").fill("thumb")
    tasks.page.locator("#searchbar").blur()
    with ThreadPoolExecutor(1) as visitor, demo.paused():
        visitor.submit(demo.upload, photo(), photo())
        expect(tasks.rows).to_have_count(2)
        tasks.page.locator("#action-toggle").check()
        expect(tasks.page.locator(".action-counter")).to_have_text("2 of 2 selected")
        tasks.page.locator("#action-toggle").uncheck()
        tasks.page.locator("#action-toggle").blur()
        tasks.page.mouse.move(0, 0)

    expect(tasks.rows).to_have_count(0)
    expect(tasks.page.locator("#result_list")).to_be_hidden()
    expect(tasks.page.locator("#searchbar")).to_have_value("thumb")
    assert tasks.page.evaluate("window.notLoadedAgain"), "the page was loaded again"


def test_all_rows_can_be_ticked_also_those_that_came_later(tasks, demo):
    tasks.page.evaluate(COUNT_CALLS)
    for _ in range(2):
        first = tasks.first
        demo.upload(photo(), photo())
        tasks.expect_newer_than(first)
    expect(tasks.badge).to_have_text("live")

    tasks.page.locator("#action-toggle").check()

    count = tasks.rows.count()
    expect(tasks.page.locator("#result_list tbody input:checked")).to_have_count(count)
    expect(tasks.page.locator(".action-counter")).to_have_text(f"{count} of {count} selected")
    assert tasks.page.evaluate("window.introduced") <= 1, "the admin's script listens more and more often"


def test_it_can_be_switched_off_and_that_is_remembered(tasks, demo):
    tasks.refresh.select_option("off")
    tasks.open()
    expect(tasks.badge).to_have_text("not refreshed")
    first = tasks.first

    demo.upload(photo())
    tasks.page.wait_for_timeout(3000)

    assert tasks.first == first
    assert tasks.page.evaluate("localStorage.getItem('poolapp.refresh')") == "off"
    tasks.refresh.select_option("1")
    tasks.expect_newer_than(first)
    assert tasks.page.evaluate("localStorage.getItem('poolapp.refresh')") == "1"


def test_a_choice_in_another_tab_holds_here(tasks):
    other = TaskList(tasks.page.context.new_page(), tasks.demo).open()
    other.refresh.select_option("off")

    expect(tasks.badge).to_have_text("not refreshed")


def test_it_says_when_nothing_comes_any_more(tasks, demo):
    with demo.frozen():
        expect(tasks.badge).to_have_text(re.compile("^stale since"), timeout=25_000)
    expect(tasks.badge).to_have_text("live")


def test_all_that_wait_are_cancelled_by_a_filter(tasks, demo):
    page = tasks.page
    tasks.open("?status=queued")
    with demo.paused(), ThreadPoolExecutor(1) as visitor:
        upload = visitor.submit(demo.upload, *(photo(f"photo{number}.jpg") for number in range(PHOTOS)))
        expect(tasks.rows).to_have_count(PHOTOS)
        page.locator("#action-toggle").check()
        tasks.act("Cancel")
        expect(page.get_by_role("heading", name=f"{PHOTOS} of {PHOTOS} tasks can be cancelled")).to_be_visible()
        page.get_by_role("button", name=f"Cancel {PHOTOS} tasks").click()

        expect(page.locator(".messagelist")).to_contain_text(f"Asked to cancel {PHOTOS} tasks.")
        assert {result["error"] for result in upload.result()} == {"Somebody has cancelled it before it began."}
        page.get_by_role("link", name="See what became of it").click()
        expect(page.locator(".field-status")).to_contain_text("done")


def test_tasks_are_run_again(tasks):
    page, first = tasks.page, tasks.first
    tasks.box().check()
    tasks.act("Run again")
    page.get_by_role("button", name="Run 1 task again").click()

    expect(page.locator(".messagelist")).to_contain_text("Asked to run 1 task again.")
    page.mouse.move(0, 0)
    page.evaluate(MARK)
    tasks.expect_newer_than(first)
    expect(tasks.rows.first).to_contain_text("executed")


def test_a_task_is_run_again_from_its_page(tasks):
    page, first = tasks.page, tasks.first
    page.goto(f"{tasks.demo.site}{first}")
    page.get_by_role("button", name="Run again").click()

    page.wait_for_url(lambda address: address.endswith("/change/") and first.split("?")[0] not in address)
    expect(page.locator(".field-arguments")).to_contain_text("original")
    page.locator(".pa-timeline-says").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Controls")).to_be_visible()


@pytest.mark.parametrize("width", [768, 1440])
def test_a_long_name_leaves_room_for_the_rest(tasks, width):
    page, address = tasks.page, tasks.first
    page.set_viewport_size({"width": width, "height": 900})

    page.locator("#result_list .field-short_name a").first.evaluate(MAKE_LONG)
    assert page.locator("#result_list .field-short_name").first.bounding_box()["width"] <= 26 * 16
    page.goto(f"{tasks.demo.site}{address}")
    page.locator(".field-name .readonly").evaluate(MAKE_LONG)
    page.locator(".breadcrumbs").evaluate(MAKE_LONG)

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_narrow_page_the_filter_is_below_the_list(tasks):
    page = tasks.page
    page.set_viewport_size({"width": 768, "height": 900})

    places = (page.locator(place).bounding_box() for place in ("#changelist-form", "#changelist-filter", "#searchbar"))
    form, beside, search = places

    assert beside["y"] >= form["y"] + form["height"]
    assert beside["width"] == pytest.approx(form["width"], abs=1)
    assert search["width"] > 200

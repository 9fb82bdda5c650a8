"""Photos go in, thumbnails come out, and what the files are called stays text."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.chromium import log_in
from tests.browser.dashboard import DashboardPage
from tests.browser.demo import Demo
from tests.project import pictures

HOSTILE = "<img src=x onerror=alert(1)>.jpg"


def photo(name: str, content: bytes) -> Any:
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


def upload(page: Page, demo: Demo, *photos: Any) -> None:
    page.goto(f"{demo.site}/")
    page.get_by_label("Choose photos").set_input_files(list(photos))
    page.get_by_role("button", name="Make thumbnails").click()


def test_three_photos_become_three_thumbnails(stranger, demo):
    log_in(stranger, demo)
    names = ["red.jpg", "green.jpg", "blue.jpg"]
    colours = [pictures.RED, pictures.GREEN, pictures.BLUE]

    upload(stranger, demo, *map(photo, names, [pictures.jpeg(800, 600, colour) for colour in colours]))

    results = stranger.get_by_role("region", name="This upload").get_by_role("listitem")
    expect(results).to_contain_text(["red.jpg Done in", "green.jpg Done in", "blue.jpg Done in"])
    for result in results.all():
        expect(result.locator("img")).to_have_js_property("naturalWidth", 160)
    shown = stranger.get_by_role("region", name="All photos")
    for name in names:
        image = shown.get_by_role("img", name=name)
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("naturalWidth", 480)


def test_a_file_that_is_no_image_fails_alone(stranger, demo):
    upload(stranger, demo, photo("notes.jpg", b"just text"), photo("fine.jpg", pictures.jpeg()))

    results = stranger.get_by_role("region", name="This upload").get_by_role("listitem")
    expect(results).to_contain_text(["notes.jpg Failed: ", "fine.jpg Done in"])


def test_a_hostile_name_is_text_wherever_it_appears(administrator, demo):
    upload(administrator, demo, photo(HOSTILE, pictures.jpeg()), photo(HOSTILE, b"just text"))

    results = administrator.get_by_role("region", name="This upload").get_by_role("listitem")
    expect(results).to_contain_text([f"{HOSTILE} Done in", f"{HOSTILE} Failed: "])
    expect(administrator.get_by_role("img", name=HOSTILE, exact=True)).to_be_visible()
    expect(administrator.get_by_title(HOSTILE, exact=True)).to_have_text([HOSTILE] * 3)
    expect(administrator.locator("img[src=x]")).to_have_count(0)

    dashboard = DashboardPage(administrator).open(demo.dashboard).live()
    expect(administrator.locator("img[src=x]")).to_have_count(0)

    dashboard.open_record(dashboard.tasks.filter(has_text="failed").first)
    expect(administrator.get_by_role("heading", name="make_thumbnails")).to_be_visible()
    expect(administrator.locator("img[src=x]")).to_have_count(0)

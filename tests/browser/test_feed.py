"""The feed of events: chosen by kind, held while it is read, each line with a link to its record."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.dashboard import DashboardPage
from tests.project import pictures

PHOTO = ("photo.jpg", pictures.jpeg())
FINISHED = re.compile(r"make_thumbnails finished in")
ABOUT_POOLS = re.compile("pool is ready|is online|worker is free")


@pytest.fixture
def told(dashboard, demo):
    """The dashboard, once it has told of a task."""
    demo.upload(PHOTO)
    expect(dashboard.told(FINISHED).first).to_be_visible()
    return dashboard


def choose(dashboard: DashboardPage, kind: str) -> None:
    dashboard.page.locator("[data-role=feed-choice]").get_by_text(kind, exact=True).click()


def test_one_kind_is_shown_and_stays_so_in_the_address(told):
    choose(told, "Pools")

    expect(told.told(FINISHED)).to_have_count(0)
    expect(told.told(ABOUT_POOLS).first).to_be_visible()
    assert told.page.url.endswith("?events=pool")
    told.page.reload()
    told.live()
    expect(told.told(ABOUT_POOLS).first).to_be_visible()
    expect(told.told(FINISHED)).to_have_count(0)
    choose(told, "Tasks")
    expect(told.told(FINISHED).first).to_be_visible()
    expect(told.told(ABOUT_POOLS)).to_have_count(0)
    choose(told, "All")
    assert told.page.url.endswith("/dashboard/")


def test_a_pool_that_an_address_names_is_the_only_one(dashboard, demo):
    dashboard.open(f"{demo.dashboard}?pool=nobody").live()

    expect(dashboard.page.get_by_text("Nothing has happened yet.")).to_be_visible()


def test_it_is_held_and_tells_how_much_it_has_missed(told, demo):
    hold = told.page.get_by_role("button", name="Hold")
    hold.click()
    told.page.mouse.move(0, 0)
    newest = told.events.first.get_attribute("data-key")

    demo.upload(PHOTO)

    expect(told.page.get_by_text(re.compile(r"^[12] more since it was held$"))).to_be_visible()
    assert told.events.first.get_attribute("data-key") == newest
    hold.click()
    expect(told.events.first).not_to_have_attribute("data-key", newest)
    expect(told.page.get_by_text("more since it was held")).to_be_hidden()


def test_another_choice_is_shown_at_once_and_stays_held(told, demo):
    hold = told.page.get_by_role("button", name="Hold")
    hold.click()
    choose(told, "Tasks")
    expect(told.told(ABOUT_POOLS)).to_have_count(0)
    newest = told.events.first.get_attribute("data-key")

    demo.upload(PHOTO)

    expect(told.page.get_by_text(re.compile(r"^1 more since it was held$"))).to_be_visible()
    expect(hold).to_have_attribute("aria-pressed", "true")
    assert told.events.first.get_attribute("data-key") == newest


def test_a_line_leads_to_the_record_of_what_it_tells(told):
    choose(told, "Pools")
    told.told(ABOUT_POOLS).first.get_by_role("link").click()

    expect(told.page.locator(".field-event")).to_contain_text(re.compile("ready|online|busy_end"))
    told.page.go_back()
    told.live()
    choose(told, "All")
    told.told(FINISHED).first.get_by_role("link").click()
    expect(told.page.locator(".field-status")).to_be_visible()

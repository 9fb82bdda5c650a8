"""The dashboard by keyboard."""

from __future__ import annotations

from playwright.sync_api import expect


def test_letters_lead_from_page_to_page(dashboard, demo):
    page = dashboard.page

    page.keyboard.press("g")
    page.keyboard.press("t")

    page.wait_for_url(f"{demo.site}/admin/poolapp/taskrecord/")


def test_a_slash_leads_to_the_search(dashboard, demo):
    dashboard.page.keyboard.press("/")

    dashboard.page.wait_for_url(f"{demo.site}/admin/poolapp/taskrecord/#searchbar")


def test_a_question_mark_shows_the_keys_and_typing_does_nothing(dashboard):
    page = dashboard.page
    keys = page.get_by_role("dialog", name="Keys")

    page.keyboard.press("?")

    expect(keys).to_be_visible()
    expect(keys).to_contain_text("search tasks")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.get_by_role("link", name="default", exact=True).click()
    page.get_by_label("at least").press_sequentially("?g")
    expect(keys).to_be_hidden()

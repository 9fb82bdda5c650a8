"""The demo site around the gallery: its policy, its static files, its secret key."""

from __future__ import annotations

import pytest
from django.test import AsyncClient, Client

from project import secret_key
from project.csp import POLICY


def test_the_policy_allows_nothing_inline():
    assert "unsafe" not in POLICY


async def test_pages_static_files_and_errors_all_carry_the_policy(media):
    client = AsyncClient()

    responses = [await client.get(url) for url in ["/", "/static/gallery/gallery.css", "/nowhere/"]]

    assert [response.status_code for response in responses] == [200, 200, 404]
    assert {response.headers["Content-Security-Policy"] for response in responses} == {POLICY}


def test_pages_carry_the_policy_under_wsgi_too(media):
    assert Client().get("/").headers["Content-Security-Policy"] == POLICY


@pytest.mark.parametrize(
    "url, kind",
    [
        ("/static/gallery/gallery.css", "text/css"),
        ("/static/gallery/upload.js", "text/javascript"),
        ("/static/gallery/icon.svg", "image/svg+xml"),
        ("/static/admin/css/base.css", "text/css"),
    ],
)
async def test_static_files_are_served_without_debug(settings, url, kind):
    response = await AsyncClient().get(url)

    assert settings.DEBUG is False
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith(kind)
    assert b"".join([chunk async for chunk in response])


async def test_pages_need_no_inline_script_or_style(media):
    page = (await AsyncClient().get("/")).content.decode()

    assert "style=" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count('<script type="module" src=')


async def test_browsers_find_an_icon_for_the_admin():
    response = await AsyncClient().get("/favicon.ico")

    assert (response.status_code, response.url) == (302, "/static/gallery/icon.svg")


def test_the_secret_key_is_made_once_and_is_nobody_elses(tmp_path):
    path = tmp_path / "key"

    key = secret_key.kept_in(path)

    assert len(key) >= 50
    assert secret_key.kept_in(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]

"""Who may upload, how much, and what becomes of names; no file here ever reaches the pool."""

from __future__ import annotations

import pytest

from tests.project import pictures

JSON = {"Accept": "application/json"}


async def post(client, *files, headers=JSON):
    return await client.post("/thumbnails/", {"images": files}, headers=headers)


async def test_an_upload_without_files_is_refused(client):
    response = await post(client)

    assert response.status_code == 400
    assert "choose at least one image" in response.json()["error"]


async def test_a_person_reads_the_refusal_on_the_page(client):
    response = await post(client, headers={"Accept": "text/html"})

    assert response.status_code == 400
    assert "choose at least one image" in response.content.decode()


async def test_an_upload_that_cannot_be_parsed_is_refused(client):
    response = await client.post("/thumbnails/", b"nonsense", content_type="multipart/form-data", headers=JSON)

    assert response.status_code == 400
    assert "cannot be read" in response.json()["error"]


@pytest.mark.parametrize("limit", ["GALLERY_MAX_FILES", "DATA_UPLOAD_MAX_NUMBER_FILES"])
async def test_too_many_files_are_refused(client, settings, media, limit):
    setattr(settings, limit, 2)

    response = await post(client, *(pictures.file(f"{n}.jpg", b"x") for n in range(3)))

    assert response.status_code == 413
    assert "no more than" in response.json()["error"]
    assert not media.exists()


async def test_too_many_bytes_are_refused(client, settings, media):
    settings.GALLERY_MAX_REQUEST_BYTES = 1000

    response = await post(client, pictures.file("a.jpg", b"x" * 1001))

    assert response.status_code == 413
    assert "1000\xa0bytes" in response.json()["error"]
    assert not media.exists()


async def test_a_file_that_is_empty_or_too_large_is_refused_alone(client, settings, media):
    settings.GALLERY_MAX_FILE_BYTES = 1000

    response = await post(client, pictures.file("empty.jpg", b""), pictures.file("large.jpg", b"x" * 1001))

    empty, large = response.json()
    assert empty["error"] == "This file is empty."
    assert large["error"] == "This file is larger than 1000\xa0bytes."
    assert not media.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://elsewhere.example"},
        {"Origin": "http://testserver:8001"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
    ],
)
async def test_a_page_of_another_site_may_not_upload(client, media, headers):
    response = await post(client, pictures.file("a.jpg", pictures.jpeg()), headers=JSON | headers)

    assert response.status_code == 403
    assert not media.exists()


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://testserver"}, {"Sec-Fetch-Site": "same-origin"}], ids=repr)
async def test_our_own_page_and_scripts_may_upload(client, headers):
    response = await post(client, pictures.file("a.jpg", b""), headers=JSON | headers)

    assert response.status_code == 200


async def test_names_are_shown_as_text_and_never_used_as_paths(client, media):
    hostile = '../../<img src=x onerror="alert(1)">.jpg'

    response = await post(client, pictures.file(hostile, b""), headers={"Accept": "text/html"})

    page = response.content.decode()
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;.jpg" in page
    assert "<img src=x" not in page
    assert not media.exists()


async def test_looking_at_the_upload_address_leads_to_the_gallery(client):
    response = await client.get("/thumbnails/")

    assert response.status_code == 302
    assert response.url == "/"

"""The gallery end to end: files in, tasks on a real pool, pages and JSON out."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import CancelledError
from io import BytesIO

import pytest

import poolapp
from project.gallery import development
from tests.project import pictures

pytestmark = [pytest.mark.usefixtures("pool"), pytest.mark.leaves_workers]

JSON = {"Accept": "application/json"}


async def post(client, *files, headers=JSON):
    return await client.post("/thumbnails/", {"images": files}, headers=headers)


async def test_an_uploaded_photo_is_made_by_a_worker_and_served_in_three_sizes(client):
    response = await post(client, pictures.file("a.jpg", pictures.jpeg(1600, 1200)))

    [result] = response.json()
    assert result["name"] == "a.jpg"
    assert result["ok"] is True
    assert result["error"] is None
    assert (result["width"], result["height"]) == (1600, 1200)
    assert result["worker_pid"] != os.getpid()
    assert result["seconds"] > 0
    images = [await client.get(url) for url in result["thumbnails"]]
    sizes = [pictures.size_of(BytesIO(image.content)) for image in images]
    assert sizes == [(160, 120), (480, 360), (1280, 960)]


async def test_thumbnails_are_served_as_nothing_but_jpeg(client):
    [result] = (await post(client, pictures.file("page.html", pictures.jpeg()))).json()

    response = await client.get(result["thumbnails"][0])

    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_originals_are_kept_but_not_served(client, media):
    content = pictures.jpeg()
    [result] = (await post(client, pictures.file("a.jpg", content))).json()

    folder = result["thumbnails"][0].rpartition("/")[0]
    response = await client.get(f"{folder}/original")

    assert response.status_code == 404
    assert [path.read_bytes() for path in media.glob("*/original")] == [content]


async def test_a_photo_is_turned_upright(client):
    [result] = (await post(client, pictures.file("a.jpg", pictures.sideways(6)))).json()

    thumbnail = await client.get(result["thumbnails"][1])

    assert (result["width"], result["height"]) == pictures.size_of(BytesIO(thumbnail.content)) == (40, 60)


async def test_results_come_in_the_order_of_the_files_and_a_bad_file_hurts_no_other(client, media):
    files = {
        "large.jpg": pictures.noisy(3000, 2000),
        "text.jpg": b"Dear diary,",
        "small.jpg": pictures.jpeg(),
        "half.jpg": pictures.truncated(),
        "bomb.png": pictures.bomb(30_000),
        "last.jpg": pictures.jpeg(),
    }

    response = await post(client, *(pictures.file(name, content) for name, content in files.items()))

    results = response.json()
    assert [result["name"] for result in results] == list(files)
    assert [result["ok"] for result in results] == [True, False, True, False, False, True]
    assert "not an image" in results[1]["error"]
    assert "incomplete" in results[3]["error"]
    assert "pixels" in results[4]["error"]
    assert len(list(media.iterdir())) == 3


async def test_a_refused_file_has_every_key_of_a_good_one(client):
    good, bad = (await post(client, pictures.file("a.jpg", pictures.jpeg()), pictures.file("b.jpg", b"text"))).json()

    assert good.keys() == bad.keys()
    assert bad["thumbnails"] == []
    assert bad["worker_pid"] is None


async def test_several_workers_share_an_upload(client):
    files = [pictures.file(f"{number}.jpg", pictures.noisy(1600, 1200)) for number in range(6)]

    results = (await post(client, *files)).json()

    assert len({result["worker_pid"] for result in results}) == 2


async def test_the_page_shows_what_became_of_each_file(client):
    response = await post(
        client,
        pictures.file("good.jpg", pictures.jpeg()),
        pictures.file("bad.jpg", b"text"),
        headers={"Accept": "text/html,*/*;q=0.8"},
    )

    page = response.content.decode()
    assert response.status_code == 200
    assert "by worker" in page
    assert "Failed: This is not an image" in page


async def test_the_gallery_shows_the_newest_photo_first(client):
    for name in ["first.jpg", "second.jpg"]:
        await post(client, pictures.file(name, pictures.jpeg()))

    page = (await client.get("/")).content.decode()

    assert 0 < page.index("second.jpg") < page.index("first.jpg")


async def test_a_hostile_name_stays_text_in_the_gallery(client):
    await post(client, pictures.file('"><script>alert(1)<script>.jpg', pictures.jpeg()))

    page = (await client.get("/")).content.decode()

    assert "<script>alert" not in page
    assert "&quot;&gt;&lt;script&gt;alert(1)&lt;script&gt;.jpg" in page


async def test_an_empty_gallery_says_so(client):
    page = (await client.get("/")).content.decode()

    assert "No photos yet" in page


@pytest.mark.parametrize(
    "failure, words",
    [
        (poolapp.QueueFull("the queue is full"), "The pool could not make the thumbnails: the queue is full"),
        (CancelledError(), "Somebody has cancelled it before it began."),
        (RuntimeError("a secret"), "The thumbnails could not be made; the server's log has the reason."),
    ],
)
async def test_a_failing_pool_is_told_in_words_and_leaves_no_photo(client, media, monkeypatch, failure, words):
    async def fail(*args):
        raise failure

    monkeypatch.setattr(development.poolapp, "aexecute", fail)

    [result] = (await post(client, pictures.file("a.jpg", pictures.jpeg()))).json()

    assert result["ok"] is False
    assert result["error"] == words
    assert not list(media.iterdir())


async def test_an_upload_that_is_given_up_leaves_nothing(client, media, monkeypatch):
    waiting = asyncio.Event()

    async def wait_for_ever(*args):
        waiting.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(development.poolapp, "aexecute", wait_for_ever)
    upload = asyncio.create_task(post(client, pictures.file("a.jpg", pictures.jpeg())))
    await waiting.wait()

    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload

    assert not list(media.iterdir())

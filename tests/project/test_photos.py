"""Where photos are kept."""

from __future__ import annotations

import time

import pytest

from project.gallery import photos
from project.gallery.photos import Photo

HOUR_NS = 3600 * 10**9


@pytest.fixture
def kept(media):
    """Store an original and make it a photo."""

    def keep(name: str = "a.jpg") -> Photo:
        photo_id = photos.store([b"an ", b"original"])
        photo = Photo(id=photo_id, name=name, width=4, height=3, sizes=[160], worker_pid=7, seconds=0.5)
        photos.complete(photo)
        return photo

    return keep


def test_a_photo_comes_back_as_it_was_kept(kept):
    photo = kept("ümläut <b>.jpg")

    assert photos.load(photo.id) == photo
    assert photos.original_of(photo.id).read_bytes() == b"an original"


def test_the_newest_comes_first_and_what_is_in_work_does_not_count(kept):
    first, second = kept(), kept()
    photos.store([b"in work"])

    assert photos.newest_ids() == [second.id, first.id]


def test_without_a_folder_there_are_no_photos(media):
    assert photos.newest_ids() == []


def test_only_what_was_abandoned_long_ago_is_discarded(kept, media):
    photo = kept()
    abandoned = photos.store([b"abandoned"])

    photos.discard_abandoned(time.time_ns() + HOUR_NS // 2)
    assert photos.folder_of(abandoned).exists()

    photos.discard_abandoned(time.time_ns() + HOUR_NS * 2)
    assert [path.name for path in media.iterdir()] == [photo.id]

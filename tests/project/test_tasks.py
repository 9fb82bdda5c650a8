"""The gallery's task, called as the plain function that it still is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from project.gallery.images import ImageRefused
from project.gallery.tasks import make_thumbnails
from tests.project import pictures


def test_a_photo_gets_three_thumbnails_and_tells_who_made_them(tmp_path: Path):
    source = tmp_path / "original"
    source.write_bytes(pictures.jpeg(2000, 1000))

    made = make_thumbnails(str(source), str(tmp_path))

    assert (made["width"], made["height"]) == (2000, 1000)
    sizes = [pictures.size_of(Path(path)) for path in made["thumbnails"]]
    assert sizes == [(160, 80), (480, 240), (1280, 640)]
    assert made["worker_pid"] == os.getpid()
    assert made["seconds"] > 0


def test_a_refused_image_leaves_no_thumbnails(tmp_path: Path):
    source = tmp_path / "original"
    source.write_bytes(pictures.truncated())

    with pytest.raises(ImageRefused):
        make_thumbnails(str(source), str(tmp_path))

    assert list(tmp_path.iterdir()) == [source]

"""Decoding what strangers upload, and shrinking it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageCms

from project.gallery.images import ImageRefused, read_picture, write_thumbnails
from tests.project import pictures
from tests.project.pictures import BLUE, GREEN, RED, WHITE, near


@pytest.fixture
def read(tmp_path: Path):
    def read(content: bytes, long_side: int = 1280):
        source = tmp_path / "original"
        source.write_bytes(content)
        return read_picture(source, long_side)

    return read


@pytest.mark.parametrize(
    "orientation, size, top_left, bottom_right",
    [
        (1, (60, 40), RED, BLUE),
        (2, (60, 40), RED, BLUE),
        (3, (60, 40), BLUE, RED),
        (4, (60, 40), BLUE, RED),
        (5, (40, 60), RED, BLUE),
        (6, (40, 60), BLUE, RED),
        (7, (40, 60), BLUE, RED),
        (8, (40, 60), RED, BLUE),
    ],
)
def test_a_picture_is_turned_as_its_camera_says(read, orientation, size, top_left, bottom_right):
    picture, upright_size = read(pictures.sideways(orientation))

    assert picture.size == upright_size == size
    assert near(picture.getpixel((3, 3)), top_left)
    assert near(picture.getpixel((size[0] - 4, size[1] - 4)), bottom_right)


def test_the_size_is_that_of_the_original_and_the_picture_no_longer_than_needed(read):
    picture, size = read(pictures.jpeg(3000, 1500), long_side=300)

    assert size == (3000, 1500)
    assert picture.size == (300, 150)


def test_a_small_picture_is_not_enlarged(read, tmp_path):
    picture, _ = read(pictures.jpeg(200, 100))

    paths = write_thumbnails(picture, tmp_path, [160, 480, 1280])

    assert [pictures.size_of(path) for path in paths] == [(160, 80), (200, 100), (200, 100)]


def test_thumbnails_are_listed_from_small_to_large(read, tmp_path):
    picture, _ = read(pictures.jpeg(1600, 800))

    paths = write_thumbnails(picture, tmp_path, [480, 160, 1280])

    assert [path.name for path in paths] == ["160.jpg", "480.jpg", "1280.jpg"]


def test_thumbnails_tell_nothing_about_the_place_the_camera_or_the_author(read, tmp_path):
    exif = Image.Exif()
    exif[0x013B] = "An Author"
    picture, _ = read(pictures.jpeg(exif=exif, comment=b"a comment"))

    [path] = write_thumbnails(picture, tmp_path, [160])

    content = path.read_bytes()
    assert b"Author" not in content
    assert b"comment" not in content


@pytest.mark.parametrize(
    "mode, colour, kind, seen",
    [
        ("L", 100, "JPEG", (100, 100, 100)),
        ("CMYK", (0, 255, 255, 0), "JPEG", (255, 0, 0)),
        ("P", 0, "GIF", (0, 0, 0)),
        ("1", 1, "PNG", WHITE),
        ("LA", (0, 0), "PNG", WHITE),
        ("RGBA", (255, 0, 0, 0), "PNG", WHITE),
        ("RGBA", (*GREEN, 255), "WEBP", GREEN),
        ("I;16", 100 * 256, "PNG", (100, 100, 100)),
    ],
)
def test_every_kind_of_picture_becomes_rgb_on_white(read, mode, colour, kind, seen):
    picture, _ = read(pictures.encoded(Image.new(mode, (20, 20), colour), kind))

    assert picture.mode == "RGB"
    assert near(picture.getpixel((10, 10)), seen)


def test_a_colour_profile_is_applied_and_left_behind(read):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    picture, _ = read(pictures.jpeg(colour=GREEN, icc_profile=profile))

    assert near(picture.getpixel((10, 10)), GREEN)
    assert "icc_profile" not in picture.info


def test_a_broken_colour_profile_does_no_harm(read):
    picture, _ = read(pictures.jpeg(colour=GREEN, icc_profile=b"nonsense"))

    assert near(picture.getpixel((10, 10)), GREEN)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"Dear diary,", "not an image"),
        (b"", "not an image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        (pictures.truncated(), "damaged or incomplete"),
        (pictures.encoded(Image.new("RGB", (50, 50)), "PNG")[:-30], "damaged or incomplete"),
        (pictures.bomb(10_000), "more than 89,478,485 pixels"),
        (pictures.bomb(60_000), "more than 89,478,485 pixels"),
    ],
    ids=["text", "empty", "svg", "postscript", "truncated jpeg", "truncated png", "large bomb", "huge bomb"],
)
def test_what_is_no_good_image_is_refused_in_words(read, content, message):
    with pytest.raises(ImageRefused, match=message):
        read(content)


def test_a_file_that_cannot_be_opened_is_not_called_a_damaged_image(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_picture(tmp_path / "missing", 100)

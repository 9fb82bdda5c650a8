"""From an uploaded file to small upright pictures: decode with suspicion, turn, flatten, shrink."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import IO

from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
QUALITY = 82
SIDEWAYS = {5, 6, 7, 8}

# Pillow refuses gigantic images but only warns of merely huge ones; here both are refused.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

# What Pillow's decoders raise when the bytes make no sense.
DAMAGE = (OSError, SyntaxError, ValueError, IndexError, KeyError, OverflowError, struct.error, zlib.error)


class ImageRefused(ValueError):
    """The file is no image that the gallery can show; the message tells a person why."""


def read_picture(source: Path, long_side: int) -> tuple[Image.Image, tuple[int, int]]:
    """The image upright, in RGB and no longer than needed, and the upright size that it had at first."""
    with source.open("rb") as file:
        return _read(file, long_side)


def write_thumbnails(picture: Image.Image, folder: Path, sizes: Iterable[int]) -> list[Path]:
    """One JPEG for each size, named after it; a picture is never enlarged."""
    paths = []
    # The large ones first: each is made from the one before.
    for size in sorted(sizes, reverse=True):
        picture.thumbnail((size, size), Image.Resampling.LANCZOS)
        path = folder / f"{size}.jpg"
        picture.save(path, "JPEG", quality=QUALITY, optimize=True, progressive=True)
        paths.append(path)
    return paths[::-1]


def _read(file: IO[bytes], long_side: int) -> tuple[Image.Image, tuple[int, int]]:
    try:
        with Image.open(file, formats=FORMATS) as image:
            size = _upright_size(image)
            # JPEG can be decoded at a half, a quarter or an eighth; this picks what is still large enough.
            image.draft("RGB", (long_side, long_side))
            picture = _in_rgb(ImageOps.exif_transpose(image))
            picture.thumbnail((long_side, long_side), Image.Resampling.LANCZOS)
            return picture, size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise ImageRefused(f"This image has more than {Image.MAX_IMAGE_PIXELS:,} pixels.") from exc
    except UnidentifiedImageError as exc:
        raise ImageRefused("This is not an image that the gallery can read (JPEG, PNG, WebP, GIF).") from exc
    except DAMAGE as exc:
        raise ImageRefused(f"This image is damaged or incomplete: {exc}.") from exc


def _upright_size(image: Image.Image) -> tuple[int, int]:
    width, height = image.size
    if image.getexif().get(ExifTags.Base.Orientation) in SIDEWAYS:
        return height, width
    return width, height


def _in_rgb(image: Image.Image) -> Image.Image:
    """The image in sRGB on white; what its file said besides (place, camera, comments) is left behind."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I;16"):
        # Sixteen bits a pixel: Pillow would cut them off at 255 instead of scaling them.
        image = image.point(lambda value: value / 256)
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        picture = Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    elif image.mode == "RGB" and profile:
        picture = _in_srgb(image, profile)
    else:
        picture = image.convert("RGB")
    picture.info = {}
    return picture


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        own = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):
        return image.copy()
    return converted or image.copy()

"""Images to upload, good and bad, as bytes."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import ExifTags, Image

RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 160, 30), (30, 30, 200), (255, 255, 255)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(width: int = 64, height: int = 48, colour: tuple[int, ...] = GREEN, **options: Any) -> bytes:
    return encoded(Image.new("RGB", (width, height), colour), **options)


def sideways(orientation: int) -> bytes:
    """60 x 40 stored pixels, red above blue, and the note how to turn them."""
    image = Image.new("RGB", (60, 40), BLUE)
    image.paste(RED, (0, 0, 60, 20))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return encoded(image, exif=exif, quality=95)


def noisy(width: int, height: int) -> bytes:
    """A JPEG that takes a worker a while."""
    return encoded(Image.effect_noise((width, height), 80).convert("RGB"), quality=90)


def truncated() -> bytes:
    return noisy(200, 200)[:-2000]


def bomb(side: int) -> bytes:
    """A PNG of a few dozen bytes that claims to be a square with such a side."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    )


def file(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def size_of(source: Path | BytesIO) -> tuple[int, int]:
    with Image.open(source) as image:
        return image.size


def near(pixel: Any, colour: tuple[int, ...], tolerance: int = 12) -> bool:
    return all(abs(one - other) <= tolerance for one, other in zip(pixel, colour, strict=True))

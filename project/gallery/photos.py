"""Where the gallery keeps its photos: a folder for each under MEDIA_ROOT, complete once it has its record.

The folder's name begins with the time, so that sorted names are photos in order of upload, and nothing in
it comes from the uploader.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.urls import reverse

RECORD = "photo.json"
ORIGINAL = "original"
LONGEST_UPLOAD_NS = 3600 * 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photo whose thumbnails are made."""

    id: str
    name: str
    width: int
    height: int
    sizes: list[int]
    worker_pid: int
    seconds: float

    @property
    def urls(self) -> list[str]:
        """Addresses of the thumbnails, small to large."""
        return [reverse("gallery:thumbnail", args=[self.id, size]) for size in self.sizes]

    @property
    def small(self) -> str:
        return self.urls[0]

    @property
    def medium(self) -> str:
        return self.urls[len(self.sizes) // 2]

    @property
    def large(self) -> str:
        return self.urls[-1]


def root() -> Path:
    return Path(settings.MEDIA_ROOT) / "photos"


def folder_of(photo_id: str) -> Path:
    return root() / photo_id


def original_of(photo_id: str) -> Path:
    return folder_of(photo_id) / ORIGINAL


def thumbnail_of(photo_id: str, size: int) -> Path:
    return folder_of(photo_id) / f"{size}.jpg"


def store(chunks: Iterable[bytes]) -> str:
    """Write an original into a folder of its own; returns the photo's id."""
    photo_id = f"{time.time_ns():016x}{secrets.token_hex(8)}"
    folder_of(photo_id).mkdir(parents=True)
    with original_of(photo_id).open("wb") as file:
        file.writelines(chunks)
    return photo_id


def complete(photo: Photo) -> None:
    """Write the record that makes the photo part of the gallery."""
    record = folder_of(photo.id) / RECORD
    draft = record.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(photo)), encoding="utf-8")
    draft.replace(record)


def discard(photo_id: str) -> None:
    """Forget an original that did not become a photo."""
    shutil.rmtree(folder_of(photo_id), ignore_errors=True)


def discard_abandoned(now_ns: int | None = None) -> None:
    """Forget originals that a server's end has kept from becoming photos, unless they may be in work still."""
    oldest_in_work = (now_ns or time.time_ns()) - LONGEST_UPLOAD_NS
    for folder in root().glob("*/"):
        if not (folder / RECORD).exists() and folder.name < f"{oldest_in_work:016x}":
            discard(folder.name)


def newest_ids() -> list[str]:
    """The ids of all photos, the newest first."""
    try:
        with os.scandir(root()) as entries:
            ids = [entry.name for entry in entries if (Path(entry.path) / RECORD).exists()]
    except FileNotFoundError:
        return []
    return sorted(ids, reverse=True)


def load(photo_id: str) -> Photo:
    return Photo(**json.loads((folder_of(photo_id) / RECORD).read_text(encoding="utf-8")))

"""From stored uploads to photos: one task each on the pool, none disturbed by another's failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async

import poolapp
from project.gallery import photos
from project.gallery.images import ImageRefused
from project.gallery.photos import Photo
from project.gallery.tasks import make_thumbnails
from project.gallery.uploads import Upload

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one uploaded file: a photo or an error."""

    name: str
    photo: Photo | None = None
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        photo = self.photo
        return {
            "name": self.name,
            "ok": photo is not None,
            "width": photo and photo.width,
            "height": photo and photo.height,
            "thumbnails": photo.urls if photo else [],
            "worker_pid": photo and photo.worker_pid,
            "seconds": photo and photo.seconds,
            "error": self.error,
        }


async def develop(uploads: Iterable[Upload]) -> list[Result]:
    """Make all the photos at the same time; the results are in the order of the uploads."""
    return await asyncio.gather(*(_develop_one(upload) for upload in uploads))


async def _develop_one(upload: Upload) -> Result:
    if upload.photo_id is None:
        return Result(name=upload.name, error=upload.error)
    try:
        return Result(name=upload.name, photo=await _make(upload.name, upload.photo_id))
    except BaseException as exc:
        await sync_to_async(photos.discard)(upload.photo_id)
        if not isinstance(exc, Exception):
            raise
        return Result(name=upload.name, error=_in_words(exc))


async def _make(name: str, photo_id: str) -> Photo:
    source, folder = photos.original_of(photo_id), photos.folder_of(photo_id)
    made = await poolapp.aexecute(make_thumbnails, str(source), str(folder))
    photo = Photo(
        id=photo_id,
        name=name,
        width=made["width"],
        height=made["height"],
        sizes=[int(Path(path).stem) for path in made["thumbnails"]],
        worker_pid=made["worker_pid"],
        seconds=made["seconds"],
    )
    await sync_to_async(photos.complete)(photo)
    return photo


def _in_words(exc: Exception) -> str:
    if isinstance(exc, ImageRefused):
        return str(exc)
    if isinstance(exc, CancelledError):
        return "Somebody has cancelled it before it began."
    if isinstance(exc, poolapp.PoolError):
        return f"The pool could not make the thumbnails: {exc}"
    logger.error("Making thumbnails failed", exc_info=exc)
    return "The thumbnails could not be made; the server's log has the reason."

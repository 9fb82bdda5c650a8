"""The gallery's work for the pool."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TypedDict

import poolapp
from project.gallery.images import read_picture, write_thumbnails

SIZES = (160, 480, 1280)


class Made(TypedDict):
    """What became of one photo: its upright size, its thumbnails' files, and who made them how fast."""

    width: int
    height: int
    thumbnails: list[str]
    worker_pid: int
    seconds: float


@poolapp.task
def make_thumbnails(source: str, folder: str, sizes: tuple[int, ...] = SIZES) -> Made:
    """Write a thumbnail for each size (the long side in pixels) of the image into the folder."""
    started = time.perf_counter()
    picture, (width, height) = read_picture(Path(source), max(sizes))
    thumbnails = write_thumbnails(picture, Path(folder), sizes)
    return Made(
        width=width,
        height=height,
        thumbnails=[str(path) for path in thumbnails],
        worker_pid=os.getpid(),
        seconds=time.perf_counter() - started,
    )

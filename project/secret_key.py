"""The demo's secret key: made once, kept beside its database."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def kept_in(path: Path) -> str:
    """The key in the file, which is written first where there is none."""
    if not path.exists():
        _create(path, secrets.token_urlsafe(50))
    return path.read_text(encoding="utf-8").strip()


def _create(path: Path, key: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(key)
    # A link appears whole or not at all, and whoever comes second uses the first one's key.
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()

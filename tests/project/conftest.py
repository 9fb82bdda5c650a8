"""What the gallery's tests share: a place for its photos, a started pool, and a client."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import AsyncClient
from pytest_django.plugin import DjangoDbBlocker


@pytest.fixture
def media(settings, tmp_path: Path) -> Path:
    """An empty directory for the gallery's photos."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path / "photos"


@pytest.fixture(scope="module")
def pool(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The default pool, started once for the tests of a module; it may write its records all the while."""
    import poolapp
    from poolapp import pools

    with django_db_blocker.unblock():
        poolapp.execute(os.getpid).result(timeout=30)
        yield
        pools.stop(timeout=10)
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def client(media: Path) -> AsyncClient:
    return AsyncClient()

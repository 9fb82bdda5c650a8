"""Everything that is read can be translated: with a language that puts «…» around all it knows, nothing is without."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from tests.dashboard.conftest import make_instance
from tests.dashboard.test_views import make_task

pytestmark = pytest.mark.django_db
# Names and figures, which are the same in every language.
DATA = re.compile(
    r"otto|elsewhere|make_thumbnails|default|gallery\.[\w.]+|least_used|Django.*|[\d.,:%–−\s]+(s|ms|min|µs|/s|MB)?|[|→›·/×]"
)


class Texts(HTMLParser):
    """The texts of a page that somebody can read or hear, without those of its scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style", "code")
        self.texts += [value or "" for name, value in attrs if name in ("title", "aria-label", "alt", "placeholder")]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style", "code")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language with «…» around everything."""
    known = translation._trans  # type: ignore[attr-defined]
    monkeypatch.setattr(known, "gettext", lambda message: f"«{message}»")
    monkeypatch.setattr(known, "pgettext", lambda context, message: f"«{message}»")
    monkeypatch.setattr(known, "ngettext", lambda one, many, number: f"«{one if number == 1 else many}»")


def unmarked(text: str) -> str:
    """What of a text is not within «…», and is no data."""
    while (shorter := re.sub(r"«[^«»]*»", "", text)) != text:
        text = shorter
    return DATA.sub("", " ".join(text.split())).strip()


def test_all_texts_of_the_page(client, make_user, marked):
    make_instance()
    make_task()
    client.force_login(make_user("view_dashboard", "control_pool", "view_taskrecord", name="otto"))
    read = Texts()
    read.feed(client.get(reverse("admin:poolapp_dashboard")).text)

    assert len(read.texts) > 100
    assert [text for text in map(unmarked, read.texts) if text] == []


def test_all_texts_of_the_scripts(client, make_user, marked):
    client.force_login(make_user("view_dashboard", "control_pool"))
    page = client.get(reverse("admin:poolapp_dashboard")).text
    state = json.loads(re.search(r'<script id="poolapp-state"[^>]*>(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]

    said = list(sentences(state["texts"]))

    assert len(said) > 50
    assert [text for text in said if unmarked(text)] == ["{event}"]  # what has no sentence is told by its name


def sentences(texts: Any) -> Iterator[str]:
    """The texts in it that are meant for people."""
    if isinstance(texts, str):
        yield texts
    elif isinstance(texts, dict):
        for key, value in texts.items():
            if key not in ("tone", "about", "untold"):
                yield from sentences(value)
    elif isinstance(texts, list):
        for value in texts:
            yield from sentences(value)

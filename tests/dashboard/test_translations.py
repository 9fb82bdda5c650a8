"""Everything that is read can be translated, and is into German.

With a language that puts «…» around all it knows, nothing is without.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from gettext import GNUTranslations
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

import poolapp
from tests.dashboard.conftest import make_instance
from tests.dashboard.test_views import make_task

pytestmark = pytest.mark.django_db
# Names and figures, which are the same in every language.
DATA = re.compile(
    r"[\d-]+ [\d:.]+ UTC"  # the moment of a <time>
    r"|otto|elsewhere|make_thumbnails|default|gallery\.[\w.]+|least_used|Django.*"
    r"|[\d.,:%–−\s]+(s|ms|min|h|µs|/s|MB)?|p\d\d|[|→›·/×]"
)


class Texts(HTMLParser):
    """The texts of a page that somebody can read or hear, without those of its scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style", "code", "kbd")
        self.texts += [value or "" for name, value in attrs if name in ("title", "aria-label", "alt", "placeholder")]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style", "code", "kbd")

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


class TestGerman:
    """The first language besides English; others are made from the same texts."""

    def test_its_file_is_complete_and_compiled(self):
        texts = dict(catalogue())
        with (LOCALE / "django.mo").open("rb") as file:
            compiled = GNUTranslations(file)

        assert len(texts) > 200
        for text, translated in texts.items():
            assert translated, text
            assert compiled.gettext(text) == translated
            assert sorted(PLACES.findall(translated)) == sorted(PLACES.findall(text)), text

    @pytest.mark.parametrize("status", ["failed", "running"])
    def test_no_page_asks_for_more_than_it_has(self, client, make_user, monkeypatch, settings, status):
        settings.LANGUAGE_CODE = "de"
        known, asked = translation._trans, set()  # type: ignore[attr-defined]
        real = known.gettext
        monkeypatch.setattr(known, "gettext", lambda message: asked.add(message) or real(message))
        instance = make_instance()
        task = make_task(status=status, wait_time=0.1, run_time=0.2)
        everything = ("view_taskrecord", "view_poolinstance", "view_poolcommand", "view_poolevent", "view_poolsnapshot")
        client.force_login(make_user("view_dashboard", "control_pool", "cancel_task", *everything))
        pages = [
            reverse("admin:poolapp_dashboard"),
            reverse("admin:poolapp_dashboard_pool", args=[instance.pk]),
            reverse("admin:poolapp_dashboard_instances"),
            reverse("admin:poolapp_taskrecord_change", args=[task.pk]),
            *(reverse(f"admin:poolapp_{name.removeprefix('view_')}_changelist") for name in everything),
        ]

        read = [client.get(page).text for page in pages]

        assert "Pool-Übersicht" in read[0]
        assert "Geltende Einstellungen" in read[1]
        texts = dict(catalogue())
        assert sorted(text for text in asked if real(text) == text and text not in texts and text not in DJANGOS) == []


LOCALE = Path(poolapp.__file__).parent / "locale" / "de" / "LC_MESSAGES"
PLACES = re.compile(r"{\w+}|%\(\w+\)s")
# Django's own, which are the same in German, and what the admin makes of names.
DJANGOS = {"", ":", "Django", "Filter", "{event}"}


def catalogue() -> Iterator[tuple[str, str]]:
    """The texts in the file of the translator, with their translations."""
    entry = r'^msgid ((?:"(?:[^"\\]|\\.)*"\n)+)msgstr ((?:"(?:[^"\\]|\\.)*"\n)+)'
    for found in re.finditer(entry, (LOCALE / "django.po").read_text() + "\n", re.MULTILINE):
        text, translated = ("".join(ast.literal_eval(line) for line in part.splitlines()) for part in found.groups())
        if text:
            yield text, translated

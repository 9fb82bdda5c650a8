"""Every figure says what it is to whoever points at it, and every time which moment it is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from django.urls import reverse

from poolapp.models import PoolEvent
from tests.dashboard.conftest import ago, make_instance, snapshot, worker
from tests.dashboard.test_instances import says
from tests.dashboard.test_pool_page import usage
from tests.dashboard.test_views import make_task

pytestmark = pytest.mark.django_db
FIGURES = {"count", "seconds", "duration", "bytes", "percent", "rate"}
VOID = {"input", "link", "meta", "br", "img", "hr"}


@dataclass(eq=False)
class Element:
    """An element of a page, with those around it and those in it."""

    tag: str
    attributes: dict[str, str | None]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)

    def __str__(self) -> str:
        return f"<{self.tag} {self.attributes}>"

    def around(self) -> Iterator[Element]:
        """This element, and those around it as far as the item it belongs to."""
        element: Element | None = self
        while element is not None:
            yield element
            if "data-item" in element.attributes:
                return
            element = element.parent

    def within(self, tag: str) -> Element | None:
        """The nearest element of a kind that this one is in."""
        element: Element | None = self
        while element is not None and element.tag != tag:
            element = element.parent
        return element

    def all(self, tag: str = "") -> Iterator[Element]:
        for child in self.children:
            if not tag or child.tag == tag:
                yield child
            yield from child.all(tag)


class Tree(HTMLParser):
    """A page as a tree; what its templates hold for later is left out, since it is the same once more."""

    def __init__(self) -> None:
        super().__init__()
        self.root = self._here = Element("", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), self._here)
        if tag != "template":
            self._here.children.append(element)
        if tag not in VOID:
            self._here = element

    def handle_endtag(self, tag: str) -> None:
        element = self._here.within(tag)
        if element is not None and element.parent is not None:
            self._here = element.parent


def tree(page: str) -> Element:
    parser = Tree()
    parser.feed(page)
    return parser.root


def is_explained(figure: Element) -> bool:
    """Whether it has a title: on itself, around it within its item, or at the head of its column."""
    if any(element.attributes.get("title") for element in figure.around()):
        return True
    cell, table = figure.within("td"), figure.within("table")
    if cell is None or table is None or cell.parent is None:
        return False
    column = [child for child in cell.parent.children if child.tag == "td"].index(cell)
    return bool(list(table.all("th"))[column].attributes.get("title"))


@pytest.fixture
def pages(client: Any, make_user: Any) -> dict[str, str]:
    """All live pages, with something in each of their lists."""
    names = {"shop.pay": usage()}
    changes = {"restarts": 2, "dropped_records": 3, "trouble": "no luck", "recording_trouble": "locked"}
    about = snapshot(tasks=names, process=says(), workers=[worker(restarts=1, resident=1)], **changes)
    instance = make_instance(snapshot=about)
    make_instance(pid=100, age=60, snapshot=about)
    make_task(status="failed", error="no", wait_time=0.1, run_time=0.2, worker_slot=1)
    details = {"slot": 1, "worker_pid": 4712, "reason": "killed", "expected": False}
    PoolEvent.objects.create(
        at=ago(1), event="worker_exit", pool="default", host=instance.host, pid=instance.pid, details=details
    )
    client.force_login(make_user("view_dashboard", "control_pool", "view_taskrecord"))
    addresses = {
        "dashboard": reverse("admin:poolapp_dashboard"),
        "pool": reverse("admin:poolapp_dashboard_pool", args=[instance.pk]),
        "instances": reverse("admin:poolapp_dashboard_instances"),
    }
    return {name: client.get(address).text for name, address in addresses.items()}


@pytest.mark.parametrize("name, least", [("dashboard", 30), ("pool", 25), ("instances", 25)])
def test_every_figure_is_explained(pages, name, least):
    figures = [element for element in tree(pages[name]).all() if element.attributes.get("data-kind") in FIGURES]

    assert len(figures) >= least
    assert [str(figure) for figure in figures if not is_explained(figure)] == []


@pytest.mark.parametrize("name, least", [("dashboard", 6), ("pool", 3), ("instances", 6)])
def test_every_time_says_which_moment_it_is_about(pages, name, least):
    elements = list(tree(pages[name]).all())
    times = [element for element in elements if element.tag == "time" and "hidden" not in element.attributes]

    assert len(times) >= least
    assert [str(time) for time in times if not time.attributes.get("datetime") or not time.attributes["title"]] == []
    clocks = [element for element in elements if element.attributes.get("data-kind") == "clock"]
    assert {element.tag for element in clocks} == {"time"}


@pytest.mark.parametrize(
    "markup, explained",
    [
        ('<p data-item title="x"><b data-kind="count">', True),
        ('<p title="x"><span data-item><b data-kind="count">', False),
        ('<table><tr><th title="x"><th></tr><tr data-item><td data-kind="count"></td><td></td></tr></table>', True),
        ('<table><tr><th title="x"><th></tr><tr data-item><td></td><td data-kind="count"></td></tr></table>', False),
        ('<b data-kind="count">', False),
    ],
)
def test_what_counts_as_an_explanation(markup, explained):
    [figure] = [element for element in tree(markup).all() if "data-kind" in element.attributes]

    assert is_explained(figure) is explained

"""How values get into a page: what has not changed is left alone, what cannot be seen may wait."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

# A list of its own on a page of the demo, and what the scripts of the dashboard do with it.
SETTING = """
async () => {
  const render = await import("/static/poolapp/js/render.js");
  const { Nearby } = await import("/static/poolapp/js/nearby.js");
  const list = document.createElement("ol");
  document.body.replaceChildren(list);
  const made = [];
  const make = () => {
    const item = document.createElement("li");
    item.dataset.item = "";
    const field = item.appendChild(document.createElement("b"));
    Object.assign(field.dataset, { field: "count.now", kind: "plain", title: "name" });
    item.style.height = "20px";
    made.push(item);
    return item;
  };
  const formatted = [];
  const format = { plain: (value) => (formatted.push(value), `${value}`) };
  const paint = (items, options = {}) => {
    const fill = options.fill ?? ((item, values) => render.fillItem(item, values, format));
    render.reconcile(list, items, { key: ({ name }) => name, make, ...options, fill });
  };
  const texts = () => [...list.children].map((item) => `${item.firstChild.title}:${item.textContent}`);
  const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  window.stage = { Nearby, list, made, formatted, format, paint, texts, later, fillItem: render.fillItem };
}
"""


@pytest.fixture
def stage(administrator: Page, demo: Any) -> Page:
    administrator.goto(demo.dashboard)
    administrator.evaluate(SETTING)
    return administrator


def items(**counts: int) -> list[dict[str, Any]]:
    return [{"name": name, "count": {"now": count}} for name, count in counts.items()]


def painted(stage: Page, *paintings: list[dict[str, Any]], reuse: bool = False) -> list[str]:
    """What is seen after these paintings."""
    for painting in paintings:
        stage.evaluate("([items, reuse]) => stage.paint(items, { reuse })", [painting, reuse])
    return stage.evaluate("stage.texts()")


@pytest.mark.parametrize("reuse", [False, True])
def test_a_list_shows_its_items_in_their_order(stage, reuse):
    paintings = [items(a=1, b=2, c=3), items(d=4, c=5, a=1), items(a=0, e=9), [], items(b=7)]

    seen = [painted(stage, painting, reuse=reuse) for painting in paintings]

    assert seen == [["a:1", "b:2", "c:3"], ["d:4", "c:5", "a:1"], ["a:0", "e:9"], [], ["b:7"]]


def test_only_what_has_changed_is_written_again(stage):
    painted(stage, items(a=1, b=2), items(a=1, b=3), items(a=1, b=3))

    assert stage.evaluate("stage.formatted") == [1, 2, 3]


def test_elements_are_used_again_only_where_that_is_asked_for(stage):
    painted(stage, items(a=1), items(b=2), reuse=False)
    painted(stage, items(c=3), items(d=4), reuse=True)

    assert stage.evaluate("stage.made.length") == 2


def test_what_is_not_taken_goes_and_is_told_of(stage):
    """Also a child whose key another one has, and one without a key."""
    painted(stage, items(a=1, b=2))
    stage.evaluate("stage.list.append(stage.list.firstChild.cloneNode(true), document.createElement('li'))")

    removed = stage.evaluate("""
      () => {
        let removed = 0;
        stage.paint([{ name: "a", count: { now: 3 } }], { onRemove: () => removed++ });
        return removed;
      }
    """)

    assert removed == 3
    assert stage.evaluate("stage.texts()") == ["a:3"]


MANY = """
async (count) => {
  const { Nearby, list, paint, later, format, fillItem } = stage;
  const nearby = new Nearby(() => {});
  const show = (now) => {
    const items = Array.from({ length: count }, (_, name) => ({ name, count: { now } }));
    const fill = (item, values) => nearby.fill(item, count, () => fillItem(item, values, format));
    paint(items, { fill });
  };
  const shown = (now) => [...list.children].map((item) => item.textContent === `${now}`);
  show(1);
  await later(300);
  const first = shown(1);
  show(2);
  const second = shown(2);
  for (let turn = 0; turn < 16; turn++) show(3);
  return { first, second, last: shown(3) };
}
"""


def test_of_very_many_items_those_that_cannot_be_seen_take_turns(stage):
    shown = stage.evaluate(MANY, 300)

    assert all(shown["first"])
    assert all(shown["second"][:30])
    assert not all(shown["second"][150:])
    assert all(shown["last"])


def test_of_a_few_items_all_are_filled_each_time(stage):
    shown = stage.evaluate(MANY, 64)

    assert all(shown["second"])


def test_what_comes_into_view_is_filled_soon(stage):
    asked = stage.evaluate("""
      async () => {
        const { Nearby, paint, later } = stage;
        let asked = 0;
        const nearby = new Nearby(() => asked++);
        const items = Array.from({ length: 300 }, (_, name) => ({ name }));
        paint(items, { fill: (item) => nearby.fill(item, 300, () => {}) });
        await later(300);
        asked = 0;
        window.scrollTo(0, 5000);
        await later(300);
        return asked;
      }
    """)

    assert asked > 0


def test_drawings_get_an_animation_frame_each_also_after_one_that_fails(stage):
    drawn = stage.evaluate(
        """async () => {
            const { Frames } = await import("/static/poolapp/js/frames.js");
            addEventListener("error", (event) => event.preventDefault());
            const frames = new Frames();
            const drawn = [];
            const draw = (name) => frames.add(() => drawn.push([name, document.timeline.currentTime]));
            draw("first");
            frames.add(() => { frames.add(() => draw("last")); throw new Error("on purpose"); });
            draw("second");
            while (drawn.length < 3) await new Promise(requestAnimationFrame);
            return drawn;
        }"""
    )

    assert [name for name, _ in drawn] == ["first", "second", "last"]
    moments = [moment for _, moment in drawn]
    assert moments == sorted(set(moments)), "each in a frame of its own"


@pytest.mark.parametrize("kind", ["pa-error", "pa-sentence"])
def test_a_text_as_long_as_a_book_takes_three_lines(stage, kind):
    lines = stage.evaluate(
        """(kind) => {
            document.body.innerHTML = `<div class="poolapp"><small class="${kind}"></small></div>`;
            document.body.firstChild.style.width = "300px";
            const text = document.body.querySelector("small");
            text.textContent = "Declined ".repeat(500);
            return text.getBoundingClientRect().height / parseFloat(getComputedStyle(text).lineHeight);
        }""",
        kind,
    )

    assert 2.9 < lines < 3.1

"""What is made of figures: quotients, verdicts, tables, a document and a picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks import markdown
from tests.benchmarks.figures import Figure, Sheet, quotient
from tests.benchmarks.record import Record, read
from tests.benchmarks.report import as_text
from tests.benchmarks.subjects import PROCESS
from tests.benchmarks.tables import number, tables
from tests.benchmarks.targets import Target
from tests.benchmarks.verdicts import judge, ratios
from tests.benchmarks.workloads.base import Plan

MACHINE = {
    "python": "3.11.0",
    "system": "Linux",
    "cpus": 2,
    "load_average": 0.1,
    "versions": {"poolapp": "0.1"},
    "missing": ["loky"],
}


def figure(subject: str, *values: float, workload: str = "round_trip", quantity: str = "p50") -> Figure:
    return Figure(workload, subject, quantity, "µs", values)


def target(**limit: float) -> Target:
    return Target("round_trip", PROCESS, "p50", to=("pebble", "mpire"), **limit)


FIGURES = (figure(PROCESS, 10, 20, 60), figure("pebble", 20, 40, 60), figure("mpire", 10, 40, 120))
RECORD = Record(MACHINE, Plan(rounds=3), FIGURES)


def test_a_figure_has_a_median_and_quartiles():
    assert figure("pebble", 4, 1, 2, 3, 10).median == 3
    assert figure("pebble", 4, 1, 2, 3, 10).quartiles == (2, 4)
    assert figure("pebble", 7).quartiles == (7, 7)


def test_a_sheet_gives_its_figures_in_the_order_of_the_subjects():
    sheet = Sheet("round_trip")
    for subject, value in (("pebble", 1.0), (PROCESS, 2.0), ("pebble", 3.0)):
        sheet.add(subject, "p50", "µs", value)

    assert sheet.figures([PROCESS, "pebble"]) == [figure(PROCESS, 2.0), figure("pebble", 1.0, 3.0)]


def test_a_quotient_compares_what_was_measured_in_the_same_round():
    assert quotient([1, 20, 3], [2, 40, 3]) == 0.5


@pytest.mark.parametrize(
    "limit, value, against, said",
    [
        ({"at_most": 0.5}, 0.5, "mpire", "reached"),
        ({"at_most": 0.4}, 0.5, "mpire", "missed by 25 %"),
        ({"at_most": 0.499}, 0.5, "mpire", "missed by 0.2 %"),
        ({"at_least": 0.2}, 0.25, "pebble", "reached"),
        ({"at_least": 0.5}, 0.25, "pebble", "missed by 50 %"),
    ],
)
def test_a_target_is_judged_by_the_least_favourable_peer(
    limit: dict[str, float], value: float, against: str, said: str
):
    figures = (figure(PROCESS, 10, 20, 60), figure("pebble", 40, 80, 90), figure("mpire", 10, 40, 120))

    verdict = judge(target(**limit), figures)

    assert (verdict.value, verdict.against, str(verdict)) == (value, against, said)


def test_a_target_whose_figures_are_missing_is_not_measured():
    assert str(judge(target(at_most=1.0), ())) == "not measured"
    assert str(judge(target(at_most=1.0), FIGURES[:1])) == "not measured"


def test_ratios_are_those_of_our_pools_to_all_others():
    (ratio,) = ratios(FIGURES)

    assert ratio.figure is FIGURES[0]
    assert ratio.to == {"pebble": 0.5, "mpire": 0.5}


def test_a_target_says_what_it_is_about():
    best = target(at_most=0.6)
    other = Target("throughput", PROCESS, "from 8 threads", to_quantity="from one thread", at_least=0.7)

    assert f"{best.what} {best.bound}" == "round_trip, p50: poolapp process / the best peer ≤ 0.6"
    assert f"{other.what} {other.bound}" == "throughput, from 8 threads: poolapp process / from one thread ≥ 0.7"


@pytest.mark.parametrize(
    "value, text", [(12345.6, "12,346"), (99.96, "100.0"), (12.34, "12.3"), (1.234, "1.23"), (0.01234, "0.0123")]
)
def test_numbers_have_three_digits_that_count(value: float, text: str):
    assert number(value) == text


def test_a_table_has_a_row_for_each_subject_and_says_what_was_not_measured():
    (table,) = tables([*FIGURES, figure("mpire", 200, quantity="p99")])

    assert table.header == ("", "p50, µs", "p99, µs")
    assert table.rows[0] == (PROCESS, "20.0 [15.0..40.0]", "–")
    assert table.rows[2] == ("mpire", "40.0 [25.0..80.0]", "200")


def test_the_text_tells_of_the_machine_the_figures_and_the_targets():
    text = "\n".join(as_text(RECORD))

    for part in (
        "Not installed, so not measured: loky",
        "20.0 [15.0..40.0]",
        "/ pebble 0.5",
        "reached",
        "not measured",
    ):
        assert part in text


def test_what_was_written_can_be_read_again(tmp_path: Path):
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    one.write_text(RECORD.to_json())
    other.write_text(Record(MACHINE, Plan(), (figure("mpire", 5),)).to_json())

    assert read([one]) == RECORD
    assert read([one, other]).figures == (*FIGURES[:2], figure("mpire", 5))


def test_a_document_is_rewritten_between_its_marks(tmp_path: Path):
    document = tmp_path / "performance.md"
    document.write_text(f"before\n{markdown.BEGIN}\nold\n{markdown.END}\nafter\n")

    for _ in range(2):
        markdown.rewrite(document, RECORD, "performance.svg")

    text = document.read_text()
    assert text.startswith(f"before\n{markdown.BEGIN}\n")
    assert text.endswith(f"{markdown.END}\nafter\n")
    assert "old" not in text
    assert text.count("| poolapp process | 20.0 [15.0..40.0] |") == 1
    assert "](performance.svg)" in text


def test_a_document_without_marks_is_left_alone(tmp_path: Path):
    document = tmp_path / "performance.md"
    document.write_text("text\n")

    with pytest.raises(SystemExit, match="needs the marks"):
        markdown.rewrite(document, RECORD, "performance.svg")

    assert document.read_text() == "text\n"


@pytest.mark.slow
@pytest.mark.parametrize("suffix, start", [(".svg", b"<?xml"), (".png", b"\x89PNG")])
def test_a_picture_is_drawn_in_the_format_of_its_name(suffix: str, start: bytes, tmp_path: Path):
    chart = pytest.importorskip("tests.benchmarks.chart", reason="needs matplotlib")
    file = tmp_path / f"figures{suffix}"

    chart.draw(RECORD, file)

    assert file.read_bytes().startswith(start)

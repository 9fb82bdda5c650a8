"""The end of a worker: what is called then, once and in this order, whatever goes wrong."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine import functions
from tests.engine.gates import Gate
from tests.engine.polling import eventually
from tests.engine.workers import duties
from tests.engine.workers.direct import Driver

Drive = Callable[..., Driver]

KINDS = ["inline", "thread", "process"]
NOTES = {"kill_handler": "tests.engine.workers.duties:note_kill", "finalizer": "tests.engine.workers.duties:note_end"}
LATER = {name: f"{path}_later" for name, path in NOTES.items()}


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which workers write down how they end."""
    path = tmp_path / "ends"
    path.touch()
    monkeypatch.setenv("POOLAPP_TEST_ENDS", str(path))
    return path


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("hooks", [NOTES, LATER], ids=["sync", "async"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_is_told_to_end_is_told_before_it_is_finalized(
    drive: Drive, notes: Path, kind: str, hooks: dict, width: int
):
    driver = drive(kind, **hooks)
    if width > 1 and kind != "inline":
        driver.widen(width)
    driver.run(functions.add_later, 1, 2)

    driver.stop()

    assert notes.read_text().split() == ["kill", "end"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_kill_handler_raises_is_logged_and_the_finalizer_runs(
    drive: Drive, notes: Path, kind: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    driver = drive(kind, **{**NOTES, "kill_handler": "tests.engine.workers.duties:fail_at_the_kill"})

    driver.stop()

    assert notes.read_text().split() == ["kill", "end"]
    assert "no time for that" in caplog.text + capfd.readouterr().err


def test_a_thread_that_is_given_up_ends_in_good_order_when_it_can(drive: Drive, notes: Path, gate: Gate):
    driver = drive("thread", **NOTES)
    driver.give(functions.pass_gate, *gate.paths)
    gate.wait_for_task()

    driver.worker.kill()
    assert notes.read_text() == ""
    gate.open()

    eventually(lambda: notes.read_text().split() == ["kill", "end"])
    assert len(driver.recorder.of("exited")) == 1


# SIGTERM


@pytest.mark.parametrize("name", ["note_kill", "note_kill_later"])
@pytest.mark.parametrize("width", [1, 2])
def test_a_process_that_is_terminated_calls_its_kill_handler_and_dies_of_it(
    drive: Drive, notes: Path, gate: Gate, name: str, width: int
):
    driver = drive("process", **{**NOTES, "kill_handler": f"tests.engine.workers.duties:{name}"})
    if width > 1:
        driver.widen(width)
    driver.give(functions.pass_gate, *gate.paths)
    gate.wait_for_task()

    os.kill(driver.pid, signal.SIGTERM)

    assert driver.exit().reason == "killed by SIGTERM"
    assert notes.read_text().split() == ["kill"]


def test_a_process_that_is_terminated_while_it_waits_calls_its_kill_handler(drive: Drive, notes: Path):
    driver = drive("process", **NOTES)

    os.kill(driver.pid, signal.SIGTERM)

    assert driver.exit().reason == "killed by SIGTERM"
    assert notes.read_text().split() == ["kill"]


def test_a_process_that_runs_a_coroutine_can_be_terminated(drive: Drive, notes: Path):
    driver = drive("process", **LATER)
    number = driver.give(duties.sleep_on_the_loop)
    driver.message(number)

    os.kill(driver.pid, signal.SIGTERM)

    assert driver.exit().reason == "killed by SIGTERM"
    assert notes.read_text().split() == ["kill"]


def test_a_kill_handler_that_hangs_does_not_keep_a_process_alive(drive: Drive, notes: Path):
    driver = drive("process", stop_timeout=0.2, kill_handler="tests.engine.workers.duties:hang_at_the_kill")

    os.kill(driver.pid, signal.SIGTERM)

    assert driver.exit().reason == "killed by SIGTERM"
    assert notes.read_text().split() == ["kill"]


def test_a_second_signal_does_not_wait_for_the_kill_handler(drive: Drive, notes: Path):
    driver = drive("process", stop_timeout=3600, kill_handler="tests.engine.workers.duties:hang_at_the_kill")
    os.kill(driver.pid, signal.SIGTERM)
    eventually(notes.read_text)

    os.kill(driver.pid, signal.SIGTERM)

    assert driver.exit().reason == "killed by SIGTERM"


def test_without_a_kill_handler_a_process_is_terminated_at_once(drive: Drive, notes: Path):
    driver = drive("process", finalizer=NOTES["finalizer"])

    assert driver.run(functions.signal_handlers)["SIGTERM"] == "<Handlers.SIG_DFL: 0>"
    os.kill(driver.pid, signal.SIGTERM)

    assert driver.exit().reason == "killed by SIGTERM"
    assert notes.read_text() == ""

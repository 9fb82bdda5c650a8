"""What pools do, in the log."""

from __future__ import annotations

import logging

import pytest

import poolapp
from poolapp import pools as running_pools
from tests.sampleapp import tasks

pytestmark = pytest.mark.usefixtures("thread_pools")


def test_a_record_has_fields_for_formatters_that_write_json(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG, "poolapp.events"):
        future = tasks.refuse.execute("no, thank you")
        future.exception(timeout=10)
        running_pools.stop(timeout=5)

    lines = [record for record in caplog.records if record.name == "poolapp.events"]
    [failed] = [record for record in lines if record.event == "task_error"]
    assert failed.pool == "default"
    assert failed.details["task"] == tasks.refuse.name
    assert failed.details["error"] == "Refused: ('no, thank you', 7)"
    assert "in refuse" in failed.details["traceback"]
    assert "traceback" not in failed.getMessage()
    levels = {record.event: record.levelname for record in lines}
    assert levels["task_error"] == "WARNING"
    assert levels["ready"] == levels["destroy"] == "INFO"
    assert (
        levels["task_queued"] == levels["task_started"] == levels["task_finished"] == levels["worker_exit"] == "DEBUG"
    )


def test_values_of_tasks_are_never_logged(pools, settings, caplog: pytest.LogCaptureFixture):
    settings.POOLAPP = {**settings.POOLAPP, "RECORD": {"ARGUMENTS": True, "RESULTS": True}}

    with caplog.at_level(logging.DEBUG, "poolapp.events"):
        tasks.refuse.execute("hush-hush").exception(timeout=10)
        tasks.say.execute("hush-hush").exception(timeout=10)
        running_pools.stop(timeout=5)

    lines = [record for record in caplog.records if record.name == "poolapp.events"]
    assert {"task_error", "task_finished"} <= {record.event for record in lines}
    for record in lines:
        assert not {"arguments", "call", "result"} & set(record.details)
        assert "arguments=" not in record.getMessage()
        assert "call=" not in record.getMessage()


def test_tasks_are_told_of_only_where_that_is_asked_for(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, "poolapp.events"):
        poolapp.execute(tasks.add, 1, 2).result(timeout=10)
        running_pools.stop(timeout=5)

    assert {record.event for record in caplog.records if record.name == "poolapp.events"} == {"ready", "destroy"}

"""The names by which tasks can be asked for."""

from __future__ import annotations

import os
import types

import pytest

from poolapp import PoolError, TaskFunction, registry
from tests.sampleapp import tasks


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch) -> None:
    monkeypatch.setattr(registry, "functions", dict(registry.functions))


def test_the_tasks_of_every_app_are_discovered():
    registry.discover()

    assert registry.functions["tests.sampleapp.tasks.add"] is tasks.add
    assert "project.gallery.tasks.make_thumbnails" in registry.functions


def test_two_functions_cannot_have_one_name():
    registry.register(TaskFunction(os.getcwd, "taken"))

    with pytest.raises(PoolError, match=r"two task functions are called 'taken': posix.getcwd and posix.getpid"):
        registry.register(TaskFunction(os.getpid, "taken"))

    assert registry.functions["taken"].function is os.getcwd


def test_a_module_that_is_imported_again_brings_its_functions_once_more():
    again = types.FunctionType(tasks.add.function.__code__, {}, "add")
    again.__module__ = "tests.sampleapp.tasks"

    registry.register(TaskFunction(again, tasks.add.name))

    assert registry.functions[tasks.add.name].function is again

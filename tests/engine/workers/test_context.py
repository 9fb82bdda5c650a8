"""Context variables: threads have their caller's, processes those that the options name, and no task has another's."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import pytest

from poolapp.engine.errors import InvalidOption, InvalidOptionType, TaskNotPicklable
from poolapp.engine.workers.luggage import Luggage
from tests.engine import functions
from tests.engine.workers import duties
from tests.engine.workers.direct import Driver

Drive = Callable[..., Driver]

LANGUAGE = "tests.engine.workers.duties:language"
TRACE = "tests.engine.workers.duties:trace"
HERE = pytest.mark.parametrize("kind", ["inline", "thread"])
FUNCTIONS = pytest.mark.parametrize("function", [duties.values, duties.values_later])
WIDE = pytest.mark.parametrize("width", [1, 2])


@contextlib.contextmanager
def setting(variable: ContextVar[Any], value: object) -> Iterator[None]:
    """Set a variable for a while."""
    token = variable.set(value)
    yield
    variable.reset(token)


@pytest.fixture
def in_german() -> Iterator[None]:
    """The caller speaks German."""
    with setting(duties.language, "de"):
        yield


def start(drive: Drive, kind: str, width: int, **options: object) -> Driver:
    driver = drive(kind, **options)
    if width > 1 and kind != "inline":
        driver.widen(width)
    return driver


@pytest.mark.usefixtures("in_german")
@HERE
@FUNCTIONS
@WIDE
def test_tasks_in_this_process_see_what_their_caller_saw(drive: Drive, kind: str, width: int, function: Callable):
    driver = start(drive, kind, width)

    assert driver.run(function) == ("de", "none")


@pytest.mark.usefixtures("in_german")
@FUNCTIONS
@WIDE
def test_tasks_in_a_process_see_what_the_options_name(drive: Drive, width: int, function: Callable):
    driver = start(drive, "process", width, context_vars=(LANGUAGE, TRACE))

    with setting(duties.trace, {"id": 7}):
        assert driver.run(function) == ("de", {"id": 7})


@pytest.mark.usefixtures("in_german")
def test_tasks_in_a_process_see_nothing_else(drive: Drive):
    driver = drive("process", context_vars=(TRACE,))

    assert driver.run(duties.values) == ("en", "none")


def test_what_is_not_set_does_not_travel(drive: Drive):
    driver = drive("process", context_vars=(LANGUAGE, TRACE))

    assert driver.run(duties.values) == ("en", "none")


@pytest.mark.usefixtures("in_german")
def test_variables_travel_with_arguments_and_with_functions_that_have_no_name(drive: Drive):
    driver = drive("process", context_vars=(LANGUAGE,))

    assert driver.run(duties.set_language, "fr") == "de"
    assert driver.run(duties.named(duties.SetLanguage("fr"))) == "de"


@pytest.mark.parametrize("kind", ["inline", "thread", "process"])
@WIDE
def test_nothing_leaks_from_task_to_task(drive: Drive, kind: str, width: int):
    driver = start(drive, kind, width, context_vars=(LANGUAGE,))

    before = [driver.run(duties.set_language, value) for value in ("fr", "it", "es")]

    assert before == ["en", "en", "en"]
    assert duties.language.get() == "en"


@pytest.mark.parametrize("kind", ["inline", "thread", "process"])
def test_what_is_around_a_task_is_outside_of_its_context(drive: Drive, kind: str):
    driver = drive(kind, around_task="tests.engine.workers.duties:around_in_esperanto")

    with setting(duties.language, "en"):  # an inline worker has its caller's thread
        assert driver.run(duties.values)[0] == "en"


@pytest.mark.parametrize("kind", ["inline", "thread", "process"])
@FUNCTIONS
@WIDE
def test_what_is_inside_a_task_is_in_its_context(drive: Drive, kind: str, function: Callable, width: int):
    driver = start(drive, kind, width, inside_task="tests.engine.workers.duties:inside_in_latin")

    assert driver.run(function)[0] == f"la for {function.__name__}"
    assert duties.language.get() == "en"


def test_what_is_inside_a_task_hears_what_it_raises(drive: Drive):
    driver = drive("thread", inside_task="tests.engine.workers.duties:inside_in_latin")

    with pytest.raises(ZeroDivisionError) as caught:
        driver.run(divmod, 1, 0)
    assert caught.value.__notes__ == ["in la for divmod"]


def test_the_pool_that_calls_sees_what_was_set_when_it_was_called(drive: Drive):
    driver = drive("thread")

    with setting(duties.language, "pt"):
        number = driver.give(duties.values)

    assert driver.outcome(number).value == ("pt", "none")


def test_a_value_that_cannot_be_pickled_is_refused_by_name(drive: Drive):
    driver = drive("process", context_vars=(TRACE,))

    with (
        setting(duties.trace, threading.Lock()),
        pytest.raises(TaskNotPicklable, match=f"context variable {TRACE} of nothing cannot be pickled"),
    ):
        driver.give(functions.nothing)


def test_a_value_that_cannot_be_rebuilt_fails_its_task(drive: Drive):
    driver = drive("process", context_vars=(TRACE,))

    with setting(duties.trace, functions.NotRebuildable()):
        outcome = driver.outcome(driver.give(functions.nothing))

    assert isinstance(outcome.error, TaskNotPicklable)
    assert driver.run(functions.add, 1, 2) == 3


@pytest.mark.parametrize(
    "path, error",
    [
        ("tests.engine.workers.duties:nothing_of_that_name", InvalidOption),
        ("tests.engine.no_such_module:language", InvalidOption),
        ("tests.engine.workers.duties:not_a_variable", InvalidOptionType),
    ],
)
def test_a_path_that_leads_to_no_variable_is_an_error_when_the_pool_opens(path: str, error: type[Exception]):
    with pytest.raises(error, match=f"context_vars.*{path}"):
        Luggage([path])


def test_without_variables_there_is_nothing_to_pack():
    assert Luggage(()).pack() is None
    assert Luggage([TRACE]).pack() is None

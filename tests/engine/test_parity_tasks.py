"""What the reference asks of task functions, where no other test shows it; see docs/parity.md."""

from __future__ import annotations

import pytest

from poolapp.engine import AbortSignal, InvalidOption, InvalidOptionType, Pool, PoolOptions, TaskFunction
from tests.engine import functions


@pytest.mark.parametrize(
    "options, error, rule",
    [
        ({"name": " "}, InvalidOption, "name must not be blank"),
        ({"name": 3}, InvalidOptionType, "name must be text"),
        ({"priority": -21}, InvalidOption, "priority must be a whole number from -20 to 19"),
        ({"priority": 20}, InvalidOption, "priority must be a whole number from -20 to 19"),
        ({"priority": ""}, InvalidOptionType, "priority must be a whole number"),
        ({"strategy": "most_used"}, InvalidOption, "strategy must be one of"),
        ({"workers": 1}, InvalidOptionType, "workers must be a list or tuple of slots"),
        ({"workers": []}, InvalidOption, "workers must name at least one slot"),
        ({"workers": [1.5]}, InvalidOptionType, "workers must name slots"),
        ({"workers": [-1]}, InvalidOption, "workers must name slots"),
        ({"workers": [1, 1]}, InvalidOption, "workers must name each slot once"),
        ({"signal": 3}, InvalidOptionType, "signal must be None or an AbortSignal, not 3"),
        ({"signal": AbortSignal}, InvalidOptionType, "signal must be None or an AbortSignal, not <class"),
    ],
)
def test_what_is_special_about_a_function_is_checked_as_it_is_said(options: dict, error: type[Exception], rule: str):
    with pytest.raises(error, match=rule):
        TaskFunction(**{"function": print, "name": "show", **options})


@pytest.mark.parametrize("priority", [-20, 19])
def test_a_function_may_have_any_nice_level(priority: int):
    assert TaskFunction(print, "show").using(priority=priority).priority == priority


def test_functions_are_listed_with_the_default_first_and_what_is_special_about_each():
    given = {
        "add": TaskFunction(functions.add, "add"),
        "urgent": TaskFunction(functions.add, "urgent", priority=-5, strategy="round_robin", workers=[1, 0]),
    }
    pool = Pool(PoolOptions(worker="inline", min_size=2), functions=given)

    assert pool.list_tasks() == [
        {"name": "add", "default": True},
        {"name": "urgent", "priority": -5, "strategy": "round_robin", "workers": (0, 1), "default": False},
    ]


def test_a_pool_may_know_no_function_by_name():
    pool = Pool(PoolOptions(worker="inline", min_size=1))

    assert pool.list_tasks() == []
    with pool:
        assert pool.execute(functions.add, 1, 2).result(10) == 3

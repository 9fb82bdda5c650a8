"""A task can be run for every element of an input, and the results come in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from poolapp.engine import InvalidOption, InvalidOptionType, Pool, PoolDestroyed
from tests.contracts.conftest import books
from tests.engine import functions


@pytest.mark.parametrize("collect", [list, tuple, dict.fromkeys, iter])
def test_results_come_in_the_order_of_the_input(pool: Pool, collect):
    assert list(pool.map("double", collect([1, 2, 3]))) == [2, 4, 6]


def test_several_inputs_are_taken_together_as_far_as_the_shortest_goes(pool: Pool):
    assert list(pool.map(functions.add, [1, 2, 3], [10, 20])) == [11, 22]


def test_the_first_error_takes_the_place_of_its_result(pool: Pool):
    results = pool.map(functions.reciprocal, [1, 2, 0, 4])

    assert next(results) == 1
    assert next(results) == 0.5
    with pytest.raises(ZeroDivisionError):
        next(results)


@pytest.mark.parametrize("inputs", [None, 3])
def test_an_input_has_to_be_iterable(pool: Pool, inputs):
    with pytest.raises(TypeError):
        pool.map("double", inputs)


def test_a_map_of_nothing_is_empty(pool: Pool):
    assert list(pool.map("double", [])) == []


def test_a_destroyed_pool_maps_nothing(pool: Pool):
    pool.destroy()

    with pytest.raises(PoolDestroyed):
        pool.map("double", [1])


def test_the_input_is_consumed_as_results_are_taken(pool: Pool):
    consumed: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(100):
            consumed.append(number)
            yield number

    results = pool.map("double", numbers(), buffersize=3)
    assert consumed == [0, 1, 2]
    assert [next(results), next(results)] == [0, 2]
    assert len(consumed) <= 5
    assert list(results) == [2 * number for number in range(2, 100)]


@pytest.mark.parametrize("size, error", [(0, InvalidOption), ("2", InvalidOptionType)])
def test_a_buffer_has_a_size(pool: Pool, size, error):
    with pytest.raises(error, match="buffersize"):
        pool.map("double", [1], buffersize=size)


def test_a_map_goes_on_as_the_queue_has_room(make_pool: Callable[..., Pool]):
    pool = make_pool(queue={"limit": 1})
    pool.start()

    assert list(pool.map("double", range(200))) == [2 * number for number in range(200)]


def test_what_nobody_wants_any_more_is_cancelled(make_pool: Callable[..., Pool], occupied):
    pool = make_pool()
    pool.start()
    with occupied(pool):
        results = pool.map("double", [1, 2, 3], timeout=0.01)

        with pytest.raises(TimeoutError):
            next(results)

        assert books(pool)["cancelled"] == 3


def test_a_map_that_is_closed_before_it_was_looked_at_is_cancelled(make_pool: Callable[..., Pool], occupied):
    pool = make_pool()
    pool.start()
    with occupied(pool):
        results = pool.map("double", [1, 2, 3])

        results.close()  # type: ignore[attr-defined]

        assert books(pool)["cancelled"] == 3
        assert list(results) == []


def test_a_map_that_nobody_keeps_is_cancelled(make_pool: Callable[..., Pool], occupied):
    pool = make_pool()
    pool.start()
    with occupied(pool):
        results = pool.map("double", [1, 2, 3])

        del results

        assert books(pool)["cancelled"] == 3


@pytest.mark.parametrize("timeout, error", [("1", InvalidOptionType), (-1, InvalidOption)])
def test_a_map_has_a_time_limit_or_none(pool: Pool, timeout, error):
    with pytest.raises(error, match="timeout must be"):
        pool.map("double", [1], timeout=timeout)

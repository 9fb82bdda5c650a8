"""Strategies: given the eligible nodes, choose one. What holds for all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolapp.engine.node import WorkerNode
from poolapp.engine.strategies import STRATEGIES
from tests.engine.strategy_nodes import Node, counts, experienced, fresh, give, run, strategy_called

TIME_BASED = [name for name in STRATEGIES if name not in ("least_used", "round_robin")]
every_strategy = pytest.mark.parametrize("name", STRATEGIES)


def test_there_are_seven_strategies():
    assert list(STRATEGIES) == [
        "least_used",
        "least_busy",
        "least_elu",
        "round_robin",
        "fair_share",
        "weighted_round_robin",
        "interleaved_weighted_round_robin",
    ]


@every_strategy
def test_the_only_node_is_chosen(name: str):
    strategy, nodes = strategy_called(name), fresh(3)

    assert give(strategy, nodes[2:], 3) == [2, 2, 2]


@every_strategy
def test_the_first_choice_is_the_lowest_slot(name: str):
    assert strategy_called(name).choose(fresh(3), 0.0).slot == 0


@every_strategy
def test_a_choice_stays_among_the_nodes_given(name: str):
    strategy, nodes = strategy_called(name), fresh(4)

    assert set(give(strategy, nodes[1:3], 8)) == {1, 2}


@every_strategy
def test_nodes_of_a_pool_will_do(name: str):
    nodes = [WorkerNode(number + 1, number, dynamic=False, now=0.0) for number in range(3)]

    assert strategy_called(name).choose(nodes, 0.0) is nodes[0]


@every_strategy
def test_a_burst_on_fresh_workers_is_shared_equally(name: str):
    slots = give(strategy_called(name), fresh(3), 12)

    assert counts(slots, range(3)) == [4, 4, 4]


@every_strategy
@pytest.mark.parametrize("seconds", [1e-6, 0.001, 30.0])
def test_a_burst_on_workers_with_the_same_past_is_shared_equally(name: str, seconds: float):
    slots = give(strategy_called(name), experienced(seconds, seconds, seconds, tasks=5), 12)

    assert counts(slots, range(3)) == [4, 4, 4]


@every_strategy
def test_a_burst_of_tasks_too_short_for_the_clock_is_shared_equally(name: str):
    slots = give(strategy_called(name), experienced(0.0, 0.0, 0.0), 12)

    assert counts(slots, range(3)) == [4, 4, 4]


@pytest.mark.parametrize("name", TIME_BASED)
@pytest.mark.parametrize("before", [1, 2, 3])
def test_a_burst_after_the_first_short_tasks_does_not_go_to_one_worker(name: str, before: int):
    strategy, nodes = strategy_called(name), fresh(3)
    run(strategy, nodes, before, seconds=0.001)

    assert max(counts(give(strategy, nodes, 12, now=1.0), range(3))) <= 6


@pytest.mark.parametrize("name", TIME_BASED)
def test_what_was_given_before_anything_was_known_does_not_count_for_long(name: str):
    strategy, nodes = strategy_called(name), fresh(3)
    early = give(strategy, nodes, 2)
    for slot in early:
        nodes[slot].load = 0
        nodes[slot].usage.record((0.0, 0.001, 0.001))

    assert max(counts(give(strategy, nodes, 12, now=0.01), range(3))) <= 6


@every_strategy
def test_a_worker_that_comes_later_is_not_flooded(name: str):
    strategy, nodes = strategy_called(name), experienced(0.008, 0.008, tasks=500)
    give(strategy, nodes, 40)
    for node in nodes:  # all of them end, having waited for each other
        for place in range(node.load):
            node.usage.record((0.008 * place, 0.008, 0.008))
        node.load = 0
    newcomer = Node(2, 103)
    newcomer.usage.seed(node.usage for node in nodes)

    slots = give(strategy, [*nodes, newcomer], 30, now=0.2)

    assert slots.count(2) == pytest.approx(10, abs=2)


@every_strategy
def test_a_node_that_was_forgotten_leaves_nothing_behind(name: str):
    strategy, nodes = strategy_called(name), experienced(1.0, 2.0, 3.0)
    give(strategy, nodes, 12)
    before = vars(strategy_called(name))

    for node in nodes:
        strategy.forget(node)

    remembered = {key: value for key, value in vars(strategy).items() if isinstance(value, dict)}
    assert remembered == {key: before[key] for key in remembered}


@every_strategy
def test_forgetting_a_node_that_was_never_chosen_does_nothing(name: str):
    strategy = strategy_called(name)

    strategy.forget(fresh(1)[0])

    assert give(strategy, fresh(2), 2) == [0, 1]


@every_strategy
def test_the_one_who_takes_over_a_slot_is_treated_like_the_others(name: str):
    strategy, nodes = strategy_called(name), experienced(0.01, 0.01, 0.01)
    give(strategy, nodes, 12)
    strategy.forget(nodes[1])
    nodes[1].id, nodes[1].load = 200, 4

    slots = give(strategy, nodes, 12)

    assert counts(slots, range(3)) == pytest.approx([4, 4, 4], abs=1)


subsets = st.lists(st.sets(st.integers(0, 5), min_size=1), min_size=1, max_size=60)


@every_strategy
@given(subsets=subsets, weights=st.none() | st.lists(st.floats(0.1, 1000), min_size=6, max_size=6), data=st.data())
def test_a_choice_is_one_of_the_nodes_whichever_they_are(name: str, subsets, weights, data):
    strategy, nodes, now = strategy_called(name, weights=weights), fresh(6), 0.0

    for slots in subsets:
        given = [nodes[slot] for slot in sorted(slots)]
        node = strategy.choose(given, now)
        assert node in given
        node.usage.record(tuple(data.draw(st.floats(0, 100)) for _ in "wra"))
        now += data.draw(st.floats(0, 10))


@every_strategy
@given(extras=st.lists(st.sets(st.integers(3, 5)), min_size=20, max_size=60), known=st.booleans())
def test_slots_that_are_always_there_are_given_the_same(name: str, extras, known: bool):
    strategy = strategy_called(name)
    nodes = experienced(*[0.02] * 6) if known else fresh(6)

    slots = []
    for extra in extras:
        slots += give(strategy, nodes[:3] + [nodes[slot] for slot in sorted(extra)], 1)

    shares = counts(slots, range(3))
    assert max(shares) - min(shares) <= 1


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name not in ("least_used", "fair_share")])
@given(size=st.integers(1, 7), seconds=st.floats(1e-6, 100))
def test_equal_tasks_one_after_another_are_shared_equally(name: str, size: int, seconds: float):
    """Except by those that look ahead: to them all nodes are the same when none has anything to do."""
    slots = run(strategy_called(name), fresh(size), 20 * size, seconds)

    shares = counts(slots, range(size))
    assert max(shares) - min(shares) <= 2

"""Who is in the pool, and who may be given work."""

from __future__ import annotations

import pytest

from poolapp.engine.node import NodeState
from poolapp.engine.roster import Roster


@pytest.fixture
def roster() -> Roster:
    """Nodes 1 to 3 in slots 0 to 2."""
    roster = Roster()
    for slot in range(3):
        roster.add(slot, dynamic=False, now=0.0)
    return roster


def test_ids_are_never_used_again(roster: Roster):
    roster.set_state(roster.nodes[3], NodeState.GONE)

    assert roster.add(2, dynamic=False, now=0.0).id == 4


def test_ready_nodes_are_eligible_in_the_order_of_their_slots(roster: Roster):
    roster.set_state(roster.nodes[3], NodeState.READY)
    roster.set_state(roster.nodes[1], NodeState.READY)

    assert [node.id for node in roster.eligible] == [1, 3]


@pytest.mark.parametrize("state", [NodeState.RETIRING, NodeState.GONE])
def test_nodes_that_leave_are_no_longer_eligible_and_free_their_slot(roster: Roster, state: NodeState):
    for node in roster:
        roster.set_state(node, NodeState.READY)

    roster.set_state(roster.nodes[2], state)

    assert [node.id for node in roster.eligible] == [1, 3]
    assert [node.id for node in roster.present()] == [1, 3]
    assert list(roster.free_slots(5)) == [1, 3, 4]


def test_nodes_that_are_gone_are_forgotten(roster: Roster):
    roster.set_state(roster.nodes[2], NodeState.GONE)

    assert [node.id for node in roster] == [1, 3]


def test_starting_nodes_are_counted(roster: Roster):
    roster.set_state(roster.nodes[2], NodeState.READY)

    assert roster.starting() == 2


def test_the_newest_node_of_a_slot_is_the_one_that_stays(roster: Roster):
    successor = roster.add(1, dynamic=False, now=0.0)

    assert roster.in_slot(1) is successor
    assert roster.in_slot(4) is None

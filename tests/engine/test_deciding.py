"""Decisions are made one after another, also when they are interrupted."""

from __future__ import annotations

from poolapp.engine.deciding import Deciding


def test_nothing_is_postponed_while_nobody_decides():
    calls: list[int] = []
    deciding = Deciding()

    assert not deciding.postpone(calls.append, 1)
    deciding.catch_up()

    assert calls == []


def test_what_interrupts_a_decision_is_done_afterwards_in_order():
    calls: list[int] = []
    deciding = Deciding()

    with deciding:
        assert deciding.is_interrupted
        assert deciding.postpone(calls.append, 1)
        assert deciding.postpone(calls.append, 2)
        assert calls == []
    deciding.catch_up()

    assert not deciding.is_interrupted
    assert calls == [1, 2]


def test_what_was_postponed_is_done_once():
    calls: list[int] = []
    deciding = Deciding()
    with deciding:
        deciding.postpone(calls.append, 1)

    deciding.catch_up()
    deciding.catch_up()

    assert calls == [1]


def test_a_decision_that_fails_is_over():
    deciding = Deciding()

    try:
        with deciding:
            raise ValueError
    except ValueError:
        pass

    assert not deciding.is_interrupted


def test_what_is_postponed_while_others_catch_up_is_done_too():
    calls: list[int] = []
    deciding = Deciding()

    def interrupt_again() -> None:
        with deciding:
            deciding.postpone(calls.append, 2)
        calls.append(1)

    with deciding:
        deciding.postpone(interrupt_again)
    deciding.catch_up()

    assert calls == [1, 2]

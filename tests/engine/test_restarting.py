"""What a restart knows about its own progress."""

from __future__ import annotations

from poolapp.engine.restarting import WorkersRestart


def test_a_restart_of_nobody_is_complete():
    assert WorkersRestart([]).is_complete


def test_it_is_complete_when_every_worker_is_gone():
    restart = WorkersRestart([1, 2])
    for old, new in ((1, 3), (2, 4)):
        restart.waiting.popleft()
        restart.successor[old] = new
        assert not restart.is_complete
        restart.gone(old)

    assert restart.is_complete
    assert restart.replaced == {1: 3, 2: 4}
    assert restart.progress == {"total": 2, "replaced": 2}


def test_the_end_of_a_stranger_means_nothing():
    restart = WorkersRestart([1])

    restart.gone(9)

    assert restart.progress == {"total": 1, "replaced": 0}


def test_a_successor_knows_whom_it_replaces():
    restart = WorkersRestart([1])
    restart.successor[1] = 3

    assert restart.predecessor_of(3) == 1
    assert restart.predecessor_of(4) is None

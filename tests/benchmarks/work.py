"""What the peers are given to do: next to nothing. Importable by every process without Django."""

from __future__ import annotations


def same(number: int) -> int:
    """Return the number, so that a result shows that the right task was run."""
    return number

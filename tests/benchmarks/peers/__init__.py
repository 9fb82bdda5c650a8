"""The pools that are compared."""

import os

from tests.benchmarks.peers import node, ours, pypi, standard
from tests.benchmarks.peers.base import Candidate, Kind

__all__ = ["CANDIDATES", "MISSING", "Candidate", "candidates", "require_pypi"]

ALL = (*ours.CANDIDATES, *standard.CANDIDATES, *pypi.CANDIDATES, *node.CANDIDATES)
CANDIDATES: tuple[Candidate, ...] = tuple(candidate for candidate in ALL if candidate.is_there)
MISSING = tuple(candidate.name for candidate in ALL if not candidate.is_there)


def candidates(*kinds: Kind) -> list[Candidate]:
    """Those that are there, of these kinds."""
    return [candidate for candidate in CANDIDATES if candidate.kind in kinds]


def require_pypi() -> None:
    """Where all parts must be there, the peers of PyPI must; those of Node.js need more than pip."""
    missing = {candidate.name for candidate in pypi.CANDIDATES} & set(MISSING)
    if missing and os.environ.get("POOLAPP_TEST_REQUIRE_ALL") == "1":
        raise SystemExit(f'not installed: {", ".join(sorted(missing))}; pip install "poolapp[bench]" does it')

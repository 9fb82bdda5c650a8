"""The pools that are compared."""

from tests.benchmarks.peers import node, pypi, standard
from tests.benchmarks.peers.base import Candidate, Peer

__all__ = ["CANDIDATES", "Candidate", "Peer"]

CANDIDATES: tuple[Candidate, ...] = (*standard.CANDIDATES, *pypi.CANDIDATES, *node.CANDIDATES)

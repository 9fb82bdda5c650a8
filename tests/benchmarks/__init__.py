"""How fast the pools are, next to what Python brings along: python -m tests.benchmarks."""

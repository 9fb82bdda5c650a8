"""Random load and random mischief, from one seed; in the end every book has to balance: `python -m tests.chaos`."""

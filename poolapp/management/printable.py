"""Text from elsewhere, fit for a terminal."""

from __future__ import annotations


def printable(text: str, indent: str = "") -> str:
    """The text with control characters as escape sequences of Python's, which do nothing; later lines are indented."""
    return f"\n{indent}".join("".join(map(_visible, line)) for line in text.split("\n"))


def _visible(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()

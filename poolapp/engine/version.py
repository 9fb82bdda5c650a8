"""The version of poolapp."""

__version__ = "0.1.0"

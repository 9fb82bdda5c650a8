"""Descriptors that a process was given: its own, and out of the way of what tasks do."""

from __future__ import annotations

import fcntl
import mmap
import os
import socket
import sys
import tempfile

# The lowest descriptor for our own use: 0 to 2 may be closed, and tasks may play with low ones.
LOWEST_FD = 10


def own_socket(fd: int) -> socket.socket:
    """A socket that was passed to us; it blocks, whatever time-out sockets have by default here."""
    sock = socket.socket(fileno=move_up(fd))
    sock.settimeout(None)
    return sock


def move_up(fd: int) -> int:
    """The same descriptor where tasks do not play."""
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, LOWEST_FD)
    os.close(fd)
    return moved


def nameless_file(name: str) -> int:
    """The descriptor of an empty file that exists nowhere else; its name is only for people. Raises OSError."""
    if sys.platform.startswith("linux"):
        fd = os.memfd_create(name, os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    return fd


def mapped(fd: int, size: int) -> mmap.mmap:
    """The memory of a file; the copy of the descriptor that comes with it keeps out of the way too."""
    low = []
    while (copy := os.dup(fd)) < LOWEST_FD:
        low.append(copy)
    try:
        return mmap.mmap(fd, size)
    finally:
        for taken in (copy, *low):
            os.close(taken)

"""Browsers that have the dashboard open, in a process of their own: they read what comes, and look at none of it.

python -m tests.benchmarks.workloads.observers_browsers PORT SESSION COUNT

Says "open" when all are, and answers each line with the bytes that have come until then.
"""

from __future__ import annotations

import selectors
import socket
import sys

SECONDS_TO_OPEN = 20
REQUEST = """\
GET /ws/poolapp/ HTTP/1.1
Host: 127.0.0.1:{port}
Origin: http://127.0.0.1:{port}
Cookie: sessionid={session}
Connection: Upgrade
Upgrade: websocket
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==

"""


def main(port: str, session: str, count: str) -> None:
    sockets = [opened(int(port), session) for _ in range(int(count))]
    print("open", flush=True)
    buffer, received = bytearray(1 << 20), 0
    with selectors.DefaultSelector() as selector:
        for each in (*sockets, sys.stdin):
            selector.register(each, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if isinstance(key.fileobj, socket.socket):
                    length = key.fileobj.recv_into(buffer)
                    if not length:
                        raise ConnectionError("the server has hung up")
                    received += length
                elif sys.stdin.readline():
                    print(received, flush=True)
                else:
                    return


def opened(port: int, session: str) -> socket.socket:
    """A socket that the server has accepted; the first frames are on their way."""
    browser = socket.create_connection(("127.0.0.1", port), SECONDS_TO_OPEN)
    browser.sendall(REQUEST.format(port=port, session=session).replace("\n", "\r\n").encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += browser.recv(1) or b"\r\n\r\n"
    if b" 101 " not in head:
        raise ConnectionError(f"the server does not accept a socket: {head!r}")
    return browser


if __name__ == "__main__":
    main(*sys.argv[1:])

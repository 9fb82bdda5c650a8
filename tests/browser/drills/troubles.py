"""The shop's troubles: what is asked of its pool, again and again."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable

from tests.browser.drills import tasks

PAUSE = 0.1  # seconds between two orders
Orders = tuple[Callable[[int], object], ...]


def everyday(order: int) -> None:
    tasks.send_mail.execute(order)
    tasks.resize_photo.execute(order)


def payments(order: int) -> None:
    tasks.charge_card.execute(order)


def reports(order: int) -> None:
    tasks.render_report.execute(order)


def stock() -> None:
    tasks.sync_stock.execute("north")


TROUBLES: dict[str, tuple[Orders, Callable[[], None]]] = {
    "failures": ((everyday, payments), lambda: None),
    "hang": ((everyday,), stock),
    "queue": ((everyday, reports), lambda: None),
    "everything": ((everyday, payments, reports), stock),
}


def begin(orders: Orders, once: Callable[[], None]) -> None:
    """Let orders come, until the server ends."""
    threading.Thread(target=_keep_ordering, args=(orders, once), name="orders", daemon=True).start()


def _keep_ordering(orders: Orders, once: Callable[[], None]) -> None:
    once()
    for number in itertools.count(1):
        for order in orders:
            order(number)
        time.sleep(PAUSE)

"""What the shop does off the request."""

import random
import time

import poolapp


class CardDeclined(Exception):
    pass


@poolapp.task
def charge_card(order: int) -> None:
    time.sleep(0.02)
    if random.random() < 0.4:
        raise CardDeclined(f"order {order}: the bank said no")


@poolapp.task
def send_mail(order: int) -> None:
    time.sleep(0.01)
    if order % 20 == 0:
        raise ConnectionError(f"order {order}: the mail server hung up")


@poolapp.task
def resize_photo(order: int) -> None:
    time.sleep(0.03)


@poolapp.task
def sync_stock(warehouse: str) -> None:
    """Ask a service that never answers."""
    time.sleep(3600)


@poolapp.task
def render_report(order: int) -> None:
    """What somebody has made ten times slower."""
    time.sleep(0.6)

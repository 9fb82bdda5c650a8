"""How many rows there are, in words of the admin: "10,000+" where more are not counted."""

from __future__ import annotations

from django.conf import settings
from django.utils.functional import cached_property

from poolapp import paging
from poolapp.dashboard import messages


def said(count: int) -> str:
    """What `paging.counted` has counted."""
    most = paging.MOST_COUNTED
    return f"{messages.count_text(most)}+" if count > most else messages.count_text(count)


class CutCount(int):
    """As many as are counted, where there are more: a number for the admin to reckon with, which shows as "10,000+"."""

    def __str__(self) -> str:
        # Django would set separators into the text as if all of it were digits.
        return repr(self) if settings.USE_THOUSAND_SEPARATOR else said(self + 1)


class SayingPaginator(paging.BoundedPaginator):
    """Lets the admin's own templates say that there are more than are counted."""

    @cached_property
    def count(self) -> int:
        return CutCount(super().count) if self.is_cut else super().count

    @property
    def most(self) -> str:
        """The bound, by itself."""
        return messages.count_text(paging.MOST_COUNTED)

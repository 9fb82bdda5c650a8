"""Filters that write figures the way the dashboard's modules do."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from poolapp.dashboard import messages

register = template.Library()

register.filter("count", messages.count_text)
register.filter("dropped", messages.dropped_text)
register.filter("lost", messages.lost_text)
register.filter("bytes", messages.bytes_text)
register.filter("seconds", messages.seconds_text)
register.filter("duration", messages.duration_text)
register.filter("percent", messages.percent_text)
register.filter("clock", messages.clock_text)
register.filter("short", messages.short_text)
register.filter("home", messages.home_text)
register.filter("word", messages.word)


@register.simple_tag
def moment(at: float | None) -> SafeString | str:
    """What a <time> says about its moment: for machines, and for whoever points at it."""
    return format_html(' datetime="{}" title="{}"', messages.iso_text(at), messages.moment_text(at)) if at else ""

"""What listens for the other server processes, on a real Redis whose driver is less patient than the layer."""

from __future__ import annotations

import logging
import threading
import uuid

import pytest
import redis
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from poolapp import fleet
from tests.app.polling import eventually
from tests.conftest import require
from tests.servers.running import listens

REDIS = "redis://127.0.0.1:6379/0"
IMPATIENCE = 1.5  # seconds


@pytest.fixture
def prefix(settings) -> str:
    require(listens(6379), "needs Redis on port 6379")
    prefix = f"radio-{uuid.uuid4().hex}"
    host = {"address": REDIS, "socket_timeout": IMPATIENCE}
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [host], "prefix": prefix}}
    }
    return prefix


def members(prefix: str) -> int:
    with redis.Redis.from_url(REDIS) as server:
        return int(server.zcard(f"{prefix}:group:{fleet.GROUP}"))


@pytest.mark.slow
def test_silence_is_no_failure_and_who_ends_leaves_the_group(prefix, caplog, monkeypatch):
    receptions = []
    received = fleet._received

    async def counted(layer, channel):
        message = await received(layer, channel)
        receptions.append(message)
        return message

    monkeypatch.setattr(fleet, "_received", counted)
    called = threading.Event()
    radio = fleet.FleetRadio(called.set)
    with caplog.at_level(logging.WARNING, "poolapp"):
        radio.start()
        eventually(lambda: receptions.count(None) >= 2, within=20)
        assert members(prefix) == 1

        async_to_sync(get_channel_layer().group_send)(fleet.GROUP, fleet.CALLED)

        assert called.wait(5)
    radio.stop()
    assert members(prefix) == 0
    assert caplog.messages == []

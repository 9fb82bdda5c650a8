"""Channel layers with a mind of their own."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from channels.layers import BaseChannelLayer, InMemoryChannelLayer


class UnreachableLayer(InMemoryChannelLayer):
    """Lets nobody join."""

    async def group_add(self, group: str, channel: str) -> None:
        raise ConnectionError("the channel layer is down")


class BrokenLayer(BaseChannelLayer):
    """Fails whatever it is asked to send."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        raise ConnectionError("the channel layer is down")


class RecordingLayer(InMemoryChannelLayer):
    """Keeps the frames that went to a group, for whoever waits for the next one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.frames.put_nowait(json.loads(message["text"]))


def configured(layer: type) -> dict[str, Any]:
    """CHANNEL_LAYERS with this layer."""
    return {"default": {"BACKEND": f"{layer.__module__}.{layer.__qualname__}"}}

"""Connections that cannot be hogged: one that says nothing makes room for one that asks."""

import asyncio
import time
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

MOST_AT_ONCE = 256
"""Connections."""
HEADER_SECONDS = 15.0
"""So long a new connection may take to ask for something."""
PATIENCE = 30.0
"""Seconds after which a request that is not yet answered, or whose answer is not fetched, may have to make room."""


class Connection(H11Protocol):
    """One browser's connection. Where there are too many, the one goes that has been idle for longest."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self.moved = time.monotonic()
        """When it last asked for something, or was made."""
        self.waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        full = len(self.connections) >= MOST_AT_ONCE and not self._make_room()
        super().connection_made(transport)
        if full:
            transport.write(
                b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
            transport.close()
            return
        self.waiting = self.loop.call_later(HEADER_SECONDS, self._give_up)

    def data_received(self, data: bytes) -> None:
        if self.is_idle():
            before = self.cycle
            super().data_received(data)
            if self.cycle is not before:
                self.moved = time.monotonic()
        else:
            super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.waiting is not None:
            self.waiting.cancel()
        super().connection_lost(exc)

    def is_idle(self) -> bool:
        """No request is being answered: none was made, or none whole, since the last answer."""
        answering: RequestResponseCycle | None = self.cycle
        return answering is None or answering.response_complete

    def _give_up(self) -> None:
        if not self.cycle:
            self.transport.close()

    def _make_room(self) -> bool:
        """End the connection that is needed least; False where all are at work."""
        now = time.monotonic()
        able = [one for one in self.connections if isinstance(one, Connection) and one.transport is not None]
        able = [one for one in able if one.is_idle() or now - one.moved > PATIENCE]
        if not able:
            return False
        least = min(able, key=lambda one: (not one.is_idle(), one.moved))
        self.connections.discard(least)
        least.transport.abort()
        return True

"""A connection on which what is written in one turn of the event loop leaves in one piece.

uvicorn writes head and body of a reply one after the other: two calls of the system, and two
wakings of the client, for a reply that would fit into one packet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

# More than this does not wait: the transport has to see it, to say that the client is too slow.
_HELD_BYTES = 64 * 1024


class JoinedWrites:
    """An asyncio transport, but for when it sends."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._held_bytes = 0

    def write(self, data: bytes) -> None:
        """Send soon, together with what else is written until then."""
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(data)
        self._held_bytes += len(data)
        if self._held_bytes > _HELD_BYTES:
            self._send()

    def write_whole(self, data: bytes) -> None:
        """Send now, after what was written before: nothing follows that could go with it."""
        if self._held:
            self._held.append(data)
            self._send()
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Send what was written, then close."""
        self._send()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _send(self) -> None:
        if self._held:
            data = b"".join(self._held)
            self._held.clear()
            self._held_bytes = 0
            self._transport.write(data)

"""uvicorn's WebSocket protocol with API Gateway's limit to a frame; imported for the first client.

Source: AWS, "Quotas for configuring and running a WebSocket API": a larger frame, or message, ends
the connection with 1009.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from chalice_offline.transports.asgi import FIELDS

FRAME_BYTES = 32 * 1024
TOO_BIG = 1009


class SocketProtocol(WebSocketsSansIOProtocol):  # type: ignore[misc] # uvicorn is not followed
    """One connection that has become a WebSocket."""

    conn: Any
    close_sent: bool
    scope: Any
    transport: Any
    handshake_initiated: bool
    handshake_complete: bool
    # No request is under way on it: it is not closed to make room for others.
    cycle = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._early = b""  # what a client sends that does not await the answer to its handshake

    def data_received(self, data: bytes) -> None:
        """Take what came; frames, only once the client is let in."""
        if self.handshake_initiated and not self.handshake_complete:
            self._early += data
            if len(self._early) > FRAME_BYTES:
                self.transport.pause_reading()
            return
        super().data_received(data)

    async def send(self, message: Any) -> None:
        """Send what the app has to say."""
        await super().send(message)
        early, self._early = self._early, b""
        if early and message["type"] == "websocket.accept":
            self.transport.resume_reading()
            super().data_received(early)

    def take_fields(self, fields: tuple[tuple[bytes, bytes], ...]) -> None:
        """Take the handshake's fields as they were spelled: functions see them so."""
        if not self.close_sent:  # else it was no handshake, and has been answered
            self.scope[FIELDS] = fields

    def silent_for(self) -> float:
        """Return 0: how long a client may be silent, the kernel knows."""
        return 0

    def handle_text(self, event: Any) -> None:
        """Take a frame that begins a text."""
        if self._takes(event):
            super().handle_text(event)

    def handle_bytes(self, event: Any) -> None:
        """Take a frame that begins bytes."""
        if self._takes(event):
            super().handle_bytes(event)

    def handle_cont(self, event: Any) -> None:
        """Take a frame that goes on."""
        if self._takes(event):
            super().handle_cont(event)

    def _takes(self, event: Any) -> bool:
        if self.close_sent:
            return False
        if len(event.data) <= FRAME_BYTES:
            return True
        self.conn.fail(TOO_BIG, "Frame too long")
        self.handle_parser_exception()
        return False

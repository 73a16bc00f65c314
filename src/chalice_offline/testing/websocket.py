"""A WebSocket client of the app in virtual time: no socket, no thread, everything at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.feed import Feed
    from chalice_offline.core.pending import Pending
    from chalice_offline.services.apigatewayv2.connection import Sent


class WebSocketRefused(Exception):  # noqa: N818 - what happened to the handshake
    """The handshake was refused; `status` and `body` are the reply's."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status}: {body.decode('utf-8', 'replace')}")
        self.status = status
        self.body = body


class OfflineWebSocket:
    """One connection. A `with` block closes it at its end.

    `messages` are those received and not read yet, texts as str. `closed` is (code, reason) once
    the API has closed it, else None.
    """

    def __init__(
        self,
        opened: Mapping[str, Any],
        tell: Callable[..., None],
        settle: Callable[[], None],
    ) -> None:
        self.id: str = opened["connectionId"]
        self.messages: list[str | bytes] = []
        self.closed: tuple[int, str] | None = None
        self._feed: Feed[Sent] = opened["feed"]
        self._tell = tell
        self._settle = settle
        self._read_on()

    def send(self, message: str | bytes) -> None:
        """Send a message and let everything happen that follows from it."""
        if self.closed is not None:
            raise ConnectionError(f"the API has closed the connection: {self.closed}")
        is_text = isinstance(message, str)
        data = message.encode() if isinstance(message, str) else message
        self._tell("Receive", self.id, data=data, isText=is_text)
        self._settle()

    def receive(self) -> str | bytes:
        """Return the next message; raises LookupError when there is none, after settling."""
        self._settle()
        if not self.messages:
            raise LookupError(f"connection {self.id} was sent nothing more")
        return self.messages.pop(0)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close it, as a client does."""
        if self.closed is None:
            self.closed = (code, reason)
            self._tell("Disconnect", self.id, code=code, reason=reason)
            self._settle()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read_on(self) -> None:
        self._feed.next().then(self._take)

    def _take(self, pending: Pending[Sent | None]) -> None:
        sent = pending.result()
        if sent is None:
            return
        if sent.code:
            self.closed = (sent.code, sent.data.decode())
            return
        self.messages.append(sent.data.decode() if sent.is_text else sent.data)
        self._read_on()

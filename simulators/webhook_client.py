"""How webhooks leave over real HTTP: one kept-alive connection per thread and receiver."""

from __future__ import annotations

import http.client
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from simulators.timeline import NO_ANSWER, Answer

if TYPE_CHECKING:
    from simulators.timeline import OutgoingRequest


class WebhookClient:
    """Sends webhooks; call it with a request and get the answer, 0 for none.

    `timeout_seconds` bounds connecting and reading. DoorDash waits for more than a minute,
    others less; one bound that a healthy receiver never meets serves all.
    """

    def __init__(self, timeout_seconds: float = 60.0) -> None:
        self._timeout_seconds = timeout_seconds
        self._local = threading.local()
        self._opened: list[http.client.HTTPConnection] = []

    def __call__(self, request: OutgoingRequest) -> int:
        """Send one webhook. A connection that the receiver closed in between is opened anew."""
        parts = urlsplit(request.url)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connections = self._connections()
        for _attempt in range(2):
            kept = connections.pop(parts.netloc, None)
            connection = kept or self._connect(parts.netloc)
            try:
                connection.request(request.method, target, request.body, dict(request.headers))
                response = connection.getresponse()
                body = response.read()
            except (OSError, http.client.HTTPException) as error:
                self._opened.remove(connection)
                connection.close()
                if kept is None or not isinstance(error, ConnectionError):
                    return NO_ANSWER
            else:
                connections[parts.netloc] = connection
                return Answer(response.status, body)
        return NO_ANSWER

    def _connections(self) -> dict[str, http.client.HTTPConnection]:
        if not hasattr(self._local, "connections"):
            self._local.connections = {}
        found: dict[str, http.client.HTTPConnection] = self._local.connections
        return found

    def _connect(self, netloc: str) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(netloc, timeout=self._timeout_seconds)
        self._opened.append(connection)
        return connection

    def close(self) -> None:
        """Close every connection; for when no thread sends any more."""
        for connection in self._opened:
            connection.close()
        self._opened.clear()

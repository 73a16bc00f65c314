"""A client of a WebSocket API while it is connected, and what is sent to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_offline.core.feed import Feed
from chalice_offline.services.apigatewayv2.limits import WAITING_MESSAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.apigatewayv2.api import Api, Described


class Sent(NamedTuple):
    """What goes to the client: a message, or (with a code) the end."""

    data: bytes
    is_text: bool = True
    code: int = 0


@dataclass(slots=True)
class Connection:
    """One connection. It cannot be sent anything before its $connect is through."""

    id: str
    api: Api
    stage: Described
    connected_ms: int
    active_ms: int
    source_ip: str
    user_agent: str
    host: str
    authorizer: dict[str, Any] = field(default_factory=dict)
    feed: Feed[Sent] = field(default_factory=Feed)
    is_open: bool = False
    waiting: int = 0
    timers: list[Timer] = field(default_factory=list)
    ended: Callable[[Connection, int, str], None] | None = None

    def send(self, data: bytes, *, is_text: bool = True) -> None:
        """Send a message; who does not read is given up."""
        self.waiting += 1
        if self.waiting > WAITING_MESSAGES:
            self.close(1008, "Too many messages wait for the client")
            return
        self.feed.put(Sent(data, is_text))

    def close(self, code: int, reason: str) -> None:
        """End the connection from this side."""
        if not self.is_open:
            return
        self.is_open = False
        self.feed.put(Sent(reason.encode(), code=code))
        self.feed.end()
        if self.ended is not None:
            self.ended(self, code, reason)

"""A client of a WebSocket API while it is connected, and what is sent to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_offline.core.feed import Feed
from chalice_offline.services.apigatewayv2.limits import WAITING_BYTES, WAITING_MESSAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.apigatewayv2.api import Api, Described


class Sent(NamedTuple):
    """What goes to the client: a message, or (with a code) the end."""

    data: bytes
    is_text: bool = True
    code: int = 0


class Outbox(Feed[Sent]):
    """What is sent to a client, until it is taken."""

    @property
    def is_full(self) -> bool:
        """Whether so much waits that no more is taken."""
        if len(self._values) >= WAITING_MESSAGES:
            return True
        return sum(len(sent.data) for sent in self._values) >= WAITING_BYTES


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
    feed: Outbox = field(default_factory=Outbox)
    is_open: bool = False
    timers: list[Timer] = field(default_factory=list)
    ended: Callable[[Connection, int, str, tuple[int, ...]], None] | None = None

    def send(self, data: bytes, *, is_text: bool = True) -> bool:
        """Send a message; False, and it is not sent, when too much waits for the client."""
        if self.feed.is_full:
            return False
        self.feed.put(Sent(data, is_text))
        return True

    def close(self, code: int, reason: str, causes: tuple[int, ...] = ()) -> None:
        """End the connection from this side."""
        if not self.is_open:
            return
        self.is_open = False
        self.feed.put(Sent(reason.encode(), code=code))
        self.feed.end()
        if self.ended is not None:
            self.ended(self, code, reason, causes)

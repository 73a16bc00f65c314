"""A request that is answered without a task of the event loop: small, whole and a program's.

Nearly all requests are. An ASGI app costs a task and half a dozen turns of the loop for each, which
is more than what most of them ask for; here there is one turn, or two when the reply comes later.
What is unusual about a request or its reply goes the way of ASGI: payloads of unknown length or too
large for memory, browsers, who waits for leave to send; files and feeds.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from chalice_offline.core.http import HttpRequest
from chalice_offline.core.pending import Pending
from chalice_offline.transports.asgi import UnsendableReplyError, head_bytes
from chalice_offline.transports.body_limits import SMALL
from chalice_offline.transports.guard import plain_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.driver import Helper
    from chalice_offline.core.http import Headers, HttpResponse
    from chalice_offline.transports.asgi import AsgiApp
    from chalice_offline.transports.browser_policy import Area

    Answer = HttpResponse | Pending[HttpResponse]
    Fields = list[tuple[bytes, bytes]]

_log = logging.getLogger(__name__)

# Who sends these is answered with more than a reply, or is not who sent the request.
_UNUSUAL = frozenset(
    {"expect", "transfer-encoding", "upgrade", "x-forwarded-proto", "x-forwarded-for"}
)
_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}


class Endpoint(Protocol):
    """What answers requests one by one, and brings replies that do not fit into memory."""

    @property
    def helper(self) -> Helper | None:
        """How a thread that is going to wait for an answer helps; None where it must not."""
        ...

    def answer(self, request: HttpRequest) -> Answer:
        """Answer a request; never raises."""
        ...

    def hang_up(self, pending: Pending[HttpResponse]) -> None:
        """Note that a client does not wait for its reply."""
        ...

    def bringing(self, request: HttpRequest, reply: HttpResponse) -> AsgiApp:
        """Return what sends a reply piece by piece."""
        ...


class Connection(Protocol):
    """What a request came in by."""

    area: Area

    def write_reply(self, data: bytes) -> None:
        """Send a whole reply."""
        ...

    def replied(self, cycle: AtOnce) -> None:
        """Take the next request, or close."""
        ...

    def bring(self, cycle: AtOnce, app: AsgiApp) -> None:
        """Let a task of the event loop send the reply."""
        ...

    def comes_later(self, cycle: AtOnce) -> None:
        """Have the server wait for a reply when it stops, and cancel it in the end."""
        ...

    def later(self, callback: Callable[[], None]) -> None:
        """Run `callback` on the event loop; any thread may ask for it."""
        ...

    def date(self) -> Fields:
        """Return the header fields that every reply has."""
        ...


def is_usual(headers: Headers) -> bool:
    """Whether a request's payload is as short as its head says, and nobody asks for more."""
    if not _UNUSUAL.isdisjoint(headers):
        return False
    length = dict.get(headers, "content-length", "0")
    return length.isdecimal() and int(length) <= SMALL


class AtOnce:
    """One request on a connection; stands where uvicorn has a cycle of request and response."""

    def __init__(
        self, connection: Connection, endpoint: Endpoint, head: HttpRequest, *, keep_alive: bool
    ) -> None:
        self.body = b""
        self.more_body = True
        self.response_complete = False
        self.keep_alive = keep_alive
        self._connection = connection
        self._endpoint = endpoint
        self._head = head
        self._request = head
        self._pending: Pending[HttpResponse] | None = None

    @property
    def method(self) -> str:
        """The request's method."""
        return self._head.method

    def whole(self) -> None:
        """Answer the request: all of it is there."""
        head = self._head
        request = self._request = HttpRequest(
            head.method, head.url, head.headers, self.body, fields=head.fields
        )
        self.answered(answer_of(self._endpoint, request, self._connection.area))

    def answered(self, answer: Answer) -> None:
        """Reply, now or when the answer is known; all of the request is there."""
        self.more_body = False
        if isinstance(answer, Pending):
            self._pending = answer
            self._connection.comes_later(self)
            answer.then(self._known)
        else:
            self._reply(answer)

    def abandon(self) -> None:
        """The client is gone."""
        pending = self._pending
        self.response_complete = True
        if pending is not None and not pending.done:
            self._endpoint.hang_up(pending)

    def cancel(self, msg: object = None) -> None:  # noqa: ARG002 - what a task takes
        """The server stops, and has waited for this long enough."""
        self._connection.later(self._give_up)

    # ---- within ----------------------------------------------------------------------------------

    def _give_up(self) -> None:
        if not self.response_complete:
            self.keep_alive = False
            self._reply(plain_error(self._connection.area, 503))

    def _known(self, _: Pending[HttpResponse]) -> None:
        """On whichever thread has settled it."""
        self._connection.later(self._settled)

    def _settled(self) -> None:
        if self._pending is not None and not self.response_complete:
            self._reply(self._pending.result())

    def _reply(self, reply: HttpResponse) -> None:
        if reply.file is not None or reply.feed is not None:
            self._connection.bring(self, self._endpoint.bringing(self._request, reply))
            return
        connection = self._connection
        data = reply_bytes(
            reply, self._request, connection.date(), connection.area, keep_alive=self.keep_alive
        )
        self.response_complete = True
        self._connection.write_reply(data)
        self._connection.replied(self)


def answer_of(endpoint: Endpoint, request: HttpRequest, area: Area) -> Answer:
    """Return what answers a request; never raises."""
    try:
        return endpoint.answer(request)
    except Exception:  # noqa: BLE001 - the outermost boundary
        # A mistake of ours must not take the connection down.
        _log.exception("%s %.200r failed", request.method, request.target)
        return plain_error(area, 500)


def reply_bytes(
    reply: HttpResponse, request: HttpRequest, date: Fields, area: Area, *, keep_alive: bool
) -> bytes:
    """Return a reply as it goes over the wire; never raises."""
    is_head = request.method == "HEAD"
    try:
        head, body = head_bytes(reply, head=is_head)
    except UnsendableReplyError as error:
        _log.error("the reply to %s cannot be sent: %s", request.target[:200], error)
        reply = plain_error(area, 502)
        head, body = head_bytes(reply, head=is_head)
    parts = [_STATUS_LINES.get(reply.status) or b"HTTP/1.1 %d \r\n" % reply.status]
    for name, value in date:
        parts += (name, b": ", value, b"\r\n")
    parts.append(head)
    parts.append(b"\r\n" if keep_alive else b"connection: close\r\n\r\n")
    parts.append(body)
    return b"".join(parts)

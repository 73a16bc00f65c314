"""ASGI's messages as requests and replies."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalice_offline.core.http import Headers, HttpRequest, HttpResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
# Header fields as `Headers`, read once.
HEADERS = "chalice_offline.headers"
# Header fields as the client spelled their names; ASGI has those in lower case.
FIELDS = "chalice_offline.fields"
DISCARDED_BYTES = 1024**3
# RFC 9110, sections 5.1 and 5.5; what does not fit would break the connection, or split the reply.
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_NOT_IN_A_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OURS = frozenset({"content-length", "transfer-encoding", "connection"})
_BLANKS = " \t"
_WITHOUT_BODY = frozenset({204, 205, 304})


class ClientGone(Exception):  # noqa: N818 - no error: there is nobody to tell
    """The client hung up before its request was whole, or while it waited for the reply."""


class UnsendableReplyError(ValueError):
    """A reply that cannot be written as HTTP."""


def headers_of(scope: Scope) -> Headers:
    """Return the header fields of an ASGI request; read once, however often it is asked."""
    known: Headers | None = scope.get(HEADERS)
    if known is not None:
        return known
    headers = Headers()
    for raw_name, raw_value in scope["headers"]:
        # Names are in lower case already: so says ASGI.
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if dict.__contains__(
            headers, name
        ):  # RFC 9110, section 5.2; cookies: RFC 9113, section 8.2.3
            value = f"{headers[name]}{'; ' if name == 'cookie' else ', '}{value}"
        dict.__setitem__(headers, name, value)
    scope[HEADERS] = headers
    return headers


def head_of(scope: Scope) -> HttpRequest:
    """Return an ASGI request without its payload, its path as it was encoded on the wire."""
    headers = headers_of(scope)
    raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
    query = scope["query_string"]
    tail = raw_path + (b"?" + query if query else b"")
    host = headers.get("host") or LOOPBACK
    url = f"{scope['scheme']}://{host}{tail.decode('latin-1')}"
    return HttpRequest(scope["method"], url, headers, fields=scope.get(FIELDS, ()))


class Payload:
    """A request's payload while it is received."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._is_whole = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """Give it piece by piece; raises ClientGone when it ends before it is whole."""
        while not self._is_whole:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            self._is_whole = not message.get("more_body", False)
            yield message.get("body", b"")

    async def read(self) -> bytes:
        """Return it whole; raises ClientGone."""
        return b"".join([piece async for piece in self.pieces()])

    async def discard(self) -> None:
        """Read and forget what is left, so that the client comes to read the reply.

        Not for ever: who sends more than a gibibyte after it was refused is cut off.
        """
        left = DISCARDED_BYTES
        async for piece in self.pieces():
            left -= len(piece)
            if left < 0:
                return


async def disconnected(receive: Receive) -> None:
    """Wait until the client hangs up; for after its request was read."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def send_response(
    send: Send, response: HttpResponse, *, head: bool = False, close: bool = False
) -> None:
    """Send a reply; `head` leaves the body out but keeps its length.

    Raises UnsendableReplyError, and has sent nothing, when it cannot be written as HTTP.
    """
    if not 200 <= response.status <= 599:
        raise UnsendableReplyError(f"{response.status} is no status of a reply")
    headers = list(_fields(response.headers))
    file = response.file
    length = str(len(response.body) if file is None else file.length)
    if response.status in _WITHOUT_BODY:
        head = True
    else:
        announced = response.headers.get("content-length") if head else None
        headers.append((b"content-length", (announced or length).encode("latin-1")))
    if close:
        headers.append((b"connection", b"close"))
    start = {"type": "http.response.start", "status": response.status, "headers": headers}
    if file is None or head:
        await send(start)
        await send({"type": "http.response.body", "body": b"" if head else response.body})
        return
    pieces = file.pieces()
    first = next(pieces, b"")  # opens the file: what is deleted from now on can still be read
    await send(start)
    await send({"type": "http.response.body", "body": first, "more_body": True})
    for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def head_bytes(response: HttpResponse, *, head: bool = False) -> tuple[bytes, bytes]:
    """Return a reply's header fields as they go over the wire, and its payload: as `send_response`.

    Raises UnsendableReplyError when it cannot be written as HTTP.
    """
    if not 200 <= response.status <= 599:
        raise UnsendableReplyError(f"{response.status} is no status of a reply")
    headers, body = response.headers, response.body
    announced = str(len(body))
    if head:
        announced = dict.get(headers, "content-length") or announced
    length = "" if response.status in _WITHOUT_BODY else f"content-length: {announced}\r\n"
    if head or not length:
        body = b""
    values = "".join(headers.values())
    if values.isascii() and not _NOT_IN_A_VALUE.search(values):
        lines = [
            f"{name}: {value.strip(_BLANKS)}\r\n"
            for name, value in headers.items()
            if _is_passed_on(name)
        ]
        return f"{''.join(lines)}{length}".encode("latin-1"), body
    pairs = [b"%s: %s\r\n" % field for field in _fields(headers)]
    return b"".join([*pairs, length.encode("latin-1")]), body


async def send_start(send: Send, response: HttpResponse) -> None:
    """Send the head of a reply of unknown length."""
    headers = list(_fields(response.headers))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})


def _fields(headers: Headers) -> Iterable[tuple[bytes, bytes]]:
    for name, value in headers.items():
        if not _is_passed_on(name):
            continue
        for line in value.split("\n"):  # several cookies, a line each
            if _NOT_IN_A_VALUE.search(line):
                raise UnsendableReplyError(f"{line!r} is no value of the header field {name}")
            yield name.encode("latin-1"), _raw(line.strip(_BLANKS))


@lru_cache(maxsize=512)
def _is_field_name(name: str) -> bool:
    return _FIELD_NAME.fullmatch(name) is not None


@lru_cache(maxsize=512)
def _is_passed_on(name: str) -> bool:
    """Whether a header field is passed on; raises UnsendableReplyError when its name cannot be."""
    if name in _OURS:
        return False
    if not _is_field_name(name):
        raise UnsendableReplyError(f"{name!r} is no name of a header field")
    return True


def _raw(value: str) -> bytes:
    """Return a value as bytes: what came in as bytes goes out as the same."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()

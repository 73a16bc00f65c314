"""uvicorn's HTTP protocol, with limits to a request's head and AWS's words for malformed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chalice_offline.transports.browser_policy import Area
from chalice_offline.transports.guard import plain_error

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpResponse

# S3 takes 8 KB of header fields, API Gateway 10 KB, load balancers 64 KB; nobody takes more.
HEAD_BYTES = 64 * 1024


def protocol_for(area: Area) -> type[HttpToolsProtocol]:
    """Return the protocol of one door."""
    return {Area.AWS: _AwsProtocol, Area.APP: _AppProtocol}[area]


class _MalformedError(Exception):
    """A head that is refused; it ends the parsing of the connection."""


class _Protocol(HttpToolsProtocol):  # type: ignore[misc] # uvicorn is not followed
    """One connection."""

    area: Area

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head_bytes = 0
        self._in_head = True
        self._refusal: HttpResponse | None = None

    def data_received(self, data: bytes) -> None:
        """Parse what came; a head that does not end is refused."""
        super().data_received(data)
        if self._in_head and self.parser is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
                self._refusal = plain_error(self.area, 431)
                self.send_400_response("")

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._head_bytes = 0
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Judge the head before anything is made of it."""
        self._in_head = False
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > HEAD_BYTES:
            self._refusal = plain_error(self.area, 431)
            raise _MalformedError
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1:
            raise _MalformedError
        # "*" and what else is no path; RFC 9112, section 3.2.2: a host in the target counts.
        authority = _authority(self.url)
        if authority:
            self.headers[:] = [pair for pair in self.headers if pair[0] != b"host"]
            self.headers.append((b"host", authority))
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words
        """Answer what could not be parsed, and close: where the next request begins is unknown."""
        reply = self._refusal or plain_error(self.area, 400)
        lines = [f"HTTP/1.1 {reply.status} Bad Request"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        lines += [f"content-length: {len(reply.body)}", "connection: close", "", ""]
        self.transport.write("\r\n".join(lines).encode("latin-1") + reply.body)
        self.transport.close()


class _AwsProtocol(_Protocol):
    area = Area.AWS


class _AppProtocol(_Protocol):
    area = Area.APP


def _authority(target: bytes) -> bytes:
    """Return the host and port that an absolute-form target names; raises when it is no path."""
    if target.startswith(b"/"):
        return b""
    parsed = httptools.parse_url(target)
    if parsed.path is None or not parsed.host:
        raise _MalformedError
    return parsed.host if parsed.port is None else b"%s:%d" % (parsed.host, parsed.port)

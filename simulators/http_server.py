"""A WSGI server with keep-alive: the standard library's closes the connection every time.

The only sockets of the simulators. Loopback only, and no page of another site (`browser_policy`).
"""

from __future__ import annotations

import io
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from chalice_offline.transports.browser_policy import Area, BrowserPolicy

if TYPE_CHECKING:
    from collections.abc import Callable
    from wsgiref.types import WSGIApplication

MAX_BODY_BYTES = 10 * 1024 * 1024
IDLE_SECONDS = 60
_POLICY = BrowserPolicy("127.0.0.1")


class _Handler(BaseHTTPRequestHandler):
    """One connection: as many requests as the client likes to send."""

    protocol_version = "HTTP/1.1"
    server_version = "simulators"
    disable_nagle_algorithm = True  # small replies must not wait for the client's acknowledgement
    timeout = IDLE_SECONDS
    server: WsgiServer

    def handle_one_request(self) -> None:
        """Answer one request of any method; http.server would look for do_GET and so on."""
        try:
            self.raw_requestline = self.rfile.readline(65537)
        except TimeoutError:  # nothing came for IDLE_SECONDS: that is the end of it
            self.raw_requestline = b""
        if not self.raw_requestline:
            self.close_connection = True
            return
        if len(self.raw_requestline) > 65536:
            self.requestline = self.request_version = self.command = ""
            self.send_error(414)
            return
        if self.parse_request():
            self._answer()

    def _answer(self) -> None:
        fields = {name.lower(): value for name, value in self.headers.items()}
        path, _, query = self.path.partition("?")
        refusal = _POLICY.refusal(self.command, path, query, fields, Area.APP)
        if refusal is not None:
            self.close_connection = True  # its body is not read
            self.send_error(refusal.status, explain=refusal.text)
            return
        length = self.headers.get("Content-Length", "0")
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower() or not length.isdigit():
            self.close_connection = True
            self.send_error(411)
            return
        if int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            self.send_error(413)
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):  # the client left in the middle: half a request is none
            self.close_connection = True
            return
        head: list[bytes] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _exc_info: Any = None, /
        ) -> Callable[[bytes], object]:
            lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
            if self.close_connection:
                lines.append("Connection: close")
            head.append(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
            return lambda _data: None

        chunks = self.server.app(self._environ(body), start_response)
        self.wfile.write(b"".join([*head, *chunks]))

    def _environ(self, body: bytes) -> dict[str, Any]:
        parts = urlsplit(self.path)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(parts.path),
            "QUERY_STRING": parts.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": self.server.server_address[0],
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            environ.setdefault(f"HTTP_{name.upper().replace('-', '_')}", value)
        return environ

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Print nothing per request: the simulators keep their own record."""


class WsgiServer(ThreadingHTTPServer):
    """Serves the WSGI app `app` on 127.0.0.1, a thread per connection. Port 0 is any free one.

    The port is taken at once, before there is an app, so that the app can know its own URL.
    """

    app: WSGIApplication

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        """Bind without the reverse look-up of our own name, which can take seconds offline."""
        super(ThreadingHTTPServer, self).server_bind()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print what went wrong, except that a client left: after a slow success it does."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """Where the server listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

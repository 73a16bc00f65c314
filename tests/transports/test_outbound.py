"""Requests that leave: what is sent, and how much of a reply is read."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.transports.outbound import REPLY_BYTES, send_request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    """Answers with what it was asked for, or for ever."""

    seen: dict[str, str] = {}

    def do_POST(self) -> None:
        Handler.seen = {name.lower(): value for name, value in self.headers.items()}
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(302 if self.path == "/elsewhere" else 200)
        self.send_header("Location", "/other")
        self.end_headers()
        try:
            for _ in range(10_000 if self.path == "/endless" else 1):
                self.wfile.write(b"x" * 65536)
        except ConnectionError:
            return  # enough was read

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def post(url: str, **headers: str) -> Any:
    return send_request(HttpRequest("POST", url, Headers(headers.items()), b"{}"), 5000)


def test_a_reply_without_end_is_cut(url: str) -> None:
    """A receiver cannot fill the memory of who delivers to it."""
    reply = post(f"{url}/endless")
    assert (reply.status, len(reply.body)) == (200, REPLY_BYTES)


def test_a_redirect_is_a_reply(url: str) -> None:
    """SNS and API destinations do not follow it."""
    assert post(f"{url}/elsewhere").status == 302


def test_the_users_netrc_is_not_sent_along(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials of the machine are none of the emulated service's."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    post(url, authorization="Bearer its-own")
    assert Handler.seen["authorization"] == "Bearer its-own"


def test_nobody_there_is_an_oserror() -> None:
    """What the caller retries."""
    with pytest.raises(OSError, match="refused"):
        post("http://127.0.0.1:9")

"""Requests that are answered without a task: their order, their ends, what is not among them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.core.pending import Pending
from chalice_offline.core.storage import Blob
from chalice_offline.transports.at_once import is_usual
from tests.transports.raw_http import connect, exchange, read_replies
from tests.transports.test_connections import replied, server_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.transports.conftest import Live

HOST = "Host: localhost\r\n"


@pytest.fixture
def app() -> Iterator[Callable[[Any], int]]:
    """`app(answer)`: a door for an app's routes, which `answer` answers; returns its port."""
    servers = []

    def serve(answer: Any) -> int:
        servers.append(server_of(answer))
        servers[-1].start()
        return servers[-1].port

    yield serve
    for server in servers:
        server.stop()


def test_replies_leave_in_the_order_of_their_requests(app: Any) -> None:
    """The first reply comes later, of another thread; the second, known already, waits for it."""
    first: Pending[dict[str, Any]] = Pending()
    second_came = threading.Event()

    def answer(request: dict[str, Any]) -> Any:
        if request["path"] == "/first":
            threading.Timer(0.05, lambda: first.resolve(replied(body=b"1"))).start()
            return first
        second_came.set()
        return replied(body=request["body"])

    with connect(app(answer)) as client:
        client.sendall(
            f"GET /first HTTP/1.1\r\n{HOST}\r\n"
            f"POST /second HTTP/1.1\r\n{HOST}Content-Length: 1\r\n\r\n2"
            f"GET /third HTTP/1.1\r\n{HOST}\r\n".encode()
        )
        assert read_replies(client, 3) == [b"1", b"2", b""]
    assert second_came.is_set()


def test_a_payload_in_pieces_is_one_request(app: Any) -> None:
    """However a client cuts it, the route sees all of it."""
    port = app(lambda request: replied(body=request["body"][::-1]))
    with connect(port) as client:
        for piece in (
            b"POST / HTTP/1.1\r\nHost: loc",
            b"alhost\r\nContent-",
            b"Length: 6\r\n\r\na",
        ):
            client.sendall(piece)
        client.sendall(b"bc")
        client.sendall(b"def")
        assert read_replies(client, 1) == [b"fedcba"]


def test_a_client_of_http_1_0_is_let_go(app: Any) -> None:
    """It knows no connections that stay."""
    port = app(lambda _: replied(body=b"x"))
    with connect(port) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        received = b""
        while piece := client.recv(65536):
            received += piece
    assert b"connection: close" in received
    assert received.endswith(b"\r\n\r\nx")


def test_head_has_the_length_and_no_payload(live: Live) -> None:
    """What GET would bring is announced."""
    with connect(live.server.port) as client:
        client.sendall(
            f"HEAD /_localstack/health HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n".encode()
        )
        received = b""
        while piece := client.recv(65536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"content-length: " in head
    assert not body


def test_a_file_is_sent_piece_by_piece(live: Live, tmp_path: Path) -> None:
    """What does not fit into memory is read while it is sent; the next request is answered, too."""
    from chalice_offline.core.http import HttpResponse

    path = tmp_path / "large"
    path.write_bytes(bytes(range(256)) * 4096)
    blob = Blob(path, path.stat().st_size)
    live.gateway.pages["/large"] = lambda _: HttpResponse(200, file=blob)
    with connect(live.server.port) as client:
        client.sendall(f"GET /large HTTP/1.1\r\n{HOST}\r\n".encode())
        assert read_replies(client, 1) == [path.read_bytes()]
        client.sendall(f"GET /favicon.ico HTTP/1.1\r\n{HOST}\r\n".encode())
        assert read_replies(client, 1) == [b""]


def test_a_mistake_of_ours_is_a_500_and_the_connection_stays(
    live: Live, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged whole; the client may ask again."""

    def broken(_: Any) -> Any:
        raise ZeroDivisionError

    live.gateway.pages["/broken"] = broken
    assert exchange(live.server.port, f"GET /broken HTTP/1.1\r\n{HOST}\r\n")[0] == 500
    assert "ZeroDivisionError" in caplog.text
    assert exchange(live.server.port, f"GET /favicon.ico HTTP/1.1\r\n{HOST}\r\n")[0] == 404


@pytest.mark.parametrize(
    ("fields", "usual"),
    [
        ({}, True),
        ({"content-length": "262144"}, True),
        ({"content-length": "262145"}, False),
        ({"content-length": "+5"}, False),
        ({"content-length": "²"}, False),
        ({"transfer-encoding": "chunked"}, False),
        ({"expect": "100-continue"}, False),
        ({"x-forwarded-proto": "https"}, False),
    ],
)
def test_what_is_unusual_goes_the_other_way(fields: dict[str, str], usual: bool) -> None:
    """Payloads that may be large, and clients that wait for more than a reply."""
    from chalice_offline.core.http import Headers

    assert is_usual(Headers(fields.items())) is usual

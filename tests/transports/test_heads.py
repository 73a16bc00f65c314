"""Heads of requests: other protocols, codings, targets, trailers; and clients that stall."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.transports import http_server
from chalice_offline.transports.browser_policy import Area
from chalice_offline.transports.http_server import Server
from tests.transports.raw_http import connect, exchange, read_replies, read_reply

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "Host: localhost\r\n"
HTTP2 = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"
WEBSOCKET = (
    "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n"
)


@pytest.fixture(params=[Area.AWS, Area.APP])
def echo(request: pytest.FixtureRequest) -> Iterator[int]:
    """A door behind which each request is answered with what arrived; gives its port."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        fields = {name.decode(): value.decode() for name, value in scope["headers"]}
        target = scope["path"] + (
            f"?{scope['query_string'].decode()}" * bool(scope["query_string"])
        )
        seen = [scope["method"], target, body.decode(), fields]
        reply = json.dumps(seen).encode()
        length = [(b"content-length", str(len(reply)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": reply})

    server = Server(app, area=request.param)
    server.start()
    yield server.port
    server.stop()


def test_a_websocket_handshake_of_another_site_is_refused_as_such(echo: int) -> None:
    """Browsers ask no leave before they open one."""
    origin = "Origin: http://evil.example\r\n"
    status, body = exchange(echo, f"GET / HTTP/1.1\r\n{HOST}{origin}{WEBSOCKET}\r\n")
    assert (status, b"Pages of http://evil.example" in body) == (403, True)


@pytest.mark.parametrize(
    "payload",
    ["Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"],
)
@pytest.mark.parametrize("step", [1, 10_000])
def test_who_would_rather_speak_http_2_keeps_its_payload(
    echo: int, payload: str, step: int
) -> None:
    """Java's client asks for it in every first request, also when that carries a payload."""
    request = f"POST /a?b=%2F HTTP/1.1\r\n{HOST}{HTTP2}{payload}"
    both = f"{request}GET /next HTTP/1.1\r\n{HOST}\r\n".encode()
    with connect(echo) as client:
        for start in range(0, len(both), step):
            client.sendall(both[start : start + step])
        replies = [json.loads(reply) for reply in read_replies(client, 2)]
        client.sendall(f"GET /last HTTP/1.1\r\n{HOST}\r\n".encode())
        replies.append(json.loads(read_reply(client)[2]))
    assert [reply[:3] for reply in replies] == [
        ["POST", "/a?b=%2F", "hello"],
        ["GET", "/next", ""],
        ["GET", "/last", ""],
    ]
    assert "upgrade" not in replies[0][3]


def test_trailers_are_no_fields(echo: int) -> None:
    """Else one could stand in for a field that was judged already, or fill the memory."""
    trailers = "Host: evil.example\r\nOrigin: null\r\n" + "X-Y: z\r\n" * 20_000
    status, body = exchange(
        echo,
        f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n{trailers}\r\n",
    )
    assert status == 200
    assert json.loads(body) == [
        "POST",
        "/",
        "a",
        {"host": "localhost", "transfer-encoding": "chunked"},
    ]


@pytest.mark.parametrize(
    ("target", "host", "path"),
    [
        ("http://[::1]:4566/a?b", "[::1]:4566", "/a?b"),
        ("http://localhost", "localhost", "/"),
        ("HTTP://localhost?b=c", "localhost", "/?b=c"),
        ("http://user:secret@localhost:1/a", "localhost:1", "/a"),
    ],
)
def test_a_target_may_name_its_host(echo: int, target: str, host: str, path: str) -> None:
    """RFC 9112, section 3.2.2: as it is sent to a proxy."""
    status, body = exchange(echo, f"GET {target} HTTP/1.1\r\nHost: other\r\n\r\n")
    assert status == 200
    _, seen, _, fields = json.loads(body)
    assert (fields["host"], seen) == (host, path)


@pytest.mark.parametrize(
    "head",
    [
        f"GET ftp://localhost/ HTTP/1.1\r\n{HOST}\r\n",
        f"CONNECT / HTTP/1.1\r\n{HOST}\r\n",
        f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_what_is_not_understood_is_not_guessed(echo: int, head: str) -> None:
    """A coding we do not undo would be taken for the payload itself."""
    assert exchange(echo, head)[0] == 400


@pytest.mark.parametrize(
    "begun", ["", "GET / HT", f"POST / HTTP/1.1\r\n{HOST}Content-Length: 9\r\n\r\nx"]
)
def test_a_client_that_stalls_is_cut_off(monkeypatch: pytest.MonkeyPatch, begun: str) -> None:
    """Whoever waits for a reply may wait; who owes us the rest of a request may not for ever."""
    monkeypatch.setattr(http_server, "REQUEST_SECONDS", 0.3)
    server = Server(_never_answers)
    server.start()
    try:
        with connect(server.port) as waiting, connect(server.port) as stalled:
            waiting.sendall(f"GET / HTTP/1.1\r\n{HOST}\r\n".encode())
            stalled.sendall(begun.encode())
            assert stalled.recv(1) == b""
            waiting.settimeout(0.4)
            with pytest.raises(TimeoutError):
                waiting.recv(1)
    finally:
        server.stop()


async def _never_answers(scope: Any, receive: Any, send: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

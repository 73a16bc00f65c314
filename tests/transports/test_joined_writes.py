"""Head and body of a reply leave together, and nothing large is held back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from chalice_offline.transports.joined_writes import JoinedWrites
from tests.transports.raw_http import connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.transports.conftest import Live


class _Transport:
    """Notes what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def close(self) -> None:
        self.is_closed = True


def _sent_by(work: Callable[[Any, _Transport], None]) -> list[bytes]:
    """Let `work` write in one turn of a loop; return what was sent by the end of the next."""

    async def run() -> list[bytes]:
        transport: Any = _Transport()
        work(JoinedWrites(transport, asyncio.get_running_loop()), transport)
        await asyncio.sleep(0)
        return list(transport.sent)

    return asyncio.run(run())


def test_a_reply_arrives_in_one_piece(live: Live) -> None:
    """A client that reads once has the head and the body."""
    with connect(live.server.port) as client:
        client.sendall(b"GET /_localstack/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head, _, body = client.recv(65536).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert body.startswith(b"{")
    assert body.endswith(b"}")


def test_what_one_turn_writes_is_sent_once() -> None:
    """Two writes of one turn are one; the order stays."""

    def work(connection: Any, transport: _Transport) -> None:
        connection.write(b"head ")
        connection.write(b"body")
        assert transport.sent == []

    assert _sent_by(work) == [b"head body"]


def test_much_does_not_wait() -> None:
    """The transport must see it at once, for it says when a client is too slow."""

    def work(connection: Any, transport: _Transport) -> None:
        connection.write(b"x" * 70_000)
        assert len(transport.sent) == 1
        connection.write(b"rest")

    assert _sent_by(work) == [b"x" * 70_000, b"rest"]


def test_closing_sends_what_was_written_before() -> None:
    """Nothing of a reply is lost when the connection is closed after it."""

    def work(connection: Any, transport: _Transport) -> None:
        connection.write(b"last")
        connection.close()
        assert transport.is_closed

    assert _sent_by(work) == [b"last"]

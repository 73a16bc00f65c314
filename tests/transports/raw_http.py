"""A client that sends exactly what a test wants."""

from __future__ import annotations

import socket


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def read_reply(client: socket.socket) -> tuple[int, bytes, bytes]:
    """Read one reply; return status, head and body."""
    status, head, body, left = _read_reply(client, b"")
    assert not left
    return status, head, body


def read_replies(client: socket.socket, count: int) -> list[bytes]:
    """Read several replies; return their bodies."""
    bodies, left = [], b""
    for _ in range(count):
        _, _, body, left = _read_reply(client, left)
        bodies.append(body)
    return bodies


def _read_reply(client: socket.socket, received: bytes) -> tuple[int, bytes, bytes, bytes]:
    while b"\r\n\r\n" not in received:
        piece = client.recv(65536)
        assert piece, f"the connection was closed after {received!r}"
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    lengths = [
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    ]
    length = sum(lengths)
    while len(body) < length:
        body += client.recv(65536)
    return status, head, body[:length], body[length:]


def exchange(port: int, request: str | bytes) -> tuple[int, bytes]:
    """Send a request as it stands; return status and body of the reply."""
    with connect(port) as client:
        client.sendall(request if isinstance(request, bytes) else request.encode("latin-1"))
        status, _, body = read_reply(client)
        return status, body

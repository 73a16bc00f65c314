"""The same requests over a socket, and some that are no HTTP at all."""

from __future__ import annotations

import http.client
import logging
import random
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalice_offline.transports.aws_door import aws_endpoint
from chalice_offline.transports.http_server import Server
from scripts.fuzzing.checks import is_fault, is_ours, target_of
from scripts.fuzzing.episode import Collector, Generator
from scripts.fuzzing.world import World

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest

REPLY_WITHIN_SECONDS = 10
LONGEST_HEAD = 32_768
_BROKEN = [
    b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"POST / HTTP/9.9\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nshort",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 70_000 + b"\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: \xff\r\n\r\n", b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: \xc3\xa9.\x80\r\nContent-Length: 0\r\n\r\n",
]  # fmt: skip


def play_over_http(seed: str, count: int) -> list[str]:
    """Send `count` requests over HTTP, every fifth of them broken; return what went wrong."""
    logged: list[logging.LogRecord] = []
    collector = Collector(logged)
    loggers = [logging.getLogger(name) for name in ("chalice_offline", "uvicorn.error", "asyncio")]
    world = World()
    server = Server(aws_endpoint(world.gateway))
    for logger in loggers:
        logger.addHandler(collector)
    server.start()
    try:
        wrong = list(_send_all(world, server.port, seed, count))
    finally:
        server.stop()
        for logger in loggers:
            logger.removeHandler(collector)
    return wrong + [f"logged: {record.getMessage()}: {record.exc_info}" for record in logged]


def _send_all(world: World, port: int, seed: str, count: int) -> list[str]:
    wrong: list[str] = []
    dice = random.Random(seed)
    generator = Generator(seed, world)
    for number in range(count):
        if number % 5 == 4:
            _send_broken(port, dice.choice(_BROKEN))
            continue
        step = generator.request()
        if step.request is None or not _is_for_us(world, step.request):
            continue
        try:
            status = _send(port, step.request)
        except (OSError, http.client.HTTPException) as error:
            wrong.append(f"{number} {step.name}: no reply: {error!r}: {step.request}")
            continue
        if is_fault(status, step.request):
            wrong.append(f"{number} {step.name}: status {status}: {step.request}")
    if _health(port) != http.client.OK:
        wrong.append("the endpoint does not answer any more")
    return wrong


def _is_for_us(world: World, request: HttpRequest) -> bool:
    """Whether an emulated service gets it, in full: HTTP servers refuse a longer head."""
    length = len(request.url) + sum(len(value) for value in request.headers.values())
    return length < LONGEST_HEAD and is_ours(world, target_of(request))


def _send(port: int, request: HttpRequest) -> int:
    parts = urlsplit(request.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REPLY_WITHIN_SECONDS)
    try:
        connection.putrequest(
            request.method, target or "/", skip_host="host" in request.headers,
            skip_accept_encoding=True,
        )  # fmt: skip
        for name, value in request.headers.items():
            if name not in ("content-length", "transfer-encoding"):
                connection.putheader(name, value.encode("utf-8"))
        connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body)
        response = connection.getresponse()
        response.read()
        return response.status
    except ValueError:  # what http.client itself refuses to send never reaches the door
        return http.client.BAD_REQUEST
    finally:
        connection.close()


def _send_broken(port: int, content: bytes) -> None:
    """Send what is no request; any reply is fine, and so is none."""
    with socket.create_connection(("127.0.0.1", port), timeout=REPLY_WITHIN_SECONDS) as raw:
        raw.sendall(content)
        raw.shutdown(socket.SHUT_WR)
        try:
            raw.recv(1024)
        except ConnectionError:  # the server may hang up on what it cannot read
            return


def _health(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REPLY_WITHIN_SECONDS)
    try:
        connection.request("GET", "/_localstack/health")
        return connection.getresponse().status
    finally:
        connection.close()

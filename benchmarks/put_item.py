"""PutItem over HTTP, here and in DynamoDB Local, by turns over connections that stay open.

Requests are written to the sockets as they are: boto3 takes longer to make one than either server
to answer it, and would hide the difference.
"""

from __future__ import annotations

import itertools
import json
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from benchmarks.harness import WHOLE, Figure, at_least, best_rates
from benchmarks.subjects import OURS, EngineError, running

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.harness import Effort

__all__ = ["EngineError", "measure"]
DYNAMODB_LOCAL = "dynamodb"
_TABLE = "items"
_KEYS = 5_000
_TEXT = "x" * 900  # an item of 1 kB
_HEAD = (
    "POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/x-amz-json-1.0\r\n"
    "X-Amz-Target: DynamoDB_20120810.PutItem\r\nX-Amz-Date: 20261127T000000Z\r\n"
    "Authorization: AWS4-HMAC-SHA256 "
    "Credential=test/20261127/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature={signature}\r\n"
    "Content-Length: {length}\r\n\r\n"
)


def measure(effort: Effort) -> list[Figure]:
    """Measure both; raises EngineError when DynamoDB Local is not installed."""
    with ExitStack() as stack:
        works: dict[str, Callable[[], object]] = {}
        for name in (OURS, DYNAMODB_LOCAL):
            subject = stack.enter_context(running(name))
            _create_table(subject.client("dynamodb"))
            works[name] = _putter(subject.engines[0].port)
        for work in works.values():
            # A program in Java is translated while it runs.
            for _ in range(20_000 if effort is WHOLE else 5_000):
                work()
        rates = best_rates(works, effort)
    ratio = rates[OURS] / rates[DYNAMODB_LOCAL]
    note = f"{rates[OURS]:.0f} requests/s, DynamoDB Local {rates[DYNAMODB_LOCAL]:.0f}"
    return [at_least("PutItem over HTTP: rate, of DynamoDB Local's", ratio, "x", 2, note)]


def _create_table(client: Any) -> None:
    client.create_table(
        TableName=_TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def _putter(port: int) -> Callable[[], None]:
    """Return what puts an item, another one each time, and waits for the reply."""
    numbers = itertools.cycle(range(_KEYS))
    connection = _connected(port)

    def put() -> None:
        nonlocal connection
        item = {"id": {"S": f"item-{next(numbers)}"}, "text": {"S": _TEXT}}
        body = json.dumps({"TableName": _TABLE, "Item": item})
        head = _HEAD.format(port=port, signature="0" * 64, length=len(body))
        connection.sendall((head + body).encode())
        reply = connection.recv(65536)
        if not reply:  # it has idled for too long, while others were measured
            connection = _connected(port)
            put()
            return
        while not reply.endswith(b"{}") and (more := connection.recv(65536)):
            reply += more
        if not (reply.startswith(b"HTTP/1.1 200 ") and reply.endswith(b"{}")):
            message = f"PutItem answered {reply!r}"
            raise RuntimeError(message)

    return put


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection

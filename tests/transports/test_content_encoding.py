"""Compressed payloads: as good as plain ones, and nothing happens when they are broken."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from chalice_offline.composition import compose
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.transports.gateway import Gateway


@pytest.fixture
def gateway() -> Gateway:
    """A gateway to an emulator of its own."""
    return Gateway(compose(VirtualDriver()))


def send(gateway: Gateway, operation: str, body: bytes, encoding: str) -> HttpResponse:
    """Send a call of SQS as JSON, with a payload in this encoding."""
    headers = Headers(
        [
            ("x-amz-target", f"AmazonSQS.{operation}"),
            ("content-type", "application/x-amz-json-1.0"),
            ("content-encoding", encoding),
        ]
    )
    reply = gateway.handle(HttpRequest("POST", "http://localhost:4566/", headers, body))
    assert isinstance(reply, HttpResponse)
    return reply


PAYLOAD = json.dumps({"QueueName": "orders"}).encode()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(PAYLOAD)),
        ("gzip", gzip.compress(PAYLOAD[:5]) + gzip.compress(PAYLOAD[5:])),
        ("deflate", zlib.compress(PAYLOAD)),
        ("identity", PAYLOAD),
    ],
    ids=["gzip", "gzip of two members", "deflate", "identity"],
)
def test_a_compressed_payload_is_unpacked(gateway: Gateway, encoding: str, body: bytes) -> None:
    """gzip, also of several members, and deflate are read like the plain payload."""
    reply = send(gateway, "CreateQueue", body, encoding)
    assert reply.status == 200
    assert json.loads(reply.body)["QueueUrl"].endswith("/orders")


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", PAYLOAD),
        ("gzip", b""),
        ("gzip", gzip.compress(PAYLOAD)[:-1]),
        ("gzip", gzip.compress(PAYLOAD[:-1] + b" " * 20_000_000 + b"}")),
        ("deflate", PAYLOAD),
        ("garbage", PAYLOAD),
    ],
    ids=["no gzip", "empty", "cut off", "too large", "no deflate", "unknown"],
)
def test_a_broken_payload_changes_nothing(gateway: Gateway, encoding: str, body: bytes) -> None:
    """What cannot be unpacked, or is too much when it is, is answered as DynamoDB does."""
    assert send(gateway, "CreateQueue", body, encoding).status == 500
    reply = send(gateway, "ListQueues", b"{}", "identity")
    assert json.loads(reply.body) == {}

"""Replies over HTTP: compressed for who asks, with a checksum of what is sent."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest

from chalice_offline.composition import compose
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.services.dynamodb.reply_encoding import accepted_encoding
from chalice_offline.transports.gateway import Gateway

TABLE = {
    "TableName": "notes",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}


def ask(gateway: Gateway, operation: str, request: dict[str, Any], **headers: str) -> HttpResponse:
    fields = {
        "x-amz-target": f"DynamoDB_20120810.{operation}",
        "content-type": "application/x-amz-json-1.0",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    reply = gateway.handle(
        HttpRequest(
            "POST", "http://127.0.0.1:4566/", Headers(fields.items()), json.dumps(request).encode()
        )
    )
    assert isinstance(reply, HttpResponse)
    assert reply.headers["x-amz-crc32"] == str(zlib.crc32(reply.body))
    return reply


@pytest.mark.parametrize(("encoding", "bits"), [("gzip", 31), ("deflate", 15)])
def test_large_replies_are_compressed_for_who_asks(encoding: str, bits: int) -> None:
    """What is small, or asked for without Accept-Encoding, comes as it is."""
    gateway = Gateway(compose(VirtualDriver()))
    ask(gateway, "CreateTable", TABLE)
    item = {"id": {"S": "a"}, "text": {"S": "x" * 5000}}
    ask(gateway, "PutItem", {"TableName": "notes", "Item": item})
    get = {"TableName": "notes", "Key": {"id": {"S": "a"}}}
    plain = ask(gateway, "GetItem", get)
    assert json.loads(plain.body) == {"Item": item}
    packed = ask(gateway, "GetItem", get, accept_encoding=encoding)
    assert packed.headers["content-encoding"] == encoding
    assert packed.headers["content-length"] == str(len(packed.body))
    assert zlib.decompress(packed.body, wbits=bits) == plain.body
    small = {**get, "ProjectionExpression": "id"}
    assert (
        "content-encoding" not in ask(gateway, "GetItem", small, accept_encoding=encoding).headers
    )


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("identity", None),
        ("br, x-gzip", None),
        ("gzip;q=0", None),
        ("gzip br", None),
        ("br, identity, deflate, gzip", "deflate"),
        ("gzip;q=0.5, identity;q=0.8", "gzip"),
        ("dog, GZIP ,, cat", "gzip"),
        ("*", "gzip"),
        ("*, deflate", "deflate"),
        ("*, gzip;q=0.5", "deflate"),
        ("br;q=0.8,identity;q=0.5,*;q=0", None),
        ("deflate;q=0.5, gzip;q=1;q=0.2", "gzip"),
        ("deflate;q=0.5, gzip;q=0.x", "gzip"),
        ("gzip;nq=0;q=1", None),
    ],
)
def test_the_heaviest_encoding_wins(header: str, encoding: str | None) -> None:
    """Of equals the first one; `*` stands for those that are not listed."""
    assert accepted_encoding(header) == encoding

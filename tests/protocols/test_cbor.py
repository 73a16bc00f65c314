"""CBOR, and the protocol that AWS's Java SDK speaks to Kinesis in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.protocols import cbor, detect, parse, serialize, serialize_error


@pytest.mark.parametrize(
    "value",
    [
        0, 23, 24, 255, 256, 65_536, 2**32, -1, -25, -(2**40), 1.5, True, False, None, "", "ü💣",
        b"", b"\x00" * 300, [], [1, [2]], {}, {"a": {"b": b"c"}, "d": ["e"]},
    ],
)  # fmt: skip
def test_values_come_back_as_they_were(value: Any) -> None:
    """What is written is read."""
    assert cbor.load(cbor.dump(value)) == value


@pytest.mark.parametrize(
    ("encoded", "value"),
    [
        ("bf616101616202ff", {"a": 1, "b": 2}),
        ("9f0102ff", [1, 2]),
        ("7f6161616bff", "ak"),
        ("5f41004101ff", b"\x00\x01"),
        ("f93c00", 1.0),
        ("fa3fc00000", 1.5),
        ("c11b0000019b76daa800", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_other_spellings_are_read(encoded: str, value: Any) -> None:
    """Without lengths, as Java's library writes; short floats; instants in milliseconds."""
    assert cbor.load(bytes.fromhex(encoded)) == value


@pytest.mark.parametrize(
    "encoded",
    ["61", "ff", "a1", "d818", "bf6161019f02ffff", "0000", "1c", "81" * 200 + "00", "9f01"],
)
def test_what_is_no_cbor_is_refused(encoded: str) -> None:
    """Cut off, too long, nested too deeply: SerializationException, as for JSON."""
    with pytest.raises(AwsError, match="SerializationException"):
        cbor.load(bytes.fromhex(encoded))


def request(operation: str, parameters: dict[str, Any]) -> HttpRequest:
    headers = Headers(
        [
            ("content-type", "application/x-amz-cbor-1.1"),
            ("x-amz-target", f"Kinesis_20131202.{operation}"),
        ]
    )
    return HttpRequest("POST", "http://localhost/", headers, cbor.dump(parameters))


def test_a_request_is_read_by_the_model() -> None:
    """Blobs are bytes; the rest is checked as in JSON."""
    asked = request("PutRecord", {"StreamName": "s", "Data": b"\xff", "PartitionKey": "k"})
    target = detect(asked)
    assert (target.service, target.operation, target.protocol) == ("kinesis", "PutRecord", "cbor")
    assert parse(target, asked)["Data"] == b"\xff"
    with pytest.raises(AwsError, match="SerializationException"):
        parse(target, request("PutRecord", {"StreamName": 7, "Data": b"", "PartitionKey": "k"}))


def test_replies_and_errors_are_cbor() -> None:
    """Instants are tagged integers: AWS's SDKs read no others."""
    asked = request("GetRecords", {"ShardIterator": "x"})
    target = detect(asked)
    record = {"SequenceNumber": "1", "Data": b"\xff", "ApproximateArrivalTimestamp": 1.5}
    reply = serialize(target, {"Records": [record]}, "id")
    assert reply.headers["content-type"] == "application/x-amz-cbor-1.1"
    [read] = cbor.load(reply.body)["Records"]
    assert read["Data"] == b"\xff"
    assert read["ApproximateArrivalTimestamp"] == datetime(1970, 1, 1, 0, 0, 1, 500_000, UTC)
    assert b"\xc1\x19\x05\xdc" in reply.body
    error = serialize_error(target, AwsError("ResourceNotFoundException", "none"), "id")
    assert error.status == 400
    assert cbor.load(error.body) == {"__type": "ResourceNotFoundException", "message": "none"}

"""What console and traces do not show, and what they still do."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from chalice_offline.trace.masking import MASK, is_sensitive, mask, mask_text

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


@pytest.mark.parametrize(
    "name",
    [
        "authorization", "Authorization", "x-api-key", "X-Api-Key", "SecretString", "Password",
        "DB_PASSWORD", "token", "id_token", "accessToken", "TaskToken", "secret", "client_secret",
        "clientSecret", "signature", "X-Amz-Signature", "X-Amz-Security-Token", "phone",
        "homePhone", "PhoneNumber", "phone_number", "SecretAccessKey", "aws_secret_access_key",
        "Cookie", "email", "Set-Cookie", "cardNumber", "cvv", "ApiKeyValue",
        "proxy-authorization", "X-Square-Signature",
    ],
)  # fmt: skip
def test_these_names_are_sensitive(name: str) -> None:
    """However they are spelled."""
    assert is_sensitive(name)


@pytest.mark.parametrize(
    "name",
    [
        "SecretId", "SecretArn", "NextToken", "ClientRequestToken", "ContinuationToken",
        "TokenCount", "orderId", "MessageId", "QueueUrl", "keys", "Key", "KeyId", "author",
        "emailed", "passenger",
    ],
)  # fmt: skip
def test_these_names_are_not(name: str) -> None:
    """A trace without ids would tell nothing."""
    assert not is_sensitive(name)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"password": "hunter2", "id": 7}, {"password": "***", "id": 7}),
        ({"phone": {"S": "5551234"}, "id": {"S": "a"}}, {"phone": {"S": "***"}, "id": {"S": "a"}}),
        ({"token": {"DataType": "String", "StringValue": "abc"}},
         {"token": {"DataType": "String", "StringValue": "***"}}),
        ({"pin": 1234, "secret": None, "token": ""}, {"pin": "***", "secret": None, "token": ""}),
        ({"Key": "api_token", "Value": "abc"}, {"Key": "api_token", "Value": "***"}),
        ({"Name": "/db", "Type": "SecureString", "Value": "x"},
         {"Name": "/db", "Type": "SecureString", "Value": "***"}),
        ([["Authorization", "abc"], ["Accept", "*/*"]],
         [["Authorization", "***"], ["Accept", "*/*"]]),
        (b"\xff\x00", "\\xff\x00"),
        ("plain", "plain"),
        (1764115200000, 1764115200000),
        ({"SentTimestamp": "1764115200000"}, {"SentTimestamp": "1764115200000"}),
    ],
)  # fmt: skip
def test_values_are_masked_and_their_structure_stays(value: Any, shown: Any) -> None:
    """A reader still sees what kind of request it was."""
    assert mask(value) == shown


def test_json_inside_of_json_is_masked() -> None:
    """An SNS message in an SQS body in a Lambda event; each is text in the one before."""
    order = {"id": "order-1", "customer": {"phone": "555 0100", "note": "call +1 415 555 2671"}}
    message = json.dumps({"Message": json.dumps(order), "Signature": "abc", "Type": "Notification"})
    event = json.dumps({"Records": [{"body": message}]}).encode()
    shown = mask({"payload": event})
    assert "order-1" in shown["payload"]
    for hidden in ("555 0100", "2671", '"abc"'):
        assert hidden not in shown["payload"]
    inner = json.loads(json.loads(shown["payload"])["Records"][0]["body"])
    assert json.loads(inner["Message"])["customer"]["phone"] == "***"


def test_json_in_base64_is_masked() -> None:
    """A Kinesis record."""
    data = base64.b64encode(json.dumps({"id": 1, "email": "a@b.example"}).encode()).decode()
    shown = mask({"Records": [{"Data": data, "PartitionKey": "k"}]})
    assert json.loads(base64.b64decode(shown["Records"][0]["Data"])) == {"id": 1, "email": "***"}
    assert mask({"data": "AAAA"}) == {"data": "AAAA"}


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("call +14155552671 now", "4155552671"),
        ("call +49 30 123456-78", "123456"),
        ("To=%2B14155552671&Body=hi", "4155552671"),
        ("call (415) 555-2671", "555-2671"),
        ("call 415-555-2671.", "2671"),
        (f"sent {JWT}", "dozjgNry"),
        ("Authorization: Bearer abcdefgh12345678", "abcdefgh"),
        ("Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=fe5f80", "fe5f80"),
        ("used AKIAIOSFODNN7EXAMPLE", "IOSFODNN"),
        ("GET /b/k?X-Amz-Signature=fe5f80&X-Amz-Expires=60", "fe5f80"),
        ("GET /cb?client_secret=s3cr3t&code=1", "s3cr3t"),
        ("https://user:pa55word@host.example/x", "pa55word"),
        ("paid with 4111 1111 1111 1111", "1111 1111"),
        ("paid with 378282246310005", "378282246310005"),
        ("mail jane.doe@example.com", "jane.doe"),
        ('{"password": "hunter2", "cut off', "hunter2"),
        ('"{\\"password\\": \\"hunter2\\"}" cut', "hunter2"),
        ("<CreateUser><Password>hunter2</Password></CreateUser>", "hunter2"),
        ("key sk_live_abcdefghijklmnop", "abcdefghijklmnop"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
        ("Action=Publish&PhoneNumber=4155552671&Message=hi", "4155552671"),
    ],
)
def test_texts_are_masked_by_shape(text: str, hidden: str) -> None:
    """In an error message, a URL, a form, or JSON that was cut off."""
    shown = mask_text(text)
    assert hidden not in shown
    assert "***" in shown


@pytest.mark.parametrize(
    "text",
    [
        "order-1 2026-11-26T11:15:10Z 1764115200000", "arn:aws:sqs:us-east-1:000000000000:orders",
        "e3e70682-c209-4cac-a29f-6fbed82c07cd", "PutEvents shop: order.created (bus orders)",
        "4111111111111112", "1764115200000000", "GET /orders?page=2&size=10", "+12.345 s",
        "+500 ms", "http://localhost:4566/000000000000/orders", "timed out after 3.00 seconds",
        "10.0.0.1:80", "sequence 18870823458716391680", "a=b", "try 2", "us-east-1",
        "price 12.50 EUR",
    ],
)  # fmt: skip
def test_what_a_trace_is_read_for_stays(text: str) -> None:
    """Ids, instants, names and addresses."""
    assert mask_text(text) == text
    assert mask({"text": text}) == {"text": text}


def test_no_text_takes_long() -> None:
    """Bodies are written by anybody; a pattern that tries everything would hang the console."""
    for piece in ("x.", "eyJ-", '"a":"', "+1 ", "a=", "<a>", "x@", "://a:", "x-key-", "[", '{"a":'):
        mask({"body": piece * 20_000})


def test_json_in_query_strings_in_json_is_masked_so_far_and_no_further() -> None:
    """Whatever stands deeper than anybody nests is hidden whole, instead of overflowing a stack."""
    shallow = _nested("password=hunter2", levels=3)
    assert "hunter2" not in mask(shallow)
    deep = mask(_nested("order=1", levels=300))
    assert quote(MASK) in deep.replace("25", "")
    assert "order" not in deep


def _nested(text: str, levels: int) -> str:
    for _ in range(levels):
        text = f"q={quote(json.dumps([text]))}"
    return text

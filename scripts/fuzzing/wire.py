"""Requests as botocore would send them, and what line noise and careless clients make of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.serialize import create_serializer

from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.protocols.service_models import model_for
from scripts.fuzzing.vocabulary import ENDPOINT, REGION

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Damage = Callable[[random.Random, HttpRequest], HttpRequest]

_ODD_JSON: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**40, 1e400, "", "\ud800", "\x00", "é☃", [], {}, [[]], [None],
    {"": None}, {"a": {"b": []}}, ["x"] * 30, "x" * 300, {"QueueUrl": {}},
]  # fmt: skip
_ODD_BODIES = [
    b"", b"null", b"[]", b'"text"', b"5", b"{", b"\xff\xfe\x00", b"[" * 50_000, b'{"a":' * 5_000,
    b"Action=SendMessage&Action=Publish", b"Action=", b"&&==&%zz=%", b"a.1.member.99999999999=x",
    b"Entries.member.1", b"<a/>", b"<a",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<NotificationConfiguration>" * 3_000,
    b'--x\r\nContent-Disposition: form-data; name="Action"\r\n\r\nx\r\n--x--',
]  # fmt: skip
_ODD_HEADERS = [
    ("x-amz-target", ""),
    ("x-amz-target", "AmazonSQS.NoSuchThing"),
    ("x-amz-target", "AWSEvents."),
    ("x-amz-target", "é.☃"),
    ("content-type", ""),
    ("content-type", "application/x-amz-json-9.9"),
    ("content-type", "application/x-www-form-urlencoded; charset=utf-99"),
    ("content-type", "multipart/form-data; boundary=x"),
    ("content-encoding", "gzip"),
    ("content-length", "-5"),
    ("transfer-encoding", "chunked"),
    ("authorization", ""),
    ("authorization", "AWS4-HMAC-SHA256 Credential="),
    ("authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/sqs/aws4_request"),
    ("authorization", "Bearer x"),
    ("host", ""),
    ("host", "[::1"),
    ("host", "sqs.eu-west-1.amazonaws.com"),
    ("x-amz-date", "yesterday"),
    ("x-amz-client-context", "%%%"),
    ("x-amz-invocation-type", "Sometimes"),
    ("content-md5", "?"),
    ("accept", "image/png"),
]
_METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS"]
_PATH_TAILS = [
    "/x", "//", "/%00", "/%zz", "/..", "?", "?a=%zz", "?Action=ListQueues", "?MaxItems=x",
    "?notification", "?Marker=%ff", "?list-type=2&list-type=3", "#a",
]  # fmt: skip


def request_for(
    service: str, protocol: str, operation: str, parameters: dict[str, Any]
) -> HttpRequest:
    """Return botocore's request, signed as far as the emulator looks at signatures.

    Raises what botocore's serialiser raises for parameters it cannot write down.
    """
    model = model_for(service, protocol)
    serializer = create_serializer(protocol, include_validation=False)
    request = serializer.serialize_to_request(parameters, model.operation_model(operation))
    prepare_request_dict(request, endpoint_url=ENDPOINT)
    prepared = create_request_object(request).prepare()
    headers = Headers((name, _text(value)) for name, value in prepared.headers.items())
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/{REGION}/{model.signing_name}/"
        "aws4_request, SignedHeaders=host, Signature=00"
    )
    return HttpRequest(prepared.method, prepared.url, headers, _bytes(prepared.body))


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    return bytes(body) if isinstance(body, bytes | bytearray) else bytes(body.read())


# ---- damage --------------------------------------------------------------------------------------


def damaged(dice: random.Random, request: HttpRequest) -> HttpRequest:
    """Return the request with one or two things wrong with it."""
    for _ in range(dice.choice([1, 1, 1, 2])):
        request = dice.choice(_DAMAGES)(dice, request)
    return request


def _wrong_type(dice: random.Random, request: HttpRequest) -> HttpRequest:
    """Put something odd in place of one value of a JSON body; any other body loses a byte."""
    try:
        content = json.loads(request.body)
    except (ValueError, RecursionError):  # no JSON, or damaged already
        return _wrong_field(dice, request)
    places = list(_places(content))
    if not places:
        return request
    container, key = dice.choice(places)
    container[key] = dice.choice(_ODD_JSON)
    return request._replace(body=json.dumps(content).encode())


def _places(content: Any) -> Any:
    if isinstance(content, dict | list):
        for key, value in list(
            content.items() if isinstance(content, dict) else enumerate(content)
        ):
            yield content, key
            yield from _places(value)


def _wrong_field(dice: random.Random, request: HttpRequest) -> HttpRequest:
    """Break the name or the value of one field of a form."""
    fields = request.body.split(b"&")
    position = dice.randrange(len(fields))
    name, _, value = fields[position].partition(b"=")
    odd = [
        name, name + b".=" + value, name + b".1=" + value, b".".join(name.split(b".")[:-1]),
        name.replace(b"1", b"0") + b"=" + value, name.replace(b"1", b"x") + b"=" + value,
        name.replace(b"1", b"100000000000") + b"=" + value, name + b"=%F0%9F", name + b"=%00",
        fields[position] + b"&" + fields[position], name + b"=" + value * 50, b"=" + value,
    ]  # fmt: skip
    fields[position] = dice.choice(odd)
    return request._replace(body=b"&".join(fields))


def _cut(dice: random.Random, request: HttpRequest) -> HttpRequest:
    return request._replace(body=request.body[: dice.randrange(len(request.body) + 1)])


def _noise(dice: random.Random, request: HttpRequest) -> HttpRequest:
    position = dice.randrange(len(request.body) + 1)
    noise = dice.randbytes(dice.randint(1, 4))
    body = request.body[:position] + noise + request.body[position + dice.randint(0, 4) :]
    return request._replace(body=body)


def _other_body(dice: random.Random, request: HttpRequest) -> HttpRequest:
    return request._replace(body=dice.choice(_ODD_BODIES))


def _odd_header(dice: random.Random, request: HttpRequest) -> HttpRequest:
    headers = Headers(request.headers.items())
    if dice.random() < 0.3:
        headers.pop(dice.choice(list(headers)), None)
    else:
        name, value = dice.choice(_ODD_HEADERS)
        headers[name] = value
    return request._replace(headers=headers)


def _other_method(dice: random.Random, request: HttpRequest) -> HttpRequest:
    return request._replace(method=dice.choice(_METHODS))


def _odd_path(dice: random.Random, request: HttpRequest) -> HttpRequest:
    if dice.random() < 0.5:
        return request._replace(url=request.url + dice.choice(_PATH_TAILS))
    head, _, tail = request.url.rpartition("/")
    position = dice.randrange(len(tail) + 1)
    return request._replace(url=f"{head}/{tail[:position]}{dice.choice(['%', '/', '%C3', ''])}")


_DAMAGES: list[Damage] = [
    _wrong_type, _wrong_type, _wrong_type, _wrong_type, _cut, _noise, _other_body, _odd_header,
    _other_method, _odd_path,
]  # fmt: skip

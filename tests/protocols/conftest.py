"""botocore as the client side, and values made to a model's shapes.

botocore's serialisers write our requests and its parsers read our replies.
"""

from __future__ import annotations

import io
import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.awsrequest import HeadersDict, create_request_object, prepare_request_dict
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.protocols.constraints import compile_java_pattern
from chalice_offline.protocols.service_models import model_for

_TEXTS = ["a", "x=1&y=2", 'quote " and <tag> & é', "line\nbreak\ttab", "snow ☃ 🙂", " pad "]
_PLAIN = ["a", "orders", "name-1", "arn:aws:sqs:eu-west-1:000000000000:q", "a b/c&d=e"]
_CLASS_SAMPLES = {"CATEGORY_WORD": "w", "CATEGORY_DIGIT": "7", "CATEGORY_SPACE": " "}


def text_matching(pattern: re.Pattern[str], low: int, high: int) -> str:
    """Return a short text that the pattern matches in full, of an allowed length."""
    parsed = re._parser.parse(pattern.pattern)
    for extra in range(300):
        text = _sample(parsed, extra)
        if low <= len(text) <= high and pattern.fullmatch(text):
            return text
    raise AssertionError(f"no sample of {pattern.pattern}")


def _sample(parsed: Any, extra: int) -> str:
    return "".join(_sample_item(str(kind), argument, extra) for kind, argument in parsed)


def _sample_item(kind: str, argument: Any, extra: int) -> str:
    if kind == "LITERAL":
        return chr(argument)
    if kind in ("ANY", "NOT_LITERAL"):
        return "x"
    if kind == "IN":
        return _sample_class(argument)
    if kind == "MAX_REPEAT":
        least, most, body = argument
        return _sample(body, extra) * min(int(most), least + (extra if most > least else 0))
    if kind == "SUBPATTERN":
        return _sample(argument[-1], extra)
    return _sample(argument[1][extra % len(argument[1])], extra) if kind == "BRANCH" else ""


def _sample_class(items: Any) -> str:
    if str(items[0][0]) == "NEGATE":
        return "x"
    kind, argument = str(items[-1][0]), items[-1][1]
    if kind == "RANGE":
        return chr(argument[0])
    return chr(argument) if kind == "LITERAL" else _CLASS_SAMPLES.get(str(argument), "x")


def request_for(service: str, protocol: str, operation: str, params: dict[str, Any]) -> HttpRequest:
    """Return the request botocore would send, signed for the service in eu-west-1."""
    model = model_for(service, protocol)
    shapes = model.operation_model(operation)
    serializer = create_serializer(protocol, include_validation=False)
    request = serializer.serialize_to_request(params, shapes)
    prepare_request_dict(request, endpoint_url="http://127.0.0.1:4566")
    prepared = create_request_object(request).prepare()
    signing_name = model.signing_name
    headers = Headers((name, _text(value)) for name, value in prepared.headers.items())
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260131/eu-west-1/{signing_name}/aws4_request, "
        "SignedHeaders=host, Signature=00"
    )
    return HttpRequest(prepared.method, prepared.url, headers, _bytes(prepared.body))


def read_reply(
    service: str, protocol: str, operation: str, response: HttpResponse
) -> dict[str, Any]:
    """Return what a botocore client makes of the reply, without its ResponseMetadata."""
    shapes = model_for(service, protocol).operation_model(operation)
    parsed: dict[str, Any] = create_parser(protocol).parse(
        {
            "status_code": response.status,
            "headers": HeadersDict(response.headers),
            "body": io.BytesIO(response.body) if shapes.has_streaming_output else response.body,
            "context": {"operation_name": operation},
        },
        shapes.output_shape,
    )
    parsed.pop("ResponseMetadata", None)
    if shapes.has_streaming_output:
        payload = shapes.output_shape.serialization["payload"]
        parsed[payload] = parsed[payload].read()
    return parsed


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return body if isinstance(body, bytes | bytearray) else body.read()


class ModelValues:
    """One seeded source of values; `fill` is the chance that an optional member is set."""

    def __init__(self, seed: int, fill: float) -> None:
        self._random = random.Random(seed)
        self._fill = fill

    def value(self, shape: Any, depth: int = 0) -> Any:
        """Return a value of the shape that a client could send or a service return."""
        if shape.type_name == "structure":
            return self._structure(shape, depth)
        if shape.type_name == "list":
            return self._list(shape, depth)
        if shape.type_name == "map":
            return self._map(shape, depth)
        if shape.type_name == "string":
            return self._string(shape)
        if shape.type_name in ("integer", "long", "float", "double"):
            return self._number(shape)
        if shape.type_name == "timestamp":
            return datetime(2026, 1, 31, tzinfo=UTC) + timedelta(
                seconds=self._random.randrange(10**6)
            )
        if shape.type_name == "blob":
            return self._random.randbytes(self._random.randrange(1, 9))
        return self._random.random() < 0.5

    def _structure(self, shape: Any, depth: int) -> dict[str, Any]:
        if getattr(shape, "is_document_type", False):
            return {"free": ["form", 1, None]}
        names = [name for name in shape.members if self._wants(shape, name, depth)]
        if getattr(shape, "is_tagged_union", False):
            names = [self._random.choice(list(shape.members))]
        return {name: self.value(shape.members[name], depth + 1) for name in names}

    def _wants(self, shape: Any, name: str, depth: int) -> bool:
        member = shape.members[name].serialization
        if name in shape.required_members or member.get("location") == "statusCode":
            return True
        if shape.serialization.get("payload") == name:
            return True  # botocore sends and reads an absent payload as an empty one
        return depth < 5 and self._random.random() < self._fill

    def _list(self, shape: Any, depth: int) -> list[Any]:
        low = max(1, shape.metadata.get("min", 0))
        high = min(shape.metadata.get("max", 3), low + 2)
        return [self.value(shape.member, depth + 1) for _ in range(self._random.randint(low, high))]

    def _map(self, shape: Any, depth: int) -> dict[str, Any]:
        size = self._random.randint(1, 2)
        return {self.value(shape.key): self.value(shape.value, depth + 1) for _ in range(size)}

    def _string(self, shape: Any) -> str:
        if shape.metadata.get("enum"):
            return self._random.choice(shape.metadata["enum"])
        low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 10**6)
        pattern = compile_java_pattern(shape.metadata.get("pattern", ""))
        if "pattern" in shape.metadata and pattern is not None:
            return text_matching(pattern, low, high)
        texts = _PLAIN if shape.serialization.get("location") else _TEXTS
        repeated = [text * max(1, -(-low // len(text))) for text in texts]
        return self._random.choice([text for text in repeated if len(text) <= high])

    def _number(self, shape: Any) -> float:
        if shape.serialization.get("location") == "statusCode":
            return 200
        low = int(shape.metadata.get("min", 0))
        high = int(shape.metadata.get("max", low + 10**6))
        number = self._random.randint(low, min(high, 2**31 - 1))
        return float(number) if shape.type_name in ("float", "double") else number


@pytest.fixture(name="request_for")
def request_for_fixture():
    """Return the function that makes botocore's request for an operation."""
    return request_for


@pytest.fixture(name="read_reply")
def read_reply_fixture():
    """Return the function that reads a reply as botocore does."""
    return read_reply


@pytest.fixture(name="model_values")
def model_values_fixture():
    """Return the class that makes values of shapes."""
    return ModelValues

"""The REST protocols: members travel in path, query string, header fields and body.

rest-json and rest-xml differ only in how a body is spelled; `BodyFormat` is that difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols import replies, scalars
from chalice_offline.protocols.codec import Codec
from chalice_offline.protocols.form import decode_pairs
from chalice_offline.protocols.rest_routing import path_parts, routes
from chalice_offline.protocols.validation import validator

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import Headers, HttpRequest, HttpResponse

_PARSED_LOCATIONS = ("uri", "querystring", "header", "headers")
_BODILESS = (204, 304)


class BodyFormat(Protocol):
    """How one REST protocol reads and writes bodies."""

    protocol: str
    content_type: str
    request_id_header: str

    def members_reader(self, members: dict[str, Any]) -> Callable[[bytes], dict[str, Any]]:
        """Compile the reader of a body that holds the given members."""

    def payload_reader(self, shape: Any) -> Callable[[bytes], Any]:
        """Compile the reader of a body that is one structure."""

    def members_writer(
        self, operation: Any, members: dict[str, Any]
    ) -> Callable[[dict[str, Any]], bytes]:
        """Compile the writer of a body that holds the given members."""

    def payload_writer(self, name: str, shape: Any) -> Callable[[Any], bytes]:
        """Compile the writer of a body that is one structure."""


def compile_codec(model: Any, operation: str, body_format: BodyFormat) -> Codec:
    """Compile one operation of a REST service."""
    shapes = model.operation_model(operation)
    return Codec(
        _compile_parse(model.service_name, shapes, body_format),
        _compile_serialize(shapes, body_format),
    )


# --- requests -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Placed:
    """One input member outside the body."""

    member: str
    wire_name: str
    shape: Any


def _compile_parse(
    service: str, shapes: Any, body_format: BodyFormat
) -> Callable[[HttpRequest], dict[str, Any]]:
    members = shapes.input_shape.members if shapes.input_shape else {}
    placed: dict[str, list[_Placed]] = {location: [] for location in _PARSED_LOCATIONS}
    for name, shape in members.items():
        location = shape.serialization.get("location")
        if location in placed:
            placed[location].append(_Placed(name, shape.serialization.get("name", name), shape))
    read_body = _compile_body_reader(shapes.input_shape, body_format)
    validate = validator(service, body_format.protocol, shapes.input_shape)
    route = routes(service).by_operation[shapes.name]

    def parse(request: HttpRequest) -> dict[str, Any]:
        params: dict[str, Any] = {}
        if placed["uri"]:
            labels = route.labels(path_parts(service, request))
            _read_labels(placed["uri"], labels, params)
        if placed["querystring"] and request.query:
            _read_query(placed["querystring"], decode_pairs(request.query), params)
        _read_headers(placed["header"], request.headers, params)
        _read_prefixed_headers(placed["headers"], request.headers, params)
        read_body(request, params)
        validate(params)
        return {name: params[name] for name in members if name in params}

    return parse


def _refuse(shape: Any) -> AwsError:
    type_name = shape.type_name.capitalize()
    article = "an" if type_name[0] in "AEIOU" else "a"
    return AwsError(
        "SerializationException", f"STRING_VALUE can not be converted to {article} {type_name}"
    )


def _scalar(text: str, shape: Any) -> Any:
    try:
        return scalars.text_reader(shape.type_name)(text)
    except ValueError as error:
        raise _refuse(shape) from error


def _read_labels(placed: list[_Placed], labels: dict[str, str], params: dict[str, Any]) -> None:
    for member in placed:
        if member.wire_name in labels:
            params[member.member] = _scalar(labels[member.wire_name], member.shape)


def _read_query(
    placed: list[_Placed], pairs: list[tuple[str, str]], params: dict[str, Any]
) -> None:
    taken = {member.wire_name for member in placed if member.shape.type_name != "map"}
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    for member in placed:
        shape = member.shape
        if shape.type_name == "map":
            params[member.member] = {
                name: texts if shape.value.type_name == "list" else texts[0]
                for name, texts in values.items()
                if name not in taken
            }
        elif member.wire_name in values:
            texts = values[member.wire_name]
            if shape.type_name == "list":
                params[member.member] = [_scalar(text, shape.member) for text in texts]
            else:
                params[member.member] = _scalar(texts[0], shape)


def _read_headers(placed: list[_Placed], headers: Headers, params: dict[str, Any]) -> None:
    for member in placed:
        text = headers.get(member.wire_name)
        if text is None:
            continue
        shape = member.shape
        if shape.type_name == "list":
            parts = (part.strip() for part in text.split(","))
            params[member.member] = [_scalar(part, shape.member) for part in parts if part]
        elif shape.serialization.get("jsonvalue"):
            params[member.member] = _scalar_json(text)
        else:
            params[member.member] = _scalar(text, shape)


def _scalar_json(text: str) -> str:
    try:
        return scalars.blob_from_text(text).decode()
    except ValueError as error:
        raise AwsError("SerializationException", "A header is not base64 of JSON.") from error


def _read_prefixed_headers(placed: list[_Placed], headers: Headers, params: dict[str, Any]) -> None:
    for member in placed:
        prefix = member.wire_name.lower()
        found = {
            name[len(prefix) :]: value for name, value in headers.items() if name.startswith(prefix)
        }
        if found:
            params[member.member] = found


def _compile_body_reader(
    input_shape: Any, body_format: BodyFormat
) -> Callable[[HttpRequest, dict[str, Any]], None]:
    payload = input_shape.serialization.get("payload") if input_shape else None
    if payload:
        return _compile_payload_reader(payload, input_shape.members[payload], body_format)
    members = {
        name: shape
        for name, shape in (input_shape.members if input_shape else {}).items()
        if not shape.serialization.get("location")
    }
    if not members:
        return lambda _request, _params: None
    read_members = body_format.members_reader(members)

    def read(request: HttpRequest, params: dict[str, Any]) -> None:
        params.update(read_members(request.body))

    return read


def _compile_payload_reader(
    name: str, shape: Any, body_format: BodyFormat
) -> Callable[[HttpRequest, dict[str, Any]], None]:
    if shape.type_name == "blob":
        decode: Callable[[bytes], Any] = bytes
    elif shape.type_name == "string":
        decode = _text
    else:
        decode = body_format.payload_reader(shape)

    def read(request: HttpRequest, params: dict[str, Any]) -> None:
        if request.body:
            params[name] = decode(request.body)

    return read


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise AwsError("SerializationException", "The body is not UTF-8.") from error


# --- replies --------------------------------------------------------------------------------


def _compile_serialize(
    shapes: Any, body_format: BodyFormat
) -> Callable[[dict[str, Any], str], HttpResponse]:
    output = shapes.output_shape
    members = output.members if output else {}
    default_status = int(shapes.http.get("responseCode", 200))
    status_member = next(
        (name for name, shape in members.items() if _location(shape) == "statusCode"), None
    )
    write_headers = _compile_headers_writer(members)
    content_type, write_body = _compile_body_writer(shapes, output, members, body_format)
    request_id_header = body_format.request_id_header

    def serialize(result: dict[str, Any], request_id: str) -> HttpResponse:
        headers = {request_id_header: request_id}
        write_headers(result, headers)
        status = default_status
        if status_member and result.get(status_member) is not None:
            status = int(result[status_member])
        body = b"" if status in _BODILESS else write_body(result)
        kind = content_type if body and "content-type" not in headers else ""
        return replies.reply(status, body, kind, headers)

    return serialize


def _location(shape: Any) -> str | None:
    location: str | None = shape.serialization.get("location")
    return location


def _compile_headers_writer(
    members: dict[str, Any],
) -> Callable[[dict[str, Any], dict[str, str]], None]:
    single = [
        (name, shape.serialization.get("name", name).lower(), _header_writer(shape))
        for name, shape in members.items()
        if _location(shape) == "header"
    ]
    prefixed = [
        (name, shape.serialization.get("name", "").lower())
        for name, shape in members.items()
        if _location(shape) == "headers"
    ]

    def write(result: dict[str, Any], headers: dict[str, str]) -> None:
        for name, wire_name, text_of in single:
            value = result.get(name)
            if value is not None:
                headers[wire_name] = text_of(value)
        for name, prefix in prefixed:
            for key, value in (result.get(name) or {}).items():
                headers[prefix + key.lower()] = str(value)

    return write


def _header_writer(shape: Any) -> Callable[[Any], str]:
    if shape.type_name == "list":
        text_of = _header_writer(shape.member)
        return lambda value: ", ".join(map(text_of, value))
    if shape.serialization.get("jsonvalue"):
        return scalars.blob_text
    timestamp_format = shape.serialization.get("timestampFormat", "rfc822")
    return scalars.text_writer(shape.type_name, timestamp_format)


def _compile_body_writer(
    shapes: Any, output: Any, members: dict[str, Any], body_format: BodyFormat
) -> tuple[str, Callable[[dict[str, Any]], bytes]]:
    payload = output.serialization.get("payload") if output else None
    if payload:
        return _compile_payload_writer(payload, members[payload], body_format)
    body_members = {name: shape for name, shape in members.items() if not _location(shape)}
    if not body_members:
        return body_format.content_type, lambda _result: b""
    return body_format.content_type, body_format.members_writer(shapes, body_members)


def _compile_payload_writer(
    name: str, shape: Any, body_format: BodyFormat
) -> tuple[str, Callable[[dict[str, Any]], bytes]]:
    if shape.type_name in ("blob", "string"):
        # Raw payloads: Lambda's functions answer in JSON, S3's objects bring their own type.
        return body_format.content_type, lambda result: _raw(result.get(name))
    write_payload = body_format.payload_writer(name, shape)

    def write(result: dict[str, Any]) -> bytes:
        value = result.get(name)
        return b"" if value is None else write_payload(value)

    return body_format.content_type, write


def _raw(value: Any) -> bytes:
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    content: bytes = value.read()
    return content

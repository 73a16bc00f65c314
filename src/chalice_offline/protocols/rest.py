"""The REST protocols: members travel in path, query string, header fields and body.

rest-json and rest-xml differ only in how a body is spelled; `BodyFormat` is that difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from chalice_offline.core.errors import AwsError
from chalice_offline.core.storage import Blob
from chalice_offline.core.utf8 import utf8
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
    #: The parameter in which a service is told that a body cannot be read; "" to refuse it at once.
    refused_body: str

    def id_headers(self, request_id: str) -> dict[str, str]:
        """Return the header fields that name the request."""

    def fields(self, request: HttpRequest) -> Headers:
        """Return the header fields of a request, wherever they stand."""

    def unreadable(self, name: str, shape: Any, text: str) -> AwsError | None:
        """Return the error for a value outside the body that cannot be read; None ignores it."""

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


class _Placed:
    """The input members of one location outside the body, by their names on the wire."""

    def __init__(self, location: str, members: dict[str, Any], body_format: BodyFormat) -> None:
        self._unreadable = body_format.unreadable
        self.scalars: dict[str, tuple[str, Any, Callable[[str], Any]]] = {}
        self.lists: dict[str, tuple[str, Any, Callable[[str], Any]]] = {}
        self.maps: list[tuple[str, str, Any]] = []
        for name, shape in members.items():
            if shape.serialization.get("location") != location:
                continue
            wire_name = shape.serialization.get("name", name)
            if location != "querystring":
                wire_name = wire_name.lower() if location != "uri" else wire_name
            if shape.type_name == "map":
                self.maps.append((name, wire_name, shape))
            elif shape.type_name == "list":
                item = shape.member
                self.lists[wire_name] = name, item, scalars.text_reader(item.type_name)
            elif shape.serialization.get("jsonvalue"):
                self.scalars[wire_name] = name, shape, _scalar_json
            else:
                self.scalars[wire_name] = name, shape, scalars.text_reader(shape.type_name)

    def __bool__(self) -> bool:
        return bool(self.scalars or self.lists or self.maps)

    def read(self, wire_name: str, text: str, params: dict[str, Any]) -> None:
        """Take one value, if a member goes by that name."""
        found = self.scalars.get(wire_name)
        if found is None:
            return
        name, shape, value_of = found
        try:
            params[name] = value_of(text)
        except ValueError as error:
            refusal = self._unreadable(wire_name, shape, text)
            if refusal is not None:
                raise refusal from error

    def read_list(self, wire_name: str, texts: list[str], params: dict[str, Any]) -> None:
        """Take the values of a list."""
        name, shape, value_of = self.lists[wire_name]
        try:
            params[name] = [value_of(text) for text in texts]
        except ValueError as error:
            refusal = self._unreadable(wire_name, shape, ",".join(texts))
            if refusal is not None:
                raise refusal from error


def _compile_parse(
    service: str, shapes: Any, body_format: BodyFormat
) -> Callable[[HttpRequest], dict[str, Any]]:
    members = shapes.input_shape.members if shapes.input_shape else {}
    in_uri, in_query, in_headers, in_prefixed = (
        _Placed(location, members, body_format) for location in _PARSED_LOCATIONS
    )
    read_body = _compile_body_reader(shapes.input_shape, body_format)
    validate = validator(service, body_format.protocol, shapes.input_shape)
    route = routes(service).by_operation[shapes.name]
    fields = body_format.fields
    has_labels, has_query = bool(in_uri), bool(in_query)
    place_of = {name: place for place, name in enumerate(members)}.__getitem__
    refused_body = body_format.refused_body

    def parse(request: HttpRequest) -> dict[str, Any]:
        params: dict[str, Any] = {}
        if has_labels:
            for name, text in route.labels(path_parts(service, request)).items():
                in_uri.read(name, text, params)
        if has_query and request.query:
            _read_query(in_query, decode_pairs(request.query), params)
        headers = fields(request)
        _read_headers(in_headers, headers, params)
        for member, prefix, _ in in_prefixed.maps:
            _read_prefixed_headers(member, prefix, headers, params)
        try:
            read_body(request, params)
            validate(params)
        except AwsError as error:
            if not refused_body:
                raise
            return {**params, refused_body: (error.code, error.message)}
        return {name: params[name] for name in sorted(params, key=place_of)}

    return parse


def not_converted(shape: Any) -> AwsError:
    """Return the error for a text that is no value of the shape."""
    type_name = shape.type_name.capitalize()
    article = "an" if type_name[0] in "AEIOU" else "a"
    return AwsError(
        "SerializationException", f"STRING_VALUE can not be converted to {article} {type_name}"
    )


def _read_query(placed: _Placed, pairs: list[tuple[str, str]], params: dict[str, Any]) -> None:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    for name, texts in values.items():
        if name in placed.lists:
            placed.read_list(name, texts, params)
        else:
            placed.read(name, texts[0], params)
    for member, _, shape in placed.maps:
        params[member] = {
            name: texts if shape.value.type_name == "list" else texts[0]
            for name, texts in values.items()
            if name not in placed.scalars and name not in placed.lists
        }


def _read_headers(placed: _Placed, headers: Headers, params: dict[str, Any]) -> None:
    known, lists = placed.scalars, placed.lists
    for name, text in headers.items():
        if name in known:
            placed.read(name, text, params)
        elif name in lists:
            parts = [part.strip() for part in text.split(",")]
            placed.read_list(name, [part for part in parts if part], params)


def _scalar_json(text: str) -> str:
    try:
        return scalars.blob_from_text(text).decode()
    except ValueError as error:
        raise AwsError("SerializationException", "A header is not base64 of JSON.") from error


def _read_prefixed_headers(
    member: str, prefix: str, headers: Headers, params: dict[str, Any]
) -> None:
    found = {
        name[len(prefix) :]: value for name, value in headers.items() if name.startswith(prefix)
    }
    if found:
        params[member] = found


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
        elif request.upload is not None:
            params[name] = request.upload if decode is bytes else decode(request.upload.read())

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
    # Where the model has no such member a service may still say it: S3's 206, 202 and 204.
    status_member = next(
        (name for name, shape in members.items() if _location(shape) == "statusCode"), "StatusCode"
    )
    write_headers = _compile_headers_writer(members)
    content_type, write_body = _compile_body_writer(shapes, output, members, body_format)
    id_headers = body_format.id_headers

    def serialize(result: dict[str, Any], request_id: str) -> HttpResponse:
        headers = id_headers(request_id)
        write_headers(result, headers)
        status = int(result.get(status_member) or default_status)
        body = b"" if status in _BODILESS else write_body(result)
        kind = content_type if body and "content-type" not in headers else ""
        if isinstance(body, Blob):
            response = replies.reply(status, b"", kind, headers)
            response.headers["content-length"] = str(body.length)
            response.file = body
            return response
        return replies.reply(status, body, kind, headers)

    return serialize


def _location(shape: Any) -> str | None:
    location: str | None = shape.serialization.get("location")
    return location


def _compile_headers_writer(
    members: dict[str, Any],
) -> Callable[[dict[str, Any], dict[str, str]], None]:
    # By what a result has: S3's replies may have forty such members and carry five.
    single = {
        name: (shape.serialization.get("name", name).lower(), _header_writer(shape))
        for name, shape in members.items()
        if _location(shape) == "header"
    }
    prefixed = [
        (name, shape.serialization.get("name", "").lower())
        for name, shape in members.items()
        if _location(shape) == "headers"
    ]

    def write(result: dict[str, Any], headers: dict[str, str]) -> None:
        for name, value in result.items():
            if value is not None and name in single:
                wire_name, text_of = single[name]
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
) -> tuple[str, Callable[[dict[str, Any]], bytes | Blob]]:
    payload = output.serialization.get("payload") if output else None
    if payload:
        return _compile_payload_writer(payload, members[payload], body_format)
    body_members = {name: shape for name, shape in members.items() if not _location(shape)}
    if not body_members:
        return body_format.content_type, lambda _result: b""
    return body_format.content_type, body_format.members_writer(shapes, body_members)


def _compile_payload_writer(
    name: str, shape: Any, body_format: BodyFormat
) -> tuple[str, Callable[[dict[str, Any]], bytes | Blob]]:
    if shape.type_name in ("blob", "string"):
        # Raw payloads: Lambda's functions answer in JSON, S3's objects bring their own type.
        return body_format.content_type, lambda result: _raw(result.get(name))
    write_payload = body_format.payload_writer(name, shape)

    def write(result: dict[str, Any]) -> bytes:
        value = result.get(name)
        return b"" if value is None else write_payload(value)

    return body_format.content_type, write


def _raw(value: Any) -> bytes | Blob:
    if value is None:
        return b""
    if isinstance(value, bytes | Blob):
        return value
    if isinstance(value, str):
        return utf8(value)
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    content: bytes = value.read()
    return content

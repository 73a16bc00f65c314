"""JSON documents by shape: each shape is compiled once into a reader and a writer.

Reading raises AwsError("SerializationException") with the words AWS's JSON services use
(for example "NUMBER_VALUE can not be converted to a String", reported for Lambda).
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from typing import Any, NoReturn

from chalice_offline.core.errors import AwsError
from chalice_offline.core.json_text import compact_encoder
from chalice_offline.core.utf8 import utf8
from chalice_offline.protocols import scalars
from chalice_offline.protocols.shapes import ShapeCompiler

Reader = Callable[[Any], Any]
Writer = Callable[[Any], Any]


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


_decoder = json.JSONDecoder(parse_constant=_no_constant)


def _blob(value: Any) -> str:
    """Blobs are base64 wherever they stand; also in an error's members, which no model walks."""
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no place in JSON")


_encode = compact_encoder(_blob)


def _decode(text: str) -> Any:
    """Decode a text that is JSON from its first character to its last, as nearly all are."""
    try:
        document, end = _decoder.raw_decode(text)
    except ValueError:
        end = -1
    return document if end == len(text) else _decoder.decode(text)  # spaces, or no JSON


def load_document(body: bytes) -> Any:
    """Decode one JSON document; an empty body is an empty object.

    Raises AwsError("SerializationException") for anything that is not JSON in UTF-8.
    """
    if not body:
        return {}
    try:
        document = _decode(body.decode())
        if b"\\u" in body and (b"\\ud" in body or b"\\uD" in body):
            # An escape may hide half a surrogate pair, which no later step could encode.
            _encode(document).encode()
    except UnicodeEncodeError as error:
        raise AwsError("SerializationException", _half_a_pair(document)) from error
    except (ValueError, RecursionError) as error:
        raise AwsError("SerializationException") from error  # AWS says no more
    return document


def _half_a_pair(document: Any) -> str:
    """Say where a text stands that could be sent to no client again."""
    left = [("", document)]
    place = ""
    while left:
        place, value = left.pop()
        if isinstance(value, dict):
            for key, item in value.items():
                below = f"{place}.{_shown(key)}" if place else _shown(key)
                left += [(below, key), (below, item)]
        elif isinstance(value, list):
            left += [(f"{place}[{index}]", item) for index, item in enumerate(value)]
        elif isinstance(value, str) and _shown(value) != value:
            break
    return f"{place or 'The request'} holds half of a surrogate pair, which UTF-8 cannot spell."


def _shown(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def dump_document(document: Any) -> bytes:
    """Encode one JSON document as AWS does: compact, in UTF-8."""
    return utf8(_encode(document))


def _token(value: Any) -> str:
    if value is True:
        return "TRUE_VALUE"
    if value is False:
        return "FALSE_VALUE"
    return "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"


def _refuse(value: Any, java_type: str) -> NoReturn:
    if isinstance(value, dict):
        text = "Start of structure or map found where not expected."
    elif isinstance(value, list):
        text = "Start of list found where not expected"
    else:
        article = "an" if java_type[0] in "AEIOU" else "a"
        text = f"{_token(value)} can not be converted to {article} {java_type}"
    raise AwsError("SerializationException", text)


def _refuse_container(value: Any, wanted: str) -> NoReturn:
    if isinstance(value, dict | list):
        _refuse(value, wanted)
    raise AwsError("SerializationException", f"Expected {wanted} or null")


def _read_string(value: Any) -> str:
    if value.__class__ is not str:
        _refuse(value, "String")
    return value


def _read_boolean(value: Any) -> bool:
    if value.__class__ is not bool:
        _refuse(value, "Boolean")
    return value


def _integer_reader(type_name: str) -> Reader:
    java_type = "Integer" if type_name == "integer" else "Long"

    def read(value: Any) -> int:
        if value.__class__ is float and value.is_integer():
            value = int(value)
        if value.__class__ is not int:
            _refuse(value, java_type)
        try:
            return scalars.integer_in_range(value, type_name)
        except ValueError:
            _refuse(value, java_type)

    return read


def _read_float(value: Any) -> float:
    if value.__class__ is float or value.__class__ is int:
        try:
            number = float(value)
        except OverflowError:
            _refuse(value, "Double")
        return number if math.isfinite(number) else _refuse(value, "Double")
    if value in ("NaN", "Infinity", "-Infinity"):
        return scalars.float_from_text(value)
    _refuse(value, "Double")


def _read_timestamp(value: Any) -> Any:
    try:
        if value.__class__ is int or value.__class__ is float:
            return scalars.timestamp_from_seconds(value)
        if value.__class__ is str:
            return scalars.timestamp_from_text(value)
    except ValueError:
        pass  # refused below, with every other value that is no timestamp
    _refuse(value, "Timestamp")


def _read_blob(value: Any) -> bytes:
    if value.__class__ is not str:
        _refuse(value, "Blob")
    try:
        return scalars.blob_from_text(value)
    except ValueError as error:
        text = "The request contained base64 content that could not be decoded"
        raise AwsError("SerializationException", text) from error


def _read_document(value: Any) -> Any:
    return value


_SCALAR_READERS: dict[str, Reader] = {
    "string": _read_string,
    "character": _read_string,
    "boolean": _read_boolean,
    "integer": _integer_reader("integer"),
    "long": _integer_reader("long"),
    "float": _read_float,
    "double": _read_float,
    "timestamp": _read_timestamp,
    "blob": _read_blob,
}


class JsonReaders(ShapeCompiler[Reader]):
    """Turns JSON values into values of input shapes.

    Nulls in lists and maps are left out, as absent members are.
    """

    def leaf(self, shape: Any) -> Reader:
        """Compile a scalar."""
        return _SCALAR_READERS[shape.type_name]

    def structure(self, shape: Any) -> Reader:
        """Compile a structure, or a document of any content."""
        return _read_document if shape.is_document_type else self.members(shape.members)

    def members(self, members: dict[str, Any]) -> Reader:
        """Return the reader of an object with the given members, in the model's order."""
        table = [
            (name, shape.serialization.get("name", name), self.compile(shape))
            for name, shape in members.items()
        ]

        def read(value: Any) -> dict[str, Any]:
            if value.__class__ is not dict:
                _refuse_container(value, "structure")
            result = {}
            for name, wire_name, read_member in table:
                # Most members are absent; `in` says so without a call.
                if wire_name in value and (item := value[wire_name]) is not None:
                    result[name] = read_member(item)
            return result

        return read

    def list_(self, shape: Any) -> Reader:
        """Compile a list."""
        read_member = self.compile(shape.member)

        def read(value: Any) -> Any:
            if value.__class__ is not list:
                _refuse_container(value, "list")
            return [read_member(item) for item in value if item is not None]

        return read

    def map_(self, shape: Any) -> Reader:
        """Compile a map."""
        read_value = self.compile(shape.value)

        def read(value: Any) -> dict[str, Any]:
            if value.__class__ is not dict:
                _refuse_container(value, "map")
            return {key: read_value(item) for key, item in value.items() if item is not None}

        return read


def _same(value: Any) -> Any:
    return value


_listed = list


def _timestamp_writer(shape: Any) -> Writer:
    timestamp_format = shape.serialization.get("timestampFormat", "unixTimestamp")
    if timestamp_format == "unixTimestamp":
        return scalars.epoch_seconds
    return lambda value: scalars.timestamp_text(value, timestamp_format)


class JsonWriters(ShapeCompiler[Writer]):
    """Turns values of output shapes into JSON values."""

    def leaf(self, shape: Any) -> Writer:
        """Compile a scalar."""
        if shape.type_name == "timestamp":
            return _timestamp_writer(shape)
        return scalars.blob_text if shape.type_name == "blob" else _same

    def structure(self, shape: Any) -> Writer:
        """Compile a structure, or a document of any content."""
        return _same if shape.is_document_type else self.members(shape.members)

    def members(self, members: dict[str, Any]) -> Writer:
        """Return the writer of an object with the given members.

        Members that are None, and members the model does not name (an older botocore than
        the services were written for), are left out.
        """
        table = {
            name: (shape.serialization.get("name", name), self.compile(shape))
            for name, shape in members.items()
        }

        def write(value: dict[str, Any]) -> dict[str, Any]:
            result = {}
            for name, item in value.items():
                if item is not None and name in table:
                    wire_name, write_member = table[name]
                    result[wire_name] = item if write_member is _same else write_member(item)
            return result

        return write

    def list_(self, shape: Any) -> Writer:
        """Compile a list."""
        write_member = self.compile(shape.member)
        if write_member is _same:
            return _listed
        return lambda value: [write_member(item) for item in value]

    def map_(self, shape: Any) -> Writer:
        """Compile a map."""
        write_value = self.compile(shape.value)
        return lambda value: {
            key: write_value(item) for key, item in value.items() if item is not None
        }

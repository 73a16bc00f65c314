"""DynamoDB's JSON reader: what it takes is JSON's, its words for a wrong type are its own.

The texts are those dynalite's tests recorded from AWS; users still report them in 2024 ("Unexpected
field type", "Start of structure or map found where not expected").
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols import scalars
from chalice_offline.protocols.json_body import JsonReaders

if TYPE_CHECKING:
    from chalice_offline.protocols.json_body import Reader

_PACKAGE = "com.amazonaws.dynamodb.v20120810"
_JAVA_TYPES = {
    "string": "String",
    "character": "String",
    "boolean": "Boolean",
    "integer": "Integer",
    "long": "Long",
    "float": "Float",
    "double": "Double",
}
# Strings that count as a boolean, in any case.
_BOOLEANS = {"TRUE": True, "1": True, "YES": True, "FALSE": False, "0": False, "NO": False}
_CONTAINERS = ("structure", "list", "map")
# What AWS says to a scalar in a list or map whose members are lists or maps.
_CAST = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class "
    "java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and "
    "java.lang.Class are in module java.base of loader 'bootstrap')"
)


class _ScalarFoundError(AwsError):
    """A scalar where a structure, list or map belongs; what AWS says depends on where."""

    def __init__(self) -> None:
        super().__init__("SerializationException", "Unexpected field type")


class DynamoDbReaders(JsonReaders):
    """Turns JSON values into values of DynamoDB's input shapes."""

    def leaf(self, shape: Any) -> Reader:
        """Compile a scalar."""
        if shape.type_name == "blob":
            return _read_blob
        java_type = _JAVA_TYPES.get(shape.type_name)
        if java_type is None:
            return super().leaf(shape)
        if java_type == "String":
            return _read_string
        return _read_boolean if java_type == "Boolean" else _number_reader(shape.type_name)

    def members(self, members: dict[str, Any], java_type: str = "") -> Reader:
        """Return the reader of an object with the given members, in the model's order."""
        read_object = super().members(members)
        named = f"class {java_type}"
        # No name of DynamoDB's models is another one on the wire.
        single = {name: self.compile(shape) for name, shape in members.items()}

        def read(value: Any) -> Any:
            if value.__class__ is not dict:
                _refuse_collection(value, named)
            if len(value) == 1:  # as in all attribute values, of whose ten members one is there
                for name, item in value.items():
                    if item is not None and name in single:
                        return {name: single[name](item)}
                return {}
            return read_object(value)

        return read

    def structure(self, shape: Any) -> Reader:
        """Compile a structure."""
        return self.members(shape.members, f"{_PACKAGE}.{shape.name}")

    def list_(self, shape: Any) -> Reader:
        """Compile a list."""
        read_member = self.compile(shape.member)

        def read(value: Any) -> Any:
            if value.__class__ is not list:
                _refuse_collection(value, "")
            try:
                return [read_member(item) for item in value if item is not None]
            except _ScalarFoundError:
                _refuse_scalar_within(value, shape.member)
                raise

        return read

    def map_(self, shape: Any) -> Reader:
        """Compile a map."""
        read_value = self.compile(shape.value)
        named = _java_type(shape)

        def read(value: Any) -> Any:
            if value.__class__ is not dict:
                _refuse_collection(value, named)
            result = {}
            try:
                for name, item in value.items():
                    if item is not None:
                        result[name] = read_value(item)
            except _ScalarFoundError:
                _refuse_scalar_within(value.values(), shape.value)
                raise
            return result

        return read


def _java_type(shape: Any) -> str:
    if shape.type_name == "structure":
        return f"{_PACKAGE}.{shape.name}"
    if shape.type_name == "list":
        return f"java.util.List<{_java_type(shape.member)}>"
    if shape.type_name == "map":
        return f"java.util.Map<java.lang.String, {_java_type(shape.value)}>"
    return f"java.lang.{_JAVA_TYPES.get(shape.type_name, 'String')}"


def _refuse(text: str) -> NoReturn:
    raise AwsError("SerializationException", text)


def _refuse_collection(value: Any, wanted: str) -> NoReturn:
    if value.__class__ is list:
        _refuse(f"Unrecognized collection type {wanted}")
    if value.__class__ is dict:
        _refuse("Start of structure or map found where not expected")
    raise _ScalarFoundError


def _refuse_scalar_within(values: Any, member: Any) -> None:
    """Say it in the words for members of lists and maps, if one of these is the scalar."""
    if member.type_name in _CONTAINERS and any(
        value is not None and value.__class__ not in (dict, list) for value in values
    ):
        _refuse("Unexpected value type in payload" if member.type_name == "structure" else _CAST)


def _refuse_leaf(value: Any, java_type: str) -> NoReturn:
    if value.__class__ in (dict, list):
        _refuse_collection(value, f"class java.lang.{java_type}")
    if value.__class__ is bool:
        shown = "TRUE_VALUE" if value else "FALSE_VALUE"
    elif value.__class__ is str:
        shown = "STRING_VALUE"
    else:
        shown = "DECIMAL_VALUE" if value % 1 else "NUMBER_VALUE"
    _refuse(f"{shown} cannot be converted to {java_type}")


def _read_string(value: Any) -> str:
    if value.__class__ is not str:
        _refuse_leaf(value, "String")
    return value


def _read_boolean(value: Any) -> bool:
    if value.__class__ is str:
        known = _BOOLEANS.get(value.upper())
        if known is None:
            _refuse("Unexpected token received from parser")
        return known
    if value.__class__ is not bool:
        _refuse_leaf(value, "Boolean")
    return value


def _number_reader(type_name: str) -> Reader:
    java_type = _JAVA_TYPES[type_name]
    is_whole = type_name in ("integer", "long")

    def read(value: Any) -> Any:
        if value.__class__ not in (int, float) or not _is_finite(value):
            _refuse_leaf(value, java_type)
        if not is_whole:
            return float(value)
        try:
            return scalars.integer_in_range(math.floor(value), type_name)
        except ValueError:
            _refuse_leaf(value, java_type)

    return read


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False


def _read_blob(value: Any) -> bytes:
    if value.__class__ is not str:
        if value.__class__ in (dict, list):
            _refuse_collection(value, "class java.nio.ByteBuffer")
        _refuse("only base-64-encoded strings are convertible to bytes")
    if len(value) % 4:
        _refuse(
            "Base64 encoded length is expected a multiple of 4 bytes but found: " + str(len(value))
        )
    try:
        data = scalars.blob_from_text(value)
    except ValueError:
        data = None
    if data is None or scalars.blob_text(data) != value:
        _refuse("Invalid last non-pad Base64 character dectected")  # AWS's spelling
    return data

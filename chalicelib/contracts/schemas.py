"""JSON Schemas out of TypedDicts: draft 7, the dialect that AsyncAPI's own schemas are in.

Objects stay open: consumers must bear fields that they do not know.
"""

from __future__ import annotations

import inspect
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from chalicelib.contracts.events import CONTRACTS, Known, version_of
from chalicelib.domain.events import schema_uri

DIALECT = "http://json-schema.org/draft-07/schema#"
PLAIN: dict[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    NoneType: "null",
}

Schema = dict[str, Any]


def data_schema(type_: str) -> Schema:
    """Return the schema of an event type's data, in its present version."""
    contract = CONTRACTS[type_]
    return {
        "$schema": DIALECT,
        "$id": schema_uri(type_),
        "title": f"{type_}, version {version_of(type_)}",
        **schema_of(contract.data),
    }


def schema_of(hint: Any) -> Schema:
    """Return the schema of a type hint; TypeError for what no contract should hold."""
    if hint in PLAIN:
        return {"type": PLAIN[hint]}
    if is_typeddict(hint):
        return _object(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(schema_of(arguments[0]), hint.__metadata__)
    if origin is list:
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin is dict and arguments[0] is str:
        return {"type": "object", "additionalProperties": schema_of(arguments[1])}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, UnionType):
        return _union([schema_of(one) for one in arguments])
    raise TypeError(f"no JSON Schema for {hint!r}")


def _annotated(schema: Schema, notes: tuple[Any, ...]) -> Schema:
    for note in notes:
        if isinstance(note, str):
            schema = {**schema, "description": note}
        elif isinstance(note, Known):
            schema = {**schema, "x-known-values": [str(value) for value in note.values]}
    return schema


def _union(parts: list[Schema]) -> Schema:
    if any(set(part) != {"type"} for part in parts):
        raise TypeError("a union of anything but plain types is not one that consumers can read")
    return {"type": [part["type"] for part in parts]}


def _object(hint: type) -> Schema:
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for name, field in get_type_hints(hint, include_extras=True).items():
        is_optional = get_origin(field) is NotRequired
        properties[name] = schema_of(get_args(field)[0] if is_optional else field)
        if not is_optional:
            required.append(name)
    return {
        "type": "object",
        "description": inspect.getdoc(hint),
        "properties": dict(sorted(properties.items())),
        "required": sorted(required),
    }

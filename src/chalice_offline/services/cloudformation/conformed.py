"""Requests out of a template's properties: texts become the numbers and flags a model asks for.

A template may spell any value as text ("true", "30"), and leaves structures where an API takes
JSON in a text (policies). Names differ in the case of their first letter at most.
"""

from __future__ import annotations

from typing import Any

from chalice_offline.protocols import load_service
from chalice_offline.services.cloudformation.errors import validation_error
from chalice_offline.services.cloudformation.property_text import text

# They take what no model describes: attributes by name, all of them texts.
_AS_IT_IS = frozenset({"sqs", "sns"})


def conformed(service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """Return a request as the operation's model wants it; raises ValidationError."""
    if service in _AS_IT_IS:
        return request
    shape = load_service(service).operation_model(operation).input_shape
    if shape is None:
        return {}
    conforming: dict[str, Any] = _structure(request, shape, "")
    return conforming


def takes(service: str, operation: str, name: str) -> str | None:
    """Return how an operation spells the member for a property; None when it takes none."""
    shape = load_service(service).operation_model(operation).input_shape
    return None if shape is None else _members(shape).get(name.lower())


def _members(shape: Any) -> dict[str, str]:
    return {name.lower(): name for name in shape.members}


def _structure(value: Any, shape: Any, path: str) -> Any:
    if not isinstance(value, dict):
        raise validation_error(f"#{path}: expected type: JSONObject, found: {_kind(value)}")
    if shape.metadata.get("document") or getattr(shape, "is_document_type", False):
        return value
    spelled = _members(shape)
    conforming = {}
    for name, item in value.items():
        member = name if name in shape.members else spelled.get(name.lower())
        if member is None:
            raise validation_error(f"#{path}: extraneous key [{name}] is not permitted")
        conforming[member] = _value(item, shape.members[member], f"{path}/{name}")
    for name in shape.required_members:
        if name not in conforming and not shape.members[name].metadata.get("idempotencyToken"):
            raise validation_error(f"#{path}: required key [{name}] not found")
    return conforming


def _list(value: Any, shape: Any, path: str) -> Any:
    items = value if isinstance(value, list) else [value]
    return [_value(item, shape.member, f"{path}/{i}") for i, item in enumerate(items)]


def _map(value: Any, shape: Any, path: str) -> Any:
    if not isinstance(value, dict):
        raise validation_error(f"#{path}: expected type: JSONObject, found: {_kind(value)}")
    return {key: _value(item, shape.value, f"{path}/{key}") for key, item in value.items()}


def _integer(value: Any, _shape: Any, path: str) -> Any:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise validation_error(f"#{path}: expected type: Number, found: {_kind(value)}") from None


def _float(value: Any, _shape: Any, path: str) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise validation_error(f"#{path}: expected type: Number, found: {_kind(value)}") from None


def _boolean(value: Any, _shape: Any, path: str) -> Any:
    spelled = text(value).lower()
    if spelled not in ("true", "false"):
        raise validation_error(f"#{path}: expected type: Boolean, found: {_kind(value)}")
    return spelled == "true"


def _blob(value: Any, _shape: Any, _path: str) -> Any:
    return value.encode() if isinstance(value, str) else value


def _text(value: Any, _shape: Any, _path: str) -> Any:
    return text(value)


def _same(value: Any, _shape: Any, _path: str) -> Any:
    return value


_BY_TYPE = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _text,
    "character": _text,
    "integer": _integer,
    "long": _integer,
    "float": _float,
    "double": _float,
    "boolean": _boolean,
    "blob": _blob,
}


def _value(value: Any, shape: Any, path: str) -> Any:
    if value is None:
        return None
    return _BY_TYPE.get(shape.type_name, _same)(value, shape, path)


_KINDS = {dict: "JSONObject", list: "JSONArray", str: "String", bool: "Boolean"}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "Number")

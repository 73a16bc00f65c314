"""Requests to AWS that come as JSON: names are checked, texts become bytes where AWS has bytes."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

from chalice_offline.console.doors import Refusal
from chalice_offline.core.errors import AwsError
from chalice_offline.core.names import nearest
from chalice_offline.protocols import load_service, operation_names
from chalice_offline.protocols.app_addresses import OPERATIONS
from chalice_offline.protocols.validation import validator

BASE64 = "$base64"


def checked(service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """Return a request as the service takes it; Refusal for what its model does not know."""
    if (service, operation) in OPERATIONS:
        return _bytes_of_body(request)
    try:
        names = operation_names(service)
    except AwsError as error:
        raise Refusal(f"There is no service {service}.", 404) from error
    if operation not in names:
        near = nearest(operation, names)
        raise Refusal(f"{service} has no operation {operation}.{near}", 404)
    model = load_service(service)
    shape = model.operation_model(operation).input_shape
    if shape is None:
        return {}
    shaped: dict[str, Any] = _shaped(request, shape, operation)
    try:
        validator(service, model.metadata["protocol"], shape)(shaped)
    except AwsError as error:
        raise Refusal(f"AWS answers {error.code}: {error.message}") from error
    return shaped


def _bytes_of_body(request: dict[str, Any]) -> dict[str, Any]:
    body = request.get("body", "")
    return request | {"body": body.encode() if isinstance(body, str) else body}


def _shaped(value: Any, shape: Any, path: str) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return _structure(value, shape, path)
    if kind == "list":
        if not isinstance(value, list | tuple):
            raise _wrong(value, path, "a list")
        return [_shaped(one, shape.member, f"{path}[{n}]") for n, one in enumerate(value)]
    if kind == "map":
        if not isinstance(value, dict):
            raise _wrong(value, path, "an object")
        return {name: _shaped(one, shape.value, f"{path}.{name}") for name, one in value.items()}
    return _scalar(value, kind, path)


def _structure(value: Any, shape: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(value, path, "an object")
    unknown = [name for name in value if name not in shape.members]
    if unknown:
        near = nearest(unknown[0], shape.members)
        raise Refusal(f"{path} has no {unknown[0]}.{near}")
    return {
        name: _shaped(one, shape.members[name], f"{path}.{name}")
        for name, one in value.items()
        if one is not None
    }


def _scalar(value: Any, kind: str, path: str) -> Any:
    if kind == "blob":
        return _blob(value, path)
    if kind == "timestamp":
        return _instant(value, path)
    if kind in ("integer", "long") and (isinstance(value, bool) or not isinstance(value, int)):
        raise _wrong(value, path, "a whole number")
    if kind in ("float", "double") and (
        isinstance(value, bool) or not isinstance(value, int | float)
    ):
        raise _wrong(value, path, "a number")
    if kind == "boolean" and not isinstance(value, bool):
        raise _wrong(value, path, "true or false")
    if kind in ("string", "character") and not isinstance(value, str):
        raise _wrong(value, path, "a text")
    return value


def _blob(value: Any, path: str) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict) and value.keys() == {BASE64}:
        try:
            return base64.b64decode(value[BASE64], validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise Refusal(f"{path} is no base64: {error}.") from error
    if not isinstance(value, str):
        raise _wrong(value, path, f'a text, or {{"{BASE64}": …}}')
    return value.encode()


def _instant(value: Any, path: str) -> Any:
    if isinstance(value, datetime):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        return datetime.fromtimestamp(value, UTC) if is_number else datetime.fromisoformat(value)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise _wrong(value, path, "an instant (ISO 8601, or seconds)") from error


def _wrong(value: Any, path: str, wanted: str) -> Refusal:
    return Refusal(f"{path} is {str(value)[:80]!r}; it must be {wanted}.")

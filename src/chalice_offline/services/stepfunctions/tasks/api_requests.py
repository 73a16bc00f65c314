"""Parameters of a task as the request of an API call, and its answer as the task's result."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols import load_service, operation_names
from chalice_offline.protocols.validation import validator
from chalice_offline.services.common.sdk_names import botocore_name
from chalice_offline.services.stepfunctions.language.failures import runtime_failure
from chalice_offline.services.stepfunctions.language.json_text import NotJson, compact, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.services.stepfunctions.language.resources import ApiCall

_OPTIMISED_NAMES = {"states": "stepfunctions"}


def operation_of(call: ApiCall) -> tuple[str, str]:
    """Return botocore's service and operation name."""
    name = botocore_name(call.service) if call.is_sdk else call.service
    service = _OPTIMISED_NAMES.get(name, name)
    wanted = call.action.lower()
    try:
        names = operation_names(service)
    except AwsError as error:
        raise runtime_failure(f"The service {call.service} is not known.") from error
    for operation in names:
        if operation.lower() == wanted:
            return service, operation
    raise runtime_failure(f"The action {call.action} of {call.service} is not known.")


def request_of(service: str, operation: str, parameters: Any) -> dict[str, Any]:
    """Return parameters as an operation takes them; States.Runtime for fields it does not have."""
    shape = load_service(service).operation_model(operation).input_shape
    if shape is None:
        return {}
    if not isinstance(parameters, dict):
        raise _unfit(parameters, "The Parameters must be a JSON object")
    known = {name.lower() for name in shape.members}
    unknown = [name for name in parameters if name.lower() not in known]
    if unknown:
        what = f'The field "{unknown[0]}" is not supported by Step Functions'
        raise _unfit(parameters, what)
    shaped: dict[str, Any] = _shaped(parameters, shape)
    if service == "lambda":
        for name, value in parameters.items():
            if name.lower() == "payload" and isinstance(value, str) and _is_json(value):
                shaped["Payload"] = value.encode()  # what is JSON is sent as it is (recorded)
    return shaped


def _is_json(text: str) -> bool:
    try:
        parse(text)
    except NotJson:
        return False
    return True


def check(service: str, operation: str, request: dict[str, Any]) -> None:
    """Refuse what the service's model refuses, as its front door does."""
    model = load_service(service)
    shape = model.operation_model(operation).input_shape
    validator(service, model.metadata["protocol"], shape)(request)


def _unfit(parameters: Any, what: str) -> Exception:
    return runtime_failure(
        f"The Parameters '{compact(parameters)}' could not be used to start the Task: [{what}]"
    )


def _shaped(value: Any, shape: Any) -> Any:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        by_name = {name.lower(): name for name in shape.members}
        return {
            by_name[name.lower()]: _shaped(member, shape.members[by_name[name.lower()]])
            for name, member in value.items()
            if name.lower() in by_name and member is not None
        }
    if kind == "list" and isinstance(value, list):
        return [_shaped(member, shape.member) for member in value]
    if kind == "map" and isinstance(value, dict):
        return {name: _shaped(member, shape.value) for name, member in value.items()}
    if kind == "blob":
        return compact(value).encode()  # text is JSON, too: it gets its quotes (recorded)
    if kind == "string" and not isinstance(value, str):
        return compact(value)
    return value


def result_of(service: str, operation: str, answer: Any, *, spell_dates: bool) -> dict[str, Any]:
    """Return an answer with members in capitals, bytes as text and instants as AWS writes them."""
    shape = load_service(service).operation_model(operation).output_shape
    if shape is None or not isinstance(answer, dict):
        return {}
    instant = _iso if spell_dates else _milliseconds
    result: dict[str, Any] = _plain(answer, shape, instant)
    return result


def _plain(value: Any, shape: Any, instant: Callable[[Any], Any]) -> Any:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {
            name[:1].upper() + name[1:]: _plain(value.get(name, {}), member, instant)
            for name, member in shape.members.items()
            if value.get(name) is not None or _is_always_there(member)
        }
    if kind == "list" and isinstance(value, list | tuple):
        return [_plain(member, shape.member, instant) for member in value]
    if kind == "map" and isinstance(value, dict):
        return {name: _plain(member, shape.value, instant) for name, member in value.items()}
    if kind == "timestamp":
        return instant(value)
    if kind == "blob":
        return text_of(value)
    return value


def _is_always_there(shape: Any) -> bool:
    """Whether the SDK gives an empty map for header fields that are not there (S3's Metadata)."""
    return bool(shape.type_name == "map" and shape.serialization.get("location") == "headers")


def text_of(value: Any) -> Any:
    """Return bytes, or what can be read, as text."""
    if hasattr(value, "read"):
        value = value.read()
    return value.decode("utf-8", "replace") if isinstance(value, bytes | bytearray) else value


def _iso(value: Any) -> str:
    moment = value if isinstance(value, datetime) else datetime.fromtimestamp(float(value), UTC)
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z").replace(".000Z", "Z")


def _milliseconds(value: Any) -> int:
    seconds = value.timestamp() if isinstance(value, datetime) else float(value)
    return round(seconds * 1000)

"""Which words a service uses for a request that its model refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols import java_text
from chalice_offline.protocols.constraints import Constraints, report
from chalice_offline.protocols.dynamodb_names import check_own_name, checks_own_name
from chalice_offline.protocols.s3_documents import MAY_BE_ABSENT
from chalice_offline.protocols.sqs_query import LIST_MEMBER_NAMES
from chalice_offline.protocols.xml_body import malformed_xml

Validator = Callable[[dict[str, Any]], None]

# Batches without entries reach SQS, which answers EmptyBatchRequest.
_SQS_MAY_BE_ABSENT = frozenset({"Entries"})


def accept(_params: dict[str, Any]) -> None:
    """Accept everything: the validator of an operation without constraints."""


def validator(service: str, protocol: str, input_shape: Any) -> Validator:
    """Return the function that raises AwsError when parameters break the model's rules.

    SQS checks presence only and answers MissingParameter; other services report every broken
    constraint in one ValidationException (query services: ValidationError). S3 judges values
    itself and calls a body with a missing part malformed.
    """
    if input_shape is None:
        return accept
    if service == "sqs":
        return _presence_validator(input_shape)
    constraints = Constraints(presence_only=protocol == "rest-xml", service=service)
    check = constraints.compile(input_shape)
    skip = _SKIPPED.get(service, _never)
    if check is None:
        return accept
    code = "ValidationError" if protocol == "query" else "ValidationException"

    def validate(params: dict[str, Any]) -> None:
        found: list[str] = []
        check(params, "", "", found)
        if not found:
            return
        found = [violation for violation in found if not skip(violation)]
        if service == "apigateway":
            found = [_in_its_input(violation, input_shape) for violation in found]
        if found:
            raise malformed_xml() if protocol == "rest-xml" else AwsError(code, report(found))

    if service == "dynamodb" and checks_own_name(input_shape):
        return _name_first(validate)
    return validate


def _in_its_input(violation: str, input_shape: Any) -> str:
    """Return a violation as API Gateway words it: what is in the body is in an "…Input" (recorded).

    Such as createRestApiInput.endpointConfiguration.types.
    """
    before, at, path = violation.partition(" at '")
    member = next(
        (
            one
            for name, one in input_shape.members.items()
            if path.startswith(
                (f"{java_text.lower_first(name)}.", f"{java_text.lower_first(name)}'")
            )
        ),
        None,
    )
    if member is None or member.serialization.get("location"):
        return violation
    name = java_text.lower_first(input_shape.name.removesuffix("Request"))
    return f"{before}{at}{name}Input.{path}"


def _name_first(validate: Validator) -> Validator:
    def validate_name_first(params: dict[str, Any]) -> None:
        check_own_name(params)
        validate(params)

    return validate_name_first


def _never(_violation: str) -> bool:
    return False


def _answered_by_service(violation: str) -> bool:
    """Whether SNS says it in its own words: an absent member of the request itself (recorded)."""
    path = violation.partition("at '")[2].partition("'")[0]
    return violation.startswith("Value null") and "." not in path


def _taken_without(violation: str) -> bool:
    """Whether S3 takes a request without this member."""
    return violation.startswith(MAY_BE_ABSENT)


def _a_timeout(violation: str) -> bool:
    """Whether HTTP and WebSocket APIs say it themselves: their limits differ."""
    return "timeoutInMillis" in violation


_SKIPPED: dict[str, Callable[[str], bool]] = {
    "sns": _answered_by_service,
    "s3": _taken_without,
    "apigatewayv2": _a_timeout,
}


def _presence_validator(input_shape: Any) -> Validator:
    required = [name for name in input_shape.required_members if name not in _SQS_MAY_BE_ABSENT]
    entries = input_shape.members.get("Entries")
    entry_name = LIST_MEMBER_NAMES[entries.name] if entries else ""
    required_in_entry = entries.member.required_members if entries else []

    def validate(params: dict[str, Any]) -> None:
        for name in required:
            if name not in params:
                raise _missing_parameter(name)
        if entries is not None:
            for position, entry in enumerate(params.setdefault("Entries", []), 1):
                for name in required_in_entry:
                    if not entry or name not in entry:
                        raise _missing_parameter(f"{entry_name}.{position}.{name}")

    return validate


def _missing_parameter(name: str) -> AwsError:
    # The shape is recorded as QueryErrorCode; awsQueryCompatible clients see MissingParameter.
    text = f"The request must contain the parameter {name}."
    return AwsError("MissingRequiredParameterException", text)

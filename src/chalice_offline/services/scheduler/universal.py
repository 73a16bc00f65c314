"""Universal targets: any operation of any service, by ARN.

arn:aws:scheduler:::aws-sdk:<service>:<apiAction>, the parameters as JSON in Input (User guide,
"Using universal targets"). Services are named as in the AWS SDKs: by their service id in lower
case without spaces.
"""

from __future__ import annotations

import re
from typing import Any

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols import load_service, operation_names
from chalice_offline.services.common.sdk_names import botocore_name, shaped
from chalice_offline.services.scheduler.errors import validation_error

UNIVERSAL = re.compile(r"arn:aws[a-z-]*:scheduler:::aws-sdk:([a-z0-9-]+):([A-Za-z0-9]+)")
# User guide, "Unsupported actions": reading operations cannot be targets.
_READING = (
    "get",
    "describe",
    "list",
    "poll",
    "receive",
    "search",
    "scan",
    "query",
    "select",
    "read",
    "lookup",
    "batchGet",
)


def universal_operation(arn: str) -> tuple[str, str]:
    """Return botocore's service and operation name; ValidationException when there is none."""
    found = UNIVERSAL.fullmatch(arn)
    if found is None:
        raise validation_error("Provided Arn is not in correct format.")
    service = botocore_name(found[1])
    try:
        names = operation_names(service)
    except AwsError as error:
        raise validation_error(f"Service {found[1]} does not exist.") from error
    wanted = found[2].lower()
    for name in names:
        if name.lower() == wanted:
            return service, name
    raise validation_error(f"Api {found[2]} does not exist for service {found[1]}.")


def check_universal(arn: str, parameters: dict[str, Any]) -> None:
    """Refuse a target that cannot be called, or not with these parameters."""
    service, operation = universal_operation(arn)
    action = arn.rsplit(":", 1)[1]
    if action.startswith(_READING):
        raise validation_error(f"Api {action} of service {service} is not supported as a target.")
    shape = load_service(service).operation_model(operation).input_shape
    known = {name.lower() for name in shape.members} if shape else set()
    for name in parameters:
        if name.lower() not in known:
            raise validation_error(
                f"Invalid RequestJson provided. Reason The field '{name}' is not supported by api "
                f"'{action}' for the service '{service}'."
            )


def request_of(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters as an operation takes them: members by the model's names, blobs as bytes.

    Scheduler spells all members with a capital (StateMachineArn), the models do not always.
    """
    shape = load_service(service).operation_model(operation).input_shape
    request: dict[str, Any] = shaped(parameters, shape) if shape else {}
    return request

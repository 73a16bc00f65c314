"""What a schedule calls: templated targets as the operations they stand for, universal as they are.

Sources: User guide, "Using templated targets" and "Using universal targets".
"""

from __future__ import annotations

import json
from typing import Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.core.targets import Payload, TargetCall, call_or_none
from chalice_offline.services.scheduler.universal import (
    UNIVERSAL,
    request_of,
    universal_operation,
)

_SDK_NAMES = {"events": "eventbridge", "stepfunctions": "sfn"}
# Templates that take no Input: service, operation, and the member that names the resource.
_WITHOUT_INPUT = {
    "codebuild": ("StartBuild", "projectName"),
    "codepipeline": ("StartPipelineExecution", "name"),
}


def call_of(target: dict[str, Any], input_text: str) -> TargetCall:
    """Return the call for a target with its input; AwsError when it cannot be made."""
    if UNIVERSAL.fullmatch(target["Arn"]):
        service, operation = universal_operation(target["Arn"])
        return TargetCall(service, operation, request_of(service, operation, _object(input_text)))
    arn = parse_arn(target["Arn"])
    if arn.service in _WITHOUT_INPUT:
        operation, member = _WITHOUT_INPUT[arn.service]
        request = {member: arn.resource_name}
        return TargetCall(arn.service, operation, request, arn.account_id, arn.region)
    call = call_or_none(arn, _payload(target, input_text)) if arn.service != "logs" else None
    if call is None:
        raise AwsError(
            "NotImplemented",
            f"chalice-offline does not emulate {arn.service} as a target of schedules.",
            status=501,
        )
    return call


def universal_arn(call: TargetCall) -> str:
    """Return a call as a dead letter names it: the operation's universal ARN."""
    action = call.operation[:1].lower() + call.operation[1:]
    return f"arn:aws:scheduler:::aws-sdk:{_SDK_NAMES.get(call.service, call.service)}:{action}"


def request_text(call: TargetCall) -> str:
    """Return a call's request as JSON text: what a dead letter holds."""
    return json.dumps(call.request, separators=(",", ":"), default=_text)


def _payload(target: dict[str, Any], input_text: str) -> Payload:
    return Payload(
        text=input_text,
        group_id=target.get("SqsParameters", {}).get("MessageGroupId", ""),
        partition_key=target.get("KinesisParameters", {}).get("PartitionKey", ""),
        entry=target.get("EventBridgeParameters", {}),
    )


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise AwsError("SerializationException", f"Input is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise AwsError("SerializationException", "Input is no JSON object.")
    return value


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

"""What a schedule calls: templated targets as the operations they stand for, universal as they are.

Sources: User guide, "Using templated targets" and "Using universal targets".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.services.scheduler.universal import (
    UNIVERSAL,
    request_of,
    universal_operation,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.arn import Arn
    from chalice_offline.core.kernel import Request


@dataclass(frozen=True, slots=True)
class TargetCall:
    """One call: botocore's service and operation, the request, and account and region it is for.

    An empty account or region stands for the schedule's own.
    """

    service: str
    operation: str
    request: Request
    account_id: str = ""
    region: str = ""

    @property
    def arn(self) -> str:
        """The target as a dead letter names it: the operation's universal ARN."""
        action = self.operation[:1].lower() + self.operation[1:]
        return f"arn:aws:scheduler:::aws-sdk:{_SDK_NAMES.get(self.service, self.service)}:{action}"

    def body(self) -> str:
        """The request as JSON text: what a dead letter holds."""
        return json.dumps(self.request, separators=(",", ":"), default=_text)


Made: TypeAlias = tuple[str, str, dict[str, Any]]
_SDK_NAMES = {"events": "eventbridge", "stepfunctions": "sfn"}


def call_of(target: dict[str, Any], input_text: str) -> TargetCall:
    """Return the call for a target with its input; AwsError when it cannot be made."""
    if UNIVERSAL.fullmatch(target["Arn"]):
        service, operation = universal_operation(target["Arn"])
        return TargetCall(service, operation, request_of(service, operation, _object(input_text)))
    arn = parse_arn(target["Arn"])
    template = _TEMPLATES.get(arn.service)
    if template is None:
        raise AwsError(
            "NotImplemented",
            f"chalice-offline does not emulate {arn.service} as a target of schedules.",
            status=501,
        )
    service, operation, request = template(target, arn, input_text)
    return TargetCall(service, operation, request, arn.account_id, arn.region)


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


def _invoke(target: dict[str, Any], _arn: Arn, text: str) -> Made:
    request = {
        "FunctionName": target["Arn"],
        "InvocationType": "Event",
        "Payload": text.encode(),
    }
    return "lambda", "Invoke", request


def _send_message(target: dict[str, Any], arn: Arn, text: str) -> Made:
    url = f"https://sqs.{arn.region}.amazonaws.com/{arn.account_id}/{arn.resource}"
    request = {"MessageBody": text, "QueueUrl": url}
    group_id = target.get("SqsParameters", {}).get("MessageGroupId")
    if group_id:
        request["MessageGroupId"] = group_id
    return "sqs", "SendMessage", request


def _publish(target: dict[str, Any], _arn: Arn, text: str) -> Made:
    return "sns", "Publish", {"TopicArn": target["Arn"], "Message": text}


def _put_events(target: dict[str, Any], _arn: Arn, text: str) -> Made:
    entry = {**target["EventBridgeParameters"], "Detail": text, "EventBusName": target["Arn"]}
    return "events", "PutEvents", {"Entries": [entry]}


def _put_kinesis_record(target: dict[str, Any], arn: Arn, text: str) -> Made:
    request = {
        "StreamName": arn.resource_name,
        "PartitionKey": target["KinesisParameters"]["PartitionKey"],
        "Data": text.encode(),
    }
    return "kinesis", "PutRecord", request


def _put_firehose_record(_target: dict[str, Any], arn: Arn, text: str) -> Made:
    request = {"DeliveryStreamName": arn.resource_name, "Record": {"Data": text.encode()}}
    return "firehose", "PutRecord", request


def _start_execution(target: dict[str, Any], _arn: Arn, text: str) -> Made:
    return "stepfunctions", "StartExecution", {"stateMachineArn": target["Arn"], "input": text}


def _start_build(_target: dict[str, Any], arn: Arn, _text: str) -> Made:
    return "codebuild", "StartBuild", {"projectName": arn.resource_name}


def _start_pipeline(_target: dict[str, Any], arn: Arn, _text: str) -> Made:
    return "codepipeline", "StartPipelineExecution", {"name": arn.resource_name}


_TEMPLATES: dict[str, Callable[[dict[str, Any], Arn, str], Made]] = {
    "lambda": _invoke,
    "sqs": _send_message,
    "sns": _publish,
    "events": _put_events,
    "kinesis": _put_kinesis_record,
    "firehose": _put_firehose_record,
    "states": _start_execution,
    "codebuild": _start_build,
    "codepipeline": _start_pipeline,
}

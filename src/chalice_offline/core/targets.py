"""Bringing a text to an ARN: which call on which service that takes.

EventBridge, Scheduler, SNS, S3 and Lambda all put what they have into queues, topics, functions,
buses, streams and state machines, each with the same call that a client would make. What differs
is theirs: what they check before, what they put into the text, when they try again.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_offline.core.arn import parse_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.arn import Arn
    from chalice_offline.core.kernel import Kernel, Reply, Request


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Payload(NamedTuple):
    """A text, and what some targets need besides; each takes what it knows and no more.

    `group_id` and `deduplication_id` are for queues, `subject` for topics,
    `attributes` (as in MessageAttributes) for both. `partition_key` is for streams, `entry` for
    buses: the members of a PutEvents entry other than its Detail. `name` is that of an execution
    or a log stream, `timestamp_ms` a log event's.
    """

    text: str
    attributes: Mapping[str, Any] = _NOTHING
    group_id: str = ""
    deduplication_id: str = ""
    subject: str = ""
    partition_key: str = ""
    entry: Mapping[str, Any] = _NOTHING
    name: str = ""
    timestamp_ms: int = 0


class TargetCall(NamedTuple):
    """One call: botocore's service and operation, the request, and account and region it is for.

    An empty account or region stands for the caller's own. `first` must be made before.
    """

    service: str
    operation: str
    request: Request
    account_id: str = ""
    region: str = ""
    first: TargetCall | None = None

    def make(
        self,
        kernel: Kernel,
        *,
        causes: tuple[int, ...],
        principal: str,
        account_id: str = "",
        region: str = "",
        trace_header: str = "",
    ) -> Reply:
        """Make the call as the AWS service `principal`; raises AwsError as for a client.

        `account_id` and `region` are the caller's own, `trace_header` is the X-Ray header of what
        the call follows from.
        """
        if self.first is not None:
            self.first.make(
                kernel, causes=causes, principal=principal, account_id=account_id, region=region
            )
        return kernel.deliver(
            self.service,
            self.operation,
            self.request,
            account_id=self.account_id or account_id,
            region=self.region or region,
            causes=causes,
            principal=principal,
            trace_header=trace_header,
        )


def call_or_none(arn: Arn, payload: Payload) -> TargetCall | None:
    """Return the call that brings `payload` to `arn`; None for what takes no text."""
    make = _CALLS.get(arn.service)
    return None if make is None else make(arn, payload)


def queue_call(queue_arn: str, payload: Payload) -> TargetCall:
    """Return the call that leaves `payload` in a queue, a dead letter for example."""
    return _send_message(parse_arn(queue_arn), payload)


def queue_url(arn: Arn) -> str:
    """Return the URL of a queue by its ARN."""
    return f"https://sqs.{arn.region}.amazonaws.com/{arn.account_id}/{arn.resource}"


def string_attributes(values: Mapping[str, str]) -> dict[str, Any]:
    """Return texts as message attributes."""
    return {name: string_attribute(value) for name, value in values.items()}


def string_attribute(value: str) -> dict[str, str]:
    """Return a text as a message attribute."""
    return {"DataType": "String", "StringValue": value}


def _on(arn: Arn, service: str, operation: str, request: Request) -> TargetCall:
    return TargetCall(service, operation, request, arn.account_id, arn.region)


def _send_message(arn: Arn, payload: Payload) -> TargetCall:
    request: Request = {"QueueUrl": queue_url(arn), "MessageBody": payload.text}
    if payload.attributes:
        request["MessageAttributes"] = payload.attributes
    if payload.group_id:
        request["MessageGroupId"] = payload.group_id
    if payload.deduplication_id:
        request["MessageDeduplicationId"] = payload.deduplication_id
    return _on(arn, "sqs", "SendMessage", request)


def _publish(arn: Arn, payload: Payload) -> TargetCall:
    request: Request = {"TopicArn": str(arn), "Message": payload.text}
    if payload.subject:
        request["Subject"] = payload.subject
    if payload.attributes:
        request["MessageAttributes"] = payload.attributes
    return _on(arn, "sns", "Publish", request)


def _invoke(arn: Arn, payload: Payload) -> TargetCall:
    """Invoke asynchronously: what the function makes of it is no concern of the caller's."""
    request = {
        "FunctionName": str(arn),
        "InvocationType": "Event",
        "Payload": payload.text.encode(),
    }
    return _on(arn, "lambda", "Invoke", request)


def _put_event(arn: Arn, payload: Payload) -> TargetCall:
    entry = {**payload.entry, "Detail": payload.text, "EventBusName": str(arn)}
    return _on(arn, "events", "PutEvents", {"Entries": [entry]})


def _put_kinesis_record(arn: Arn, payload: Payload) -> TargetCall:
    request = {
        "StreamName": arn.resource_name,
        "PartitionKey": payload.partition_key,
        "Data": payload.text.encode(),
    }
    return _on(arn, "kinesis", "PutRecord", request)


def _put_firehose_record(arn: Arn, payload: Payload) -> TargetCall:
    record = {"Data": payload.text.encode()}
    return _on(
        arn, "firehose", "PutRecord", {"DeliveryStreamName": arn.resource_name, "Record": record}
    )


def _start_execution(arn: Arn, payload: Payload) -> TargetCall:
    request = {"stateMachineArn": str(arn), "input": payload.text}
    if payload.name:
        request["name"] = payload.name
    return _on(arn, "stepfunctions", "StartExecution", request)


def _put_log_event(arn: Arn, payload: Payload) -> TargetCall:
    group = arn.resource.removeprefix("log-group:").removesuffix(":*")
    names = {"logGroupName": group, "logStreamName": payload.name}
    event = {"timestamp": payload.timestamp_ms, "message": payload.text}
    stream = _on(arn, "logs", "CreateLogStream", names)
    put = _on(arn, "logs", "PutLogEvents", {**names, "logEvents": [event]})
    return put._replace(first=stream)


def _request_api(arn: Arn, payload: Payload) -> TargetCall:
    """Make a request to a REST API: arn:aws:execute-api:region:account:api/stage/METHOD/path."""
    api_id, _, rest = arn.resource.partition("/")
    stage, _, rest = rest.partition("/")
    method, _, path = rest.partition("/")
    request = {
        "apiId": api_id,
        "stage": stage,
        "method": "POST" if method in ("", "*") else method,
        "path": f"/{path}",
        "headers": [("Content-Type", "application/json")],
        "body": payload.text.encode(),
    }
    return _on(arn, "execute-api", "Request", request)


_CALLS: dict[str, Callable[[Arn, Payload], TargetCall]] = {
    "sqs": _send_message,
    "sns": _publish,
    "lambda": _invoke,
    "events": _put_event,
    "kinesis": _put_kinesis_record,
    "firehose": _put_firehose_record,
    "states": _start_execution,
    "logs": _put_log_event,
    "execute-api": _request_api,
}

"""Where the results of asynchronous invocations and failed stream batches go."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_.principal import PRINCIPAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.arn import Arn
    from chalice_offline.core.kernel import Kernel, Request
    from chalice_offline.services.lambda_.function import Function

# AWS Lambda developer guide, "Dead-letter queues": ErrorMessage is cut at 1 KB.
ERROR_MESSAGE_BYTES = 1024


def timestamp(instant_ms: int) -> str:
    """Return an instant as destination records spell it: ISO 8601, milliseconds, Z."""
    instant = datetime.fromtimestamp(instant_ms / 1000, UTC)
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant_ms % 1000:03d}Z"


def queue_url(arn: Arn) -> str:
    """Return the URL of a queue by its ARN."""
    return f"https://sqs.{arn.region}.amazonaws.com/{arn.account_id}/{arn.resource}"


def deliver_record(
    kernel: Kernel, function: Function, to: str, record: dict[str, Any], causes: tuple[int, ...]
) -> None:
    """Send a destination record to a queue, topic, function, event bus or bucket."""
    arn = parse_arn(to)
    make = _REQUESTS.get(arn.service)
    if make is None:
        kernel.note(to, record, causes, f"a destination of {arn.service} is not supported")
        return
    service, operation, request = make(kernel, function, arn, record)
    _deliver(kernel, service, operation, request, arn, causes)


def deliver_dead_letter(
    kernel: Kernel,
    function: Function,
    request_id: str,
    payload: bytes,
    error_message: str,
    causes: tuple[int, ...],
) -> None:
    """Send the original event to the function's dead-letter queue or topic."""
    arn = parse_arn(function.dead_letter_arn)
    cut = error_message.encode()[:ERROR_MESSAGE_BYTES].decode(errors="ignore")
    values = {
        "RequestID": ("String", request_id),
        "ErrorCode": ("Number", "200"),
        "ErrorMessage": ("String", cut or "null"),
    }
    attributes = {
        name: {"DataType": kind, "StringValue": value} for name, (kind, value) in values.items()
    }
    body = payload.decode()
    if arn.service == "sns":
        topic = {"TopicArn": str(arn), "Message": body, "MessageAttributes": attributes}
        _deliver(kernel, "sns", "Publish", topic, arn, causes)
        return
    queue = {"QueueUrl": queue_url(arn), "MessageBody": body, "MessageAttributes": attributes}
    _deliver(kernel, "sqs", "SendMessage", queue, arn, causes)


def _deliver(
    kernel: Kernel,
    service: str,
    operation: str,
    request: Request,
    arn: Arn,
    causes: tuple[int, ...],
) -> None:
    try:
        kernel.deliver(
            service,
            operation,
            request,
            account_id=arn.account_id,
            region=arn.region,
            causes=causes,
            principal=PRINCIPAL,
        )
    except AwsError as error:
        kernel.note(str(arn), {"request": request}, causes, f"lost: {error}")


_Made = tuple[str, str, "Request"]


def _to_queue(_kernel: Kernel, _function: Function, arn: Arn, record: dict[str, Any]) -> _Made:
    return "sqs", "SendMessage", {"QueueUrl": queue_url(arn), "MessageBody": json.dumps(record)}


def _to_topic(_kernel: Kernel, _function: Function, arn: Arn, record: dict[str, Any]) -> _Made:
    return "sns", "Publish", {"TopicArn": str(arn), "Message": json.dumps(record)}


def _to_function(_kernel: Kernel, _function: Function, arn: Arn, record: dict[str, Any]) -> _Made:
    request = {
        "FunctionName": str(arn),
        "InvocationType": "Event",
        "Payload": json.dumps(record).encode(),
    }
    return "lambda", "Invoke", request


def _to_bus(_kernel: Kernel, function: Function, arn: Arn, record: dict[str, Any]) -> _Made:
    ending = "Success" if record["requestContext"]["condition"] == "Success" else "Failure"
    entry = {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {ending}",
        "Resources": [str(arn), f"{function.arn}:$LATEST"],
        "Detail": json.dumps(record),
        "EventBusName": str(arn),
    }
    return "events", "PutEvents", {"Entries": [entry]}


def _to_bucket(kernel: Kernel, function: Function, arn: Arn, record: dict[str, Any]) -> _Made:
    # Key form: AWS Lambda developer guide, "S3 on-failure destination".
    day = timestamp(kernel.now_ms)
    key = (
        f"aws/lambda/async/{function.settings.name}/{day[:10].replace('-', '/')}/"
        f"{day.replace(':', '.')}-{kernel.ids.uuid()}"
    )
    body = json.dumps(record).encode()
    return "s3", "PutObject", {"Bucket": arn.resource, "Key": key, "Body": body}


_REQUESTS: dict[str, Callable[[Kernel, Function, Arn, dict[str, Any]], _Made]] = {
    "sqs": _to_queue,
    "sns": _to_topic,
    "lambda": _to_function,
    "events": _to_bus,
    "s3": _to_bucket,
}

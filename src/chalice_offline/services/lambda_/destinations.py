"""Where the results of asynchronous invocations and failed stream batches go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.core.targets import Payload, TargetCall, call_or_none, queue_call
from chalice_offline.services.common.timestamps import iso_milliseconds
from chalice_offline.services.lambda_.principal import PRINCIPAL

if TYPE_CHECKING:
    from chalice_offline.core.arn import Arn
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.lambda_.function import Function

# AWS Lambda developer guide, "Dead-letter queues": ErrorMessage is cut at 1 KB.
ERROR_MESSAGE_BYTES = 1024
# Developer guide, "Capturing records of Lambda asynchronous invocations"; S3 besides.
_TAKES_RECORDS = frozenset({"sqs", "sns", "lambda", "events"})


def deliver_record(
    kernel: Kernel, function: Function, to: str, record: dict[str, Any], causes: tuple[int, ...]
) -> None:
    """Send a destination record to a queue, topic, function, event bus or bucket."""
    arn = parse_arn(to)
    call: TargetCall | None = None
    if arn.service == "s3":
        call = _put_object(kernel, function, arn, record)
    elif arn.service in _TAKES_RECORDS:
        entry = _entry(arn, record) if arn.service == "events" else {}
        call = call_or_none(arn, Payload(text=json.dumps(record), entry=entry))
    if call is None:
        kernel.note(to, record, causes, f"a destination of {arn.service} is not supported")
    else:
        _make(kernel, call, to, causes)


def deliver_dead_letter(
    kernel: Kernel,
    to: str,
    request_id: str,
    payload: bytes,
    error_message: str,
    causes: tuple[int, ...],
) -> None:
    """Send the original event to a dead-letter queue or topic."""
    cut = error_message.encode()[:ERROR_MESSAGE_BYTES].decode(errors="ignore")
    values = {
        "RequestID": ("String", request_id),
        "ErrorCode": ("Number", "200"),
        "ErrorMessage": ("String", cut or "null"),
    }
    attributes = {
        name: {"DataType": kind, "StringValue": value} for name, (kind, value) in values.items()
    }
    letter = Payload(text=payload.decode(), attributes=attributes)
    arn = parse_arn(to)
    topic = call_or_none(arn, letter) if arn.service == "sns" else None
    _make(kernel, topic or queue_call(to, letter), to, causes)


def _make(kernel: Kernel, call: TargetCall, to: str, causes: tuple[int, ...]) -> None:
    try:
        call.make(kernel, causes=causes, principal=PRINCIPAL)
    except AwsError as error:
        kernel.note(to, {"request": call.request}, causes, f"lost: {error}")


def _entry(arn: Arn, record: dict[str, Any]) -> dict[str, Any]:
    """Return what an event bus is told of a record besides the record itself."""
    ending = "Success" if record["requestContext"]["condition"] == "Success" else "Failure"
    return {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {ending}",
        "Resources": [str(arn), record["requestContext"]["functionArn"]],
    }


def _put_object(kernel: Kernel, function: Function, arn: Arn, record: dict[str, Any]) -> TargetCall:
    # Key form: AWS Lambda developer guide, "S3 on-failure destination".
    day = iso_milliseconds(kernel.now_ms)
    key = (
        f"aws/lambda/async/{function.name}/{day[:10].replace('-', '/')}/"
        f"{day.replace(':', '.')}-{kernel.ids.uuid()}"
    )
    request = {"Bucket": arn.resource, "Key": key, "Body": json.dumps(record).encode()}
    return TargetCall("s3", "PutObject", request, arn.account_id, arn.region)

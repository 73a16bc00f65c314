"""The queue or stream that a mapping names: whether it can be one, and is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.core.targets import queue_url
from chalice_offline.services.lambda_.errors import invalid_parameter
from chalice_offline.services.lambda_.event_source_mappings.stream_source import StreamSource
from chalice_offline.services.lambda_.principal import PRINCIPAL

if TYPE_CHECKING:
    from chalice_offline.core.arn import Arn
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel, Request
    from chalice_offline.services.lambda_.function import Function

_SERVICES = ("sqs", "kinesis", "dynamodb")
_UNRECOGNIZED = "Unrecognized event source"


def source_of(request: Request) -> Arn:
    """Return the source a request names; the texts of refusals are AWS's."""
    text = request.get("EventSourceArn")
    if not text:
        raise invalid_parameter(f"{_UNRECOGNIZED}.")
    try:
        source = parse_arn(text)
    except ValueError as error:
        raise invalid_parameter(f"{_UNRECOGNIZED}: {error}") from error
    if source.service not in _SERVICES:
        raise invalid_parameter(f"{_UNRECOGNIZED}, must be kinesis, dynamodb or sqs: {text}")
    if source.service == "dynamodb" and "/stream/" not in source.resource:
        raise invalid_parameter(f"{_UNRECOGNIZED}: {text} is not the ARN of a stream.")
    return source


def check_source(kernel: Kernel, context: CallContext, source: Arn, function: Function) -> None:
    """Raise InvalidParameterValueException when the source is not there or does not fit."""
    if source.service == "sqs":
        _check_queue(kernel, source, function)
        return
    # Streams are read where the function is; the queue of another region is refused by SQS.
    if source.region != context.region or not StreamSource(kernel, source).exists():
        raise invalid_parameter(f"Stream not found: {source}")


def _check_queue(kernel: Kernel, source: Arn, function: Function) -> None:
    names = {"QueueUrl": queue_url(source), "AttributeNames": ["VisibilityTimeout"]}
    try:
        reply = kernel.deliver(
            "sqs",
            "GetQueueAttributes",
            names,
            account_id=source.account_id,
            region=source.region,
            causes=(),
            principal=PRINCIPAL,
        )
    except AwsError as error:
        raise invalid_parameter(
            "Error occurred while ReceiveMessage. SQS Error Code: "
            "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: "
            f"{error.message or 'The specified queue does not exist.'}"
        ) from error
    attributes = reply.get("Attributes", {}) if isinstance(reply, dict) else {}
    visibility = int(attributes.get("VisibilityTimeout", "0"))
    timeout = function.settings.timeout_seconds
    if visibility < timeout:
        raise invalid_parameter(
            f"Queue visibility timeout: {visibility} seconds is less than Function timeout: "
            f"{timeout} seconds"
        )

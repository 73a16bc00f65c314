"""Brings events to queues, topics, functions and EventBridge.

S3 does not say how often it tries again; here a delivery that fails is written down with the
reason and not repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.services.s3.configuration import FUNCTION, QUEUE
from chalice_offline.services.s3.records import (
    configured_message,
    event_bridge_entry,
    event_message,
)
from chalice_offline.services.s3.validation import PRINCIPAL, queue_url

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel, Reply, Request
    from chalice_offline.services.s3.configuration import BucketNotifications, Rule
    from chalice_offline.services.s3.object_event import ObjectEvent, Occasion

SUBJECT = "Amazon S3 Notification"
_REQUEST_ID_LENGTH = 16
_HOST_ID_BYTES = 56


def new_request_id(kernel: Kernel) -> str:
    """Return an id as S3 gives its requests."""
    return kernel.ids.alphanumeric(_REQUEST_ID_LENGTH)


def new_host_id(kernel: Kernel) -> str:
    """Return what S3 sends as x-amz-id-2."""
    return kernel.ids.base64(_HOST_ID_BYTES)


def notify(
    kernel: Kernel, notifications: BucketNotifications, event: ObjectEvent, occasion: Occasion
) -> None:
    """Tell everyone who wants `event`, right after the present input."""
    rules = notifications.rules_for(event.name, event.key)

    def deliver() -> None:
        for rule in rules:
            text = event_message(notifications, rule.id, event, occasion)
            _to_destination(kernel, rule, text, occasion.entry, occasion.trace_header)
        if notifications.to_event_bridge:
            _to_event_bridge(kernel, notifications, event, occasion)

    if rules or notifications.to_event_bridge:
        kernel.at(kernel.now_ms, deliver)


def send_test_events(
    kernel: Kernel, notifications: BucketNotifications, context: CallContext
) -> None:
    """Send the test event to each queue and topic; functions get none (recorded on AWS)."""
    rules = [rule for rule in notifications.rules if rule.kind is not FUNCTION]
    ids = new_request_id(kernel), new_host_id(kernel)
    text = configured_message(notifications.bucket, context.now_ms, *ids)

    def deliver() -> None:
        for rule in rules:
            _to_destination(kernel, rule, text, context.entry, "")

    if rules:
        kernel.at(kernel.now_ms, deliver)


def _to_destination(kernel: Kernel, rule: Rule, text: str, entry: int, trace_header: str) -> None:
    arn = parse_arn(rule.arn)
    service, operation, request = _message(rule, text, trace_header)
    try:
        _call(kernel, service, operation, request, arn.account_id, arn.region, entry)
    except AwsError as error:
        kernel.note(rule.arn, {"Id": rule.id, "Message": text}, (entry,), f"lost: {error}")


def _message(rule: Rule, text: str, trace_header: str) -> tuple[str, str, Request]:
    if rule.kind is QUEUE:
        request: Request = {"QueueUrl": queue_url(rule.arn), "MessageBody": text}
        if trace_header:
            request["MessageSystemAttributes"] = {
                "AWSTraceHeader": {"DataType": "String", "StringValue": trace_header}
            }
        return "sqs", "SendMessage", request
    if rule.kind is FUNCTION:
        return (
            "lambda",
            "Invoke",
            {"FunctionName": rule.arn, "InvocationType": "Event", "Payload": text.encode()},
        )
    return "sns", "Publish", {"TopicArn": rule.arn, "Message": text, "Subject": SUBJECT}


def _to_event_bridge(
    kernel: Kernel, notifications: BucketNotifications, event: ObjectEvent, occasion: Occasion
) -> None:
    request = {"Entries": [event_bridge_entry(notifications, event, occasion)]}
    reason = ""
    try:
        reply = _call(
            kernel,
            "events",
            "PutEvents",
            request,
            notifications.account_id,
            notifications.region,
            occasion.entry,
        )
    except AwsError as error:
        reason = str(error)
    else:
        if not isinstance(reply, Pending) and reply.get("FailedEntryCount"):
            reason = str(reply["Entries"][0].get("ErrorMessage"))
    if reason:
        kernel.note(notifications.arn, request, (occasion.entry,), f"lost: {reason}")


def _call(
    kernel: Kernel,
    service: str,
    operation: str,
    request: Request,
    account_id: str,
    region: str,
    entry: int,
) -> Reply:
    return kernel.deliver(
        service,
        operation,
        request,
        account_id=account_id,
        region=region,
        causes=(entry,),
        principal=PRINCIPAL,
    )

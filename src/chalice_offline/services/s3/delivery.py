"""Brings events to queues, topics, functions and EventBridge.

S3 does not say how often it tries again; here a delivery that fails is written down with the
reason and not repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.core.targets import Payload, call_or_none
from chalice_offline.protocols.s3_ids import host_id_of, s3_request_id
from chalice_offline.services.s3.configuration import FUNCTION
from chalice_offline.services.s3.records import (
    configured_message,
    event_bridge_entry,
    event_message,
)
from chalice_offline.services.s3.validation import PRINCIPAL

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.s3.configuration import BucketNotifications, Rule
    from chalice_offline.services.s3.object_event import ObjectEvent, Occasion

SUBJECT = "Amazon S3 Notification"


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
    ids = s3_request_id(context.request_id), host_id_of(context.request_id)
    text = configured_message(notifications.bucket, context.now_ms, *ids)

    def deliver() -> None:
        for rule in rules:
            _to_destination(kernel, rule, text, context.entry, "")

    if rules:
        kernel.at(kernel.now_ms, deliver)


def _to_destination(kernel: Kernel, rule: Rule, text: str, entry: int, trace_header: str) -> None:
    payload = Payload(text=text, subject=SUBJECT)
    call = call_or_none(parse_arn(rule.arn), payload)
    assert call is not None  # a rule names a queue, a topic or a function
    try:
        call.make(kernel, causes=(entry,), principal=PRINCIPAL, trace_header=trace_header)
    except AwsError as error:
        kernel.note(rule.arn, {"Id": rule.id, "Message": text}, (entry,), f"lost: {error}")


def _to_event_bridge(
    kernel: Kernel, notifications: BucketNotifications, event: ObjectEvent, occasion: Occasion
) -> None:
    request = {"Entries": [event_bridge_entry(notifications, event, occasion)]}
    reason = ""
    try:
        reply = kernel.deliver(
            "events",
            "PutEvents",
            request,
            account_id=notifications.account_id,
            region=notifications.region,
            causes=(occasion.entry,),
            principal=PRINCIPAL,
            trace_header=occasion.trace_header,
        )
    except AwsError as error:
        reason = str(error)
    else:
        if not isinstance(reply, Pending) and reply.get("FailedEntryCount"):
            reason = str(reply["Entries"][0].get("ErrorMessage"))
    if reason:
        kernel.note(notifications.arn, request, (occasion.entry,), f"lost: {reason}")

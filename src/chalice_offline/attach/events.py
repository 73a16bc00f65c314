"""A received message as the event that Lambda would pass to the handler.

Sources: recordings of SNS, S3 and EventBridge invoking functions on AWS; AWS Lambda developer
guide, "Using Lambda with Amazon SQS", and S3 user guide, "Event message structure" (test event).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.services.lambda_.event_source_mappings.records import sqs_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    Message = dict[str, Any]

# Lambda's spelling of two keys differs from the envelope's (recorded).
_SNS_KEYS = {
    "Type": "Type",
    "MessageId": "MessageId",
    "TopicArn": "TopicArn",
    "Subject": "Subject",
    "Message": "Message",
    "Timestamp": "Timestamp",
    "SignatureVersion": "SignatureVersion",
    "Signature": "Signature",
    "SigningCertUrl": "SigningCertURL",
    "UnsubscribeUrl": "UnsubscribeURL",
}


class UnreadableMessage(Exception):  # noqa: N818 - it says what is wrong with what
    """A message in a queue of our own is not what its source sends; the text says why."""


def sqs_event(messages: Sequence[Message], queue_arn: str, region: str) -> dict[str, Any]:
    """Return a batch of received messages as a Lambda event."""
    return {"Records": [sqs_record(message, queue_arn, region) for message in messages]}


def sns_event(message: Message, subscription_arn: str) -> dict[str, Any]:
    """Return what SNS passes to a function, from the envelope it put into a queue."""
    envelope = _object(message)
    if "TopicArn" not in envelope or "Message" not in envelope:
        raise UnreadableMessage("it is no SNS notification")
    told = {key: envelope.get(theirs) for key, theirs in _SNS_KEYS.items()}
    told["MessageAttributes"] = envelope.get("MessageAttributes", {})
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": subscription_arn,
                "Sns": told,
            }
        ]
    }


def s3_event(message: Message) -> dict[str, Any] | None:
    """Return what S3 passes to a function; None for the test event that queues get beside."""
    event = _object(message)
    if event.get("Event") == "s3:TestEvent":
        return None
    if not event.get("Records"):
        raise UnreadableMessage("it is no S3 notification")
    return event


def bus_event(message: Message) -> dict[str, Any]:
    """Return what EventBridge passes to a function: the event itself."""
    event = _object(message)
    if "detail-type" not in event:
        raise UnreadableMessage("it is no event of a bus")
    return event


def _object(message: Message) -> dict[str, Any]:
    try:
        content = json.loads(message["Body"])
    except ValueError as error:
        raise UnreadableMessage(f"its body is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise UnreadableMessage("its body is not a JSON object")
    return content

"""What arrives at an endpoint, protocol by protocol. Key order as recorded from AWS."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from chalice_offline.services.common.page_paths import SNS_CERTIFICATE
from chalice_offline.services.common.timestamps import iso_milliseconds
from chalice_offline.services.sns import signing

if TYPE_CHECKING:
    from chalice_offline.services.sns.message import Message, MessageAttributes
    from chalice_offline.services.sns.subscription import Subscription

_CONFIRMATION_TEXTS = {
    "SubscriptionConfirmation": (
        "You have chosen to subscribe to the topic {topic}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message."
    ),
    "UnsubscribeConfirmation": (
        "You have chosen to deactivate subscription {subscription}.\n"
        "To cancel this operation and restore the subscription, visit the SubscribeURL included "
        "in this message."
    ),
}


def notification(message: Message, subscription: Subscription, service_url: str) -> str:
    """Return the JSON document for SQS, HTTP and email-json endpoints.

    Notifications of FIFO topics carry a sequence number and no signature (recorded).
    """
    members: dict[str, Any] = {"Type": "Notification", "MessageId": message.message_id}
    if message.sequence_number:
        members["SequenceNumber"] = message.sequence_number
    members["TopicArn"] = message.topic_arn
    if message.subject is not None:
        members["Subject"] = message.subject
    members["Message"] = message.text_for(subscription.protocol)
    members["Timestamp"] = iso_milliseconds(message.published_ms)
    if not message.sequence_number:
        members["SignatureVersion"] = message.signature_version
        members["Signature"] = _signature_of(message, members)
        members["SigningCertURL"] = service_url + SNS_CERTIFICATE
    members["UnsubscribeURL"] = _unsubscribe_url(subscription, service_url)
    if message.attributes:
        members["MessageAttributes"] = _attributes(message.attributes)
    return json.dumps(members, ensure_ascii=False)


def lambda_event(message: Message, subscription: Subscription, service_url: str) -> str:
    """Return the event of a Lambda function.

    Recorded: Subject is null when there is none, the URLs are spelled "Url", and
    SignatureVersion says "1" even when the signature is one of version 2.
    """
    members: dict[str, Any] = {
        "Type": "Notification",
        "MessageId": message.message_id,
        "TopicArn": message.topic_arn,
        "Subject": message.subject,
        "Message": message.text_for("lambda"),
        "Timestamp": iso_milliseconds(message.published_ms),
    }
    members["SignatureVersion"] = "1"
    members["Signature"] = _signature_of(message, members)
    members["SigningCertUrl"] = service_url + SNS_CERTIFICATE
    members["UnsubscribeUrl"] = _unsubscribe_url(subscription, service_url)
    # Developer guide, "Message attribute data types": a String.Array reaches Lambda as String.
    members["MessageAttributes"] = _attributes(message.attributes, {"String.Array": "String"})
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription.arn,
        "Sns": members,
    }
    return json.dumps({"Records": [record]}, ensure_ascii=False)


def confirmation(
    kind: str,
    subscription: Subscription,
    token: str,
    *,
    message_id: str,
    now_ms: int,
    signature_version: str,
) -> str:
    """Return a SubscriptionConfirmation or UnsubscribeConfirmation document."""
    text = _CONFIRMATION_TEXTS[kind]
    members: dict[str, Any] = {
        "Type": kind,
        "MessageId": message_id,
        "Token": token,
        "TopicArn": subscription.topic_arn,
        "Message": text.format(topic=subscription.topic_arn, subscription=subscription.arn),
        "SubscribeURL": (
            f"{subscription.service_url}/?Action=ConfirmSubscription"
            f"&TopicArn={subscription.topic_arn}&Token={token}"
        ),
        "Timestamp": iso_milliseconds(now_ms),
    }
    members["SignatureVersion"] = signature_version
    members["Signature"] = signing.sign(members, signature_version)
    members["SigningCertURL"] = subscription.service_url + SNS_CERTIFICATE
    return json.dumps(members, ensure_ascii=False)


def _signature_of(message: Message, members: dict[str, Any]) -> str:
    """Sign each text of a message once, however many subscriptions get it."""
    text = members["Message"]
    if text not in message.signatures:
        message.signatures[text] = signing.sign(members, message.signature_version)
    return message.signatures[text]


def _unsubscribe_url(subscription: Subscription, service_url: str) -> str:
    return f"{service_url}/?Action=Unsubscribe&SubscriptionArn={subscription.arn}"


def _attributes(
    attributes: MessageAttributes, type_names: dict[str, str] | None = None
) -> dict[str, dict[str, str]]:
    renamed: dict[str, str] = type_names or {}
    return {
        name: {
            "Type": renamed.get(str(attribute["DataType"]), str(attribute["DataType"])),
            "Value": (
                base64.b64encode(attribute["BinaryValue"]).decode()
                if "BinaryValue" in attribute
                else attribute["StringValue"]
            ),
        }
        for name, attribute in attributes.items()
    }

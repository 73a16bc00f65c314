"""Delivery status logging: what CloudWatch Logs gets about each delivery.

Developer guide, "Amazon SNS message delivery status": on when the topic has a role for the
protocol; successes are sampled, failures all logged, in a log group of their own. Shape as
recorded for Lambda.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.sns.endpoints import PRINCIPAL
from chalice_offline.services.sns.json_text import compact

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel, Request
    from chalice_offline.services.sns.endpoints import Parcel
    from chalice_offline.services.sns.topic import Topic

_ATTRIBUTE_PREFIX = {
    "application": "Application",
    "firehose": "Firehose",
    "http": "HTTP",
    "https": "HTTP",
    "lambda": "Lambda",
    "sqs": "SQS",
}
_ACCEPTED = {"lambda": 202}
_ALREADY_THERE = "ResourceAlreadyExistsException"
_SAMPLE_RATE_DEFAULT = "100"


def log_success(kernel: Kernel, topic: Topic, parcel: Parcel, reply: dict[str, Any]) -> None:
    """Log a delivery that was made, if the topic asks for it and the sample has it."""
    protocol = parcel.subscription.protocol
    prefix = _ATTRIBUTE_PREFIX.get(protocol, "")
    if not topic.attributes.get(f"{prefix}SuccessFeedbackRoleArn"):
        return
    rate = topic.attributes.get(f"{prefix}SuccessFeedbackSampleRate", _SAMPLE_RATE_DEFAULT)
    if kernel.ids.fraction() * 100 >= int(rate):
        return
    response = {f"{protocol}RequestId": kernel.ids.uuid()}
    if "MessageId" in reply:
        response["sqsMessageId"] = reply["MessageId"]
    _log(kernel, topic, parcel, "SUCCESS", _ACCEPTED.get(protocol, 200), compact(response))


def log_failure(kernel: Kernel, topic: Topic, parcel: Parcel, error: AwsError) -> None:
    """Log a delivery that was given up, if the topic asks for it."""
    prefix = _ATTRIBUTE_PREFIX.get(parcel.subscription.protocol, "")
    if topic.attributes.get(f"{prefix}FailureFeedbackRoleArn"):
        response = compact({"ErrorCode": error.code, "ErrorMessage": error.message})
        _log(kernel, topic, parcel, "FAILURE", error.status, response)


def _log(
    kernel: Kernel, topic: Topic, parcel: Parcel, status: str, status_code: int, response: str
) -> None:
    message, subscription = parcel.message, parcel.subscription
    text = message.text_for(subscription.protocol)
    event = {
        "notification": {
            "messageMD5Sum": hashlib.md5(text.encode()).hexdigest(),
            "messageId": message.message_id,
            "topicArn": topic.arn,
            "timestamp": _timestamp(message.published_ms),
        },
        "delivery": {
            "deliveryId": kernel.ids.uuid(),
            "destination": subscription.endpoint,
            "providerResponse": response,
            "dwellTimeMs": kernel.now_ms - message.published_ms,
            "statusCode": status_code,
        },
        "status": status,
    }
    group = f"sns/{topic.region}/{topic.account_id}/{topic.name}"
    names = {
        "logGroupName": group if status == "SUCCESS" else f"{group}/Failure",
        "logStreamName": kernel.ids.uuid(),
    }
    events = [{"timestamp": kernel.now_ms, "message": compact(event)}]
    try:
        _create(kernel, topic, parcel, "CreateLogGroup", {"logGroupName": names["logGroupName"]})
        _create(kernel, topic, parcel, "CreateLogStream", names)
        _call(kernel, topic, parcel, "PutLogEvents", {**names, "logEvents": events})
    except AwsError as error:
        # The delivery itself is over: that it cannot be logged must not repeat it.
        kernel.note(f"sns {topic.arn}", event, parcel.causes, f"delivery not logged: {error}")


def _create(kernel: Kernel, topic: Topic, parcel: Parcel, operation: str, request: Request) -> None:
    try:
        _call(kernel, topic, parcel, operation, request)
    except AwsError as error:
        if error.code != _ALREADY_THERE:
            raise


def _call(kernel: Kernel, topic: Topic, parcel: Parcel, operation: str, request: Request) -> None:
    kernel.deliver(
        "logs",
        operation,
        request,
        account_id=topic.account_id,
        region=topic.region,
        causes=parcel.causes,
        principal=PRINCIPAL,
    )


def _timestamp(instant_ms: int) -> str:
    instant = dt.datetime.fromtimestamp(instant_ms // 1000, dt.UTC)
    return f"{instant:%Y-%m-%d %H:%M:%S}.{instant_ms % 1000:03}"

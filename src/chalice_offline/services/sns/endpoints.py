"""One try to bring a message to an endpoint, protocol by protocol."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.core.pending import Pending
from chalice_offline.services.sns import envelopes
from chalice_offline.services.sns.delivery_policies import DEFAULT_CONTENT_TYPE
from chalice_offline.services.sns.limits import HTTP_TIMEOUT_MS, RAW_SQS_ATTRIBUTES_MAX

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import HttpResponse
    from chalice_offline.core.kernel import Kernel, Reply, Request
    from chalice_offline.services.sns.message import Message
    from chalice_offline.services.sns.subscription import Subscription

PRINCIPAL = "sns.amazonaws.com"
_USER_AGENT = "Amazon Simple Notification Service Agent"
_SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way to one subscription.

    `service_url` starts the URLs in it; `content_type` is what its delivery policies ask for.
    """

    message: Message
    subscription: Subscription
    service_url: str
    content_type: str = DEFAULT_CONTENT_TYPE

    @property
    def causes(self) -> tuple[int, ...]:
        """The journal entry of the publication."""
        return (self.message.entry,)

    def document(self) -> str:
        """Return the body: the envelope, or with raw delivery the message as it is."""
        if self.subscription.is_raw:
            return self.message.text_for(self.subscription.protocol)
        return envelopes.notification(self.message, self.subscription, self.service_url)


def send(kernel: Kernel, parcel: Parcel) -> Reply | Pending[None] | None:
    """Make one try; it fails by raising AwsError or with a Pending that does."""
    return _SENDERS[parcel.subscription.protocol](kernel, parcel)


def send_to_queue(kernel: Kernel, parcel: Parcel, queue_arn: str) -> Reply:
    """Send a message to a queue: the subscribed one, or a dead-letter queue."""
    queue = parse_arn(queue_arn)
    return kernel.deliver(
        "sqs",
        "SendMessage",
        _queue_request(parcel, queue_arn),
        account_id=queue.account_id,
        region=queue.region,
        causes=parcel.causes,
        principal=PRINCIPAL,
    )


def _queue_request(parcel: Parcel, queue_arn: str) -> Request:
    message = parcel.message
    queue = parse_arn(queue_arn)
    request: Request = {
        "QueueUrl": f"https://sqs.{queue.region}.amazonaws.com/{queue.account_id}/{queue.resource}",
        "MessageBody": parcel.document(),
    }
    if parcel.subscription.is_raw and message.attributes:
        if len(message.attributes) > RAW_SQS_ATTRIBUTES_MAX:
            raise AwsError(
                "InvalidParameterValue",
                "With raw message delivery a queue takes at most 10 message attributes.",
            )
        request["MessageAttributes"] = message.attributes
    if queue_arn.endswith(".fifo"):
        request["MessageGroupId"] = message.group_id
        request["MessageDeduplicationId"] = message.deduplication_id
    elif message.group_id and not message.sequence_number:
        request["MessageGroupId"] = message.group_id  # fair queues; not from a FIFO topic
    if message.trace_header:
        header = {"DataType": "String", "StringValue": message.trace_header}
        request["MessageSystemAttributes"] = {"AWSTraceHeader": header}
    return request


def _to_queue(kernel: Kernel, parcel: Parcel) -> Reply:
    return send_to_queue(kernel, parcel, parcel.subscription.endpoint)


def _to_function(kernel: Kernel, parcel: Parcel) -> Reply:
    """Invoke asynchronously: what the function makes of it is no longer SNS's concern."""
    function = parse_arn(parcel.subscription.endpoint)
    event = envelopes.lambda_event(parcel.message, parcel.subscription, parcel.service_url)
    return kernel.deliver(
        "lambda",
        "Invoke",
        {
            "FunctionName": parcel.subscription.endpoint,
            "InvocationType": "Event",
            "Payload": event,
        },
        account_id=function.account_id,
        region=function.region,
        causes=parcel.causes,
        principal=PRINCIPAL,
    )


def _to_delivery_stream(kernel: Kernel, parcel: Parcel) -> Reply:
    stream = parse_arn(parcel.subscription.endpoint)
    return kernel.deliver(
        "firehose",
        "PutRecord",
        {
            "DeliveryStreamName": stream.resource_name,
            "Record": {"Data": f"{parcel.document()}\n".encode()},
        },
        account_id=stream.account_id,
        region=stream.region,
        causes=parcel.causes,
        principal=PRINCIPAL,
    )


def _to_url(kernel: Kernel, parcel: Parcel) -> Pending[None]:
    headers = {
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": parcel.message.message_id,
        "x-amz-sns-topic-arn": parcel.message.topic_arn,
        "x-amz-sns-subscription-arn": parcel.subscription.arn,
    }
    if parcel.subscription.is_raw:
        headers["x-amz-sns-rawdelivery"] = "true"
    headers["Content-Type"] = parcel.content_type
    return post(kernel, parcel.subscription.endpoint, headers, parcel.document(), parcel.causes)


def post(
    kernel: Kernel, url: str, headers: dict[str, str], body: str, causes: tuple[int, ...]
) -> Pending[None]:
    """POST a document; the Pending fails with AwsError unless the reply is a 2xx.

    A reply with a 4xx other than 429 is a client error (Developer guide, "Message delivery
    retries"); no reply at all counts like a 5xx.
    """
    sent: Pending[None] = Pending()

    def answered(response: HttpResponse | None, reason: str) -> None:
        if response is None:
            sent.fail(AwsError("EndpointUnreachable", reason, status=503))
        elif response.status in _SUCCESS:
            sent.resolve(None)
        else:
            text = f"The endpoint answered {response.status}."
            sent.fail(AwsError("EndpointError", text, status=response.status))

    fields = [*headers.items(), ("User-Agent", _USER_AGENT), ("Accept-Encoding", "gzip,deflate")]
    request = HttpRequest("POST", url, Headers(fields), body.encode())
    kernel.send_http(request, HTTP_TIMEOUT_MS, answered, causes)
    return sent


def _to_journal(kernel: Kernel, parcel: Parcel) -> None:
    """Write down what a phone, mailbox or device would get: nothing leaves this machine."""
    subscription, message = parcel.subscription, parcel.message
    detail: dict[str, Any] = {"MessageId": message.message_id, "TopicArn": message.topic_arn}
    if message.subject is not None and subscription.protocol == "email":
        detail["Subject"] = message.subject
    detail["Message"] = (
        json.loads(parcel.document())
        if subscription.protocol == "email-json"
        else message.text_for(subscription.protocol)
    )
    subject = f"sns {subscription.protocol} {subscription.endpoint}"
    kernel.note(subject, detail, parcel.causes, "sent")


_SENDERS: dict[str, Callable[[Kernel, Parcel], Reply | Pending[None] | None]] = {
    "application": _to_journal,
    "email": _to_journal,
    "email-json": _to_journal,
    "firehose": _to_delivery_stream,
    "http": _to_url,
    "https": _to_url,
    "lambda": _to_function,
    "sms": _to_journal,
    "sqs": _to_queue,
}

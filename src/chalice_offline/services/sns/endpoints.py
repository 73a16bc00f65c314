"""One try to bring a message to an endpoint, protocol by protocol."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.core.pending import Pending
from chalice_offline.core.targets import Payload, call_or_none, queue_call
from chalice_offline.services.sns import envelopes
from chalice_offline.services.sns.delivery_policies import DEFAULT_CONTENT_TYPE
from chalice_offline.services.sns.limits import HTTP_TIMEOUT_MS, RAW_SQS_ATTRIBUTES_MAX

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import HttpResponse
    from chalice_offline.core.kernel import Kernel, Reply
    from chalice_offline.core.targets import TargetCall
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
    return _make(kernel, parcel, queue_call(queue_arn, _queue_payload(parcel, queue_arn)))


def _queue_payload(parcel: Parcel, queue_arn: str) -> Payload:
    message = parcel.message
    is_raw = parcel.subscription.is_raw
    if is_raw and len(message.attributes) > RAW_SQS_ATTRIBUTES_MAX:
        raise AwsError(
            "InvalidParameterValue",
            "With raw message delivery a queue takes at most 10 message attributes.",
        )
    is_fifo = queue_arn.endswith(".fifo")
    # Fair queues have groups, too; but none that a FIFO topic made.
    has_group = is_fifo or not message.sequence_number
    return Payload(
        text=parcel.document(),
        attributes=message.attributes if is_raw else {},
        group_id=message.group_id if has_group else "",
        deduplication_id=message.deduplication_id if is_fifo else "",
    )


def _to_queue(kernel: Kernel, parcel: Parcel) -> Reply:
    return send_to_queue(kernel, parcel, parcel.subscription.endpoint)


def _to_function(kernel: Kernel, parcel: Parcel) -> Reply:
    event = envelopes.lambda_event(parcel.message, parcel.subscription, parcel.service_url)
    return _to_arn(kernel, parcel, event)


def _to_delivery_stream(kernel: Kernel, parcel: Parcel) -> Reply:
    return _to_arn(kernel, parcel, f"{parcel.document()}\n")


def _to_arn(kernel: Kernel, parcel: Parcel, text: str) -> Reply:
    call = call_or_none(parse_arn(parcel.subscription.endpoint), Payload(text=text))
    assert call is not None  # Subscribe took the endpoint
    return _make(kernel, parcel, call)


def _make(kernel: Kernel, parcel: Parcel, call: TargetCall) -> Reply:
    return call.make(
        kernel,
        causes=parcel.causes,
        principal=PRINCIPAL,
        trace_header=parcel.message.trace_header,
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

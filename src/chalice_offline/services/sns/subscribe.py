"""Subscribe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.arn import parse_arn
from chalice_offline.services.sns import limits, subscription_attributes
from chalice_offline.services.sns.confirmation_messages import request_confirmation
from chalice_offline.services.sns.errors import (
    bare_invalid_parameter,
    invalid_parameter,
    missing_value,
)
from chalice_offline.services.sns.names import is_phone_number, local_arn
from chalice_offline.services.sns.subscription import (
    CONFIRMED_BY_ENDPOINT,
    PROTOCOLS,
    Subscription,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sns.state import SnsState
    from chalice_offline.services.sns.topic import Topic

    CheckEndpoint = Callable[[SnsState, str, str], None]

_PENDING = "pending confirmation"


def subscribe(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Subscribe an endpoint to a topic; HTTP and e-mail endpoints must confirm it first."""
    local_arn(context, request)
    protocol = request.get("Protocol", "")
    if protocol not in PROTOCOLS:
        raise invalid_parameter(f"Amazon SNS does not support this protocol string: {protocol}")
    topic = sns.find_topic(context, request)
    endpoint = request.get("Endpoint", "")
    attributes = request.get("Attributes", {})
    existing = topic.audience.find(protocol, endpoint)
    if existing is None:
        _check_endpoint(sns, topic, protocol, endpoint)
        subscription = _new_subscription(sns, context, topic, protocol, endpoint)
        _set_attributes(topic, subscription, attributes)
        sns.add_subscription(topic, subscription)
    else:
        subscription = existing
        _check_same(topic, subscription, attributes)
    if not subscription.confirmed:
        request_confirmation(sns, context, topic, subscription)
    shown = subscription.confirmed or request.get("ReturnSubscriptionArn")
    return {"SubscriptionArn": subscription.arn if shown else _PENDING}


def _new_subscription(
    sns: SnsState, context: CallContext, topic: Topic, protocol: str, endpoint: str
) -> Subscription:
    return Subscription(
        arn=f"{topic.arn}:{sns.kernel.ids.uuid()}",
        topic_arn=topic.arn,
        account_id=context.account_id,
        region=topic.region,
        protocol=protocol,
        endpoint=endpoint,
        number=sns.next_number(),
        service_url=sns.service_url(topic.region, context.endpoint),
        entry=context.entry,
        confirmed=protocol not in CONFIRMED_BY_ENDPOINT,
    )


def _set_attributes(topic: Topic, subscription: Subscription, attributes: dict[str, str]) -> None:
    _check_names(attributes)
    # The scope decides how the policy is read, so it goes first.
    for name in sorted(attributes, key=lambda name: name != "FilterPolicyScope"):
        subscription_attributes.set_attribute(
            topic, subscription, name, attributes[name], "Attributes Reason: "
        )


def _check_same(topic: Topic, subscription: Subscription, attributes: dict[str, str]) -> None:
    """Raise unless a repeated Subscribe asks for what there is; leaving out is fine."""
    _check_names(attributes)
    refuse = subscription_attributes.refusal("Attributes Reason: ")
    for name, value in attributes.items():
        subscription_attributes.CHECKS[name](topic, subscription, value, refuse)
        if not subscription_attributes.agrees(subscription, name, value):
            raise invalid_parameter(
                "Attributes Reason: Subscription already exists with different attributes"
            )


def _check_names(attributes: dict[str, str]) -> None:
    for name in attributes:
        if name not in subscription_attributes.CHECKS:
            raise invalid_parameter(f"Attributes Reason: Unknown attribute: {name}")


def _check_endpoint(sns: SnsState, topic: Topic, protocol: str, endpoint: str) -> None:
    if topic.is_fifo and protocol != "sqs":
        raise invalid_parameter(f"Invalid protocol type: {protocol}")  # reported by users of AWS
    if not endpoint:
        raise missing_value("Endpoint")
    _ENDPOINT_CHECKS[protocol](sns, protocol, endpoint)
    if protocol == "sqs" and endpoint.endswith(".fifo") and not topic.is_fifo:
        raise invalid_parameter(  # the prefix comes twice on AWS as well
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to "
            "standard SNS topics"
        )
    if topic.maximum_message_bytes > limits.MESSAGE_BYTES_DEFAULT:
        if protocol not in limits.LARGE_MESSAGE_PROTOCOLS:
            raise invalid_parameter(
                "Protocol Reason: a topic with MaximumMessageSize above 262144 supports only "
                "Amazon SQS, Amazon Data Firehose and Lambda subscriptions"
            )
        if len(topic.audience) >= limits.LARGE_MESSAGE_SUBSCRIPTIONS_MAX:
            raise invalid_parameter(
                "TopicArn Reason: a topic with MaximumMessageSize above 262144 supports at most "
                "100 subscriptions"
            )


# ---- one check per protocol -------------------------------------------------------------------


def _check_url(_sns: SnsState, protocol: str, endpoint: str) -> None:
    if not endpoint.lower().startswith(f"{protocol}://"):
        raise invalid_parameter("Endpoint must match the specified protocol")


def _check_email(_sns: SnsState, _protocol: str, endpoint: str) -> None:
    name, at, host = endpoint.rpartition("@")
    if not (name and at and host):
        raise invalid_parameter("Email address")


def _check_phone_number(_sns: SnsState, _protocol: str, endpoint: str) -> None:
    if not is_phone_number(endpoint):
        raise bare_invalid_parameter(f"Invalid SMS endpoint: {endpoint}")


def _arn_check(service: str, text: str) -> CheckEndpoint:
    def check(_sns: SnsState, _protocol: str, endpoint: str) -> None:
        try:
            arn = parse_arn(endpoint)
        except ValueError:
            raise invalid_parameter(text) from None
        if arn.service != service or not arn.resource:
            raise invalid_parameter(text)

    return check


def _check_application_endpoint(sns: SnsState, _protocol: str, endpoint: str) -> None:
    if sns.find_endpoint_or_none(endpoint) is None:
        raise invalid_parameter(
            f"Endpoint Reason: Endpoint does not exist for endpoint arn{endpoint}"
        )


_ENDPOINT_CHECKS: dict[str, CheckEndpoint] = {
    "http": _check_url,
    "https": _check_url,
    "email": _check_email,
    "email-json": _check_email,
    "sms": _check_phone_number,
    "sqs": _arn_check("sqs", "SQS endpoint ARN"),
    "application": _check_application_endpoint,
    "lambda": _arn_check("lambda", "Lambda endpoint ARN"),
    "firehose": _arn_check("firehose", "Firehose endpoint ARN"),
}

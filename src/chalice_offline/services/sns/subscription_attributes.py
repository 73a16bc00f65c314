"""What a subscription's attributes may be; shared by Subscribe and SetSubscriptionAttributes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.patterns import (
    SNS_MESSAGE_ATTRIBUTES,
    SNS_MESSAGE_BODY,
    Pattern,
    PatternError,
    compile_pattern,
)
from chalice_offline.services.sns import delivery_policies
from chalice_offline.services.sns.errors import invalid_parameter
from chalice_offline.services.sns.json_text import compact, parse, parse_object
from chalice_offline.services.sns.replays import check_replay_policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.errors import AwsError
    from chalice_offline.services.sns.subscription import Subscription
    from chalice_offline.services.sns.topic import Topic

    Refuse = Callable[[str], AwsError]
    Check = Callable[[Topic, Subscription, str, Refuse], str]

# Developer guide, "Raw message delivery": only these.
_RAW_PROTOCOLS = ("sqs", "firehose", "http", "https")
_SCOPES = ("MessageAttributes", "MessageBody")


def refusal(prefix: str) -> Refuse:
    """Return what makes errors for an attribute: Subscribe puts "Attributes Reason: " first."""
    return lambda reason: invalid_parameter(prefix + reason)


def set_attribute(
    topic: Topic, subscription: Subscription, name: str, value: str, prefix: str
) -> None:
    """Check one attribute and change the subscription; "" takes an optional one away."""
    stored = CHECKS[name](topic, subscription, value, refusal(prefix))
    attributes = dict(subscription.attributes)
    if stored:
        attributes[name] = stored
    else:
        attributes.pop(name, None)
    if name in ("FilterPolicy", "FilterPolicyScope"):
        subscription.pattern = _pattern(attributes, refusal(prefix))
    subscription.attributes = attributes


def shown(topic: Topic | None, subscription: Subscription) -> dict[str, str]:
    """Return the attributes as GetSubscriptionAttributes lists them (recorded)."""
    own = subscription.attributes
    attributes = {
        "ConfirmationWasAuthenticated": _word(
            subscription.confirmed and subscription.confirmation_authenticated
        ),
        "Endpoint": subscription.endpoint,
        "Owner": subscription.account_id,
        "PendingConfirmation": _word(not subscription.confirmed),
        "Protocol": subscription.protocol,
        "RawMessageDelivery": own.get("RawMessageDelivery", "false"),
        "SubscriptionArn": subscription.arn,
        "SubscriptionPrincipal": _principal(subscription),
        "TopicArn": subscription.topic_arn,
    }
    optional = ("DeliveryPolicy", "RedrivePolicy", "ReplayPolicy", "SubscriptionRoleArn")
    attributes |= {name: own[name] for name in optional if name in own}
    if "FilterPolicy" in own:
        attributes["FilterPolicy"] = own["FilterPolicy"]
        attributes["FilterPolicyScope"] = own.get("FilterPolicyScope", "MessageAttributes")
    if subscription.protocol in ("http", "https"):
        topic_policy = topic.attributes.get("DeliveryPolicy", "") if topic else ""
        attributes["EffectiveDeliveryPolicy"] = compact(
            delivery_policies.effective_subscription_policy(
                own.get("DeliveryPolicy", ""), topic_policy
            )
        )
    if "ReplayPolicy" in own:
        attributes["ReplayStatus"] = "Completed"  # a replay is over before the next call
    return attributes


def agrees(subscription: Subscription, name: str, value: str) -> bool:
    """Whether an existing subscription has what a repeated Subscribe asks for."""
    defaults = {"RawMessageDelivery": "false", "FilterPolicyScope": "MessageAttributes"}
    present = subscription.attributes.get(name, defaults.get(name, ""))
    if name == "RawMessageDelivery":
        return present == value.lower()
    return present == value or _same_json(present, value)


def _same_json(one: str, other: str) -> bool:
    try:
        return bool(one and other) and json.loads(one) == json.loads(other)
    except (ValueError, RecursionError):
        return False


def _word(value: bool) -> str:
    return "true" if value else "false"


def _principal(subscription: Subscription) -> str:
    partition = parse_arn(subscription.topic_arn).partition
    return f"arn:{partition}:iam::{subscription.account_id}:user/chalice-offline"


def _pattern(attributes: dict[str, str], refuse: Refuse) -> Pattern | None:
    source = attributes.get("FilterPolicy")
    if not source:
        return None
    on_body = attributes.get("FilterPolicyScope") == "MessageBody"
    try:
        return compile_pattern(source, SNS_MESSAGE_BODY if on_body else SNS_MESSAGE_ATTRIBUTES)
    except PatternError as error:
        name = "" if error.whole_message else "FilterPolicy: "
        raise refuse(name + error.located_reason) from None


# ---- one check per attribute: the value as it is stored, or "" for none -----------------------


def _raw_message_delivery(_t: Topic, subscription: Subscription, value: str, refuse: Refuse) -> str:
    # Reported by users: a protocol without raw delivery refuses "false" as well.
    if subscription.protocol not in _RAW_PROTOCOLS:
        raise refuse(
            f"Delivery protocol [{subscription.protocol}] does not support raw message delivery."
        )
    if value.lower() not in ("true", "false"):
        raise refuse(f"RawMessageDelivery: Invalid value [{value}]. Must be true or false.")
    return value.lower()


def _filter_policy(_t: Topic, _s: Subscription, value: str, refuse: Refuse) -> str:
    if not value:
        return ""
    policy = parse(value, lambda reason: refuse(f"FilterPolicy: {reason}"))
    return "" if policy == {} else value


def _filter_policy_scope(_t: Topic, _s: Subscription, value: str, refuse: Refuse) -> str:
    if value not in _SCOPES:
        raise refuse(
            f"FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or "
            "MessageAttributes"
        )
    return value


def _redrive_policy(topic: Topic, subscription: Subscription, value: str, refuse: Refuse) -> str:
    if not value:
        return ""

    def refuse_policy(reason: str) -> AwsError:
        return refuse(f"RedrivePolicy: {reason}")

    policy = parse_object(value, refuse_policy)
    for name in policy:
        if name != "deadLetterTargetArn":
            # Reported by users who copied the policy of a queue.
            raise refuse_policy(f"invalid JSON. Attribute {name} is unknown.")
    if not policy:
        return ""
    target = _queue_arn(policy["deadLetterTargetArn"])
    if target is None:
        raise refuse_policy("deadLetterTargetArn is an invalid arn")
    if topic.is_fifo and subscription.is_fifo and not target.endswith(".fifo"):
        raise refuse_policy("must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.")
    return value


def _queue_arn(value: Any) -> str | None:
    try:
        arn = parse_arn(str(value))
    except ValueError:
        return None
    return str(arn) if arn.service == "sqs" and arn.resource else None


def _delivery_policy(_t: Topic, _s: Subscription, value: str, refuse: Refuse) -> str:
    if not value:
        return ""
    return delivery_policies.subscription_policy(
        value, lambda reason: refuse(f"DeliveryPolicy: {reason}")
    )


def _subscription_role_arn(_t: Topic, _s: Subscription, value: str, refuse: Refuse) -> str:
    try:
        parse_arn(value)
    except ValueError:
        raise refuse("SubscriptionRoleArn: Invalid ARN") from None
    return value


def _replay_policy(topic: Topic, _s: Subscription, value: str, refuse: Refuse) -> str:
    if not value:
        return ""
    check_replay_policy(topic, value, lambda reason: refuse(f"ReplayPolicy: {reason}"))
    return value


CHECKS: dict[str, Check] = {
    "DeliveryPolicy": _delivery_policy,
    "FilterPolicy": _filter_policy,
    "FilterPolicyScope": _filter_policy_scope,
    "RawMessageDelivery": _raw_message_delivery,
    "RedrivePolicy": _redrive_policy,
    "ReplayPolicy": _replay_policy,
    "SubscriptionRoleArn": _subscription_role_arn,
}

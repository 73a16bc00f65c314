"""AWS::SNS::Topic, TopicPolicy and Subscription. Properties: CloudFormation template reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    ResourceType,
    changed,
    for_each_left,
    gone_tags,
    only,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_FIXED = ("FifoTopic",)
_NO_ATTRIBUTES = (
    "TopicName",
    "Subscription",
    "Tags",
    "DataProtectionPolicy",
    "DeliveryStatusLogging",
)
# SNS API reference, "SetTopicAttributes".
_DEFAULTS = {
    "ContentBasedDeduplication": "false",
    "FifoThroughputScope": "Topic",
    "SignatureVersion": "1",
    "TracingConfig": "PassThrough",
}
_OF_SUBSCRIPTION = ("TopicArn", "Protocol", "Endpoint")
# SNS API reference, "SetSubscriptionAttributes".
_SUBSCRIPTION_DEFAULTS = {
    "FilterPolicy": "{}",
    "FilterPolicyScope": "MessageAttributes",
    "RawMessageDelivery": "false",
    "RedrivePolicy": "{}",
}


def _is_fifo(properties: Properties) -> bool:
    return text(properties.get("FifoTopic", False)) == "true"


def _attributes(properties: Properties) -> dict[str, str]:
    return {
        key: text(value)
        for key, value in properties.items()
        if key not in _NO_ATTRIBUTES and not (key == "FifoTopic" and not _is_fifo(properties))
    }


def _physical_name(generated: str, properties: Properties) -> str:
    return generated + (".fifo" if _is_fifo(properties) else "")


def _create(place: Place, name: str, properties: Properties) -> Resource:
    tags = properties.get("Tags", [])
    request = {"Name": name, "Attributes": _attributes(properties), "Tags": tags}
    arn = place.call("sns", "CreateTopic", request)["TopicArn"]
    return Resource(arn, {"TopicArn": arn, "TopicName": name})


def _complete(place: Place, topic: Resource, properties: Properties) -> None:
    for subscription in properties.get("Subscription", []):
        place.call("sns", "Subscribe", {"TopicArn": topic.reference, **subscription})


def _update(place: Place, topic: Resource, before: Properties, after: Properties) -> None:
    was, wanted = _attributes(before), _attributes(after)
    for name, value in changed(was, wanted, _DEFAULTS).items():
        if name not in _FIXED:
            request = {"TopicArn": topic.reference, "AttributeName": name, "AttributeValue": value}
            place.call("sns", "SetTopicAttributes", request)
    kept = after.get("Subscription", [])
    for subscription in before.get("Subscription", []):
        if subscription not in kept:
            _unsubscribe(place, topic.reference, subscription)
    _complete(place, topic, after)  # to subscribe again changes nothing
    tags = {"ResourceArn": topic.reference}
    if after.get("Tags"):
        place.call("sns", "TagResource", {**tags, "Tags": after["Tags"]})
    if gone := gone_tags(before, after):
        place.call("sns", "UntagResource", {**tags, "TagKeys": gone})


def _unsubscribe(place: Place, topic_arn: str, subscription: dict[str, Any]) -> None:
    listed = place.call("sns", "ListSubscriptionsByTopic", {"TopicArn": topic_arn})
    for found in listed["Subscriptions"]:
        if only(found, "Protocol", "Endpoint") == only(subscription, "Protocol", "Endpoint"):
            place.call("sns", "Unsubscribe", {"SubscriptionArn": found["SubscriptionArn"]})


def _delete(place: Place, topic: Resource, _properties: Properties) -> None:
    place.call("sns", "DeleteTopic", {"TopicArn": topic.reference})


def _set_policy(place: Place, arn: str, policy: str) -> None:
    request = {"TopicArn": arn, "AttributeName": "Policy", "AttributeValue": policy}
    place.call("sns", "SetTopicAttributes", request)


def _take_policy(place: Place, arns: Iterable[str]) -> None:
    """Give topics the policy back that every new topic has (recorded)."""
    for_each_left(arns, lambda arn: _set_policy(place, arn, ""))


def _complete_policy(place: Place, _policy: Resource, properties: Properties) -> None:
    for arn in properties["Topics"]:
        _set_policy(place, arn, text(properties["PolicyDocument"]))


def _update_policy(place: Place, policy: Resource, before: Properties, after: Properties) -> None:
    _complete_policy(place, policy, after)
    _take_policy(place, [arn for arn in before["Topics"] if arn not in after["Topics"]])


def _subscription_attributes(properties: Properties) -> dict[str, str]:
    left_out = (*_OF_SUBSCRIPTION, "Region")
    return {key: text(value) for key, value in properties.items() if key not in left_out}


def _subscribe(place: Place, _name: str, properties: Properties) -> Resource:
    request = only(properties, *_OF_SUBSCRIPTION) | {"ReturnSubscriptionArn": True}
    request["Attributes"] = _subscription_attributes(properties)
    arn = _in_topics_region(place, properties, "Subscribe", request)["SubscriptionArn"]
    return Resource(arn, {"Arn": arn})


def _update_subscription(
    place: Place, subscription: Resource, before: Properties, after: Properties
) -> None:
    was, wanted = _subscription_attributes(before), _subscription_attributes(after)
    for name, value in changed(was, wanted, _SUBSCRIPTION_DEFAULTS).items():
        request = {"SubscriptionArn": subscription.reference, "AttributeName": name}
        request["AttributeValue"] = value
        _in_topics_region(place, after, "SetSubscriptionAttributes", request)


def _unsubscribe_it(place: Place, subscription: Resource, properties: Properties) -> None:
    request = {"SubscriptionArn": subscription.reference}
    _in_topics_region(place, properties, "Unsubscribe", request)


def _in_topics_region(
    place: Place, properties: Properties, operation: str, request: dict[str, Any]
) -> dict[str, Any]:
    """Call SNS where the topic is, which need not be the stack's region."""
    region = text(properties.get("Region") or place.region)
    return place.call_in(region, "sns", operation, request)


TYPES = {
    "AWS::SNS::Topic": ResourceType(
        _create,
        _delete,
        complete=_complete,
        update=_update,
        name="TopicName",
        fixed=_FIXED,
        look=lambda place, name, _: place.call(
            "sns", "GetTopicAttributes", {"TopicArn": place.arn("sns", name)}
        ),
        physical_name=_physical_name,
    ),
    "AWS::SNS::TopicPolicy": ResourceType(
        lambda _place, name, _properties: Resource(name),
        lambda place, _policy, properties: _take_policy(place, properties["Topics"]),
        complete=_complete_policy,
        update=_update_policy,
    ),
    "AWS::SNS::Subscription": ResourceType(
        _subscribe, _unsubscribe_it, update=_update_subscription, fixed=_OF_SUBSCRIPTION
    ),
}

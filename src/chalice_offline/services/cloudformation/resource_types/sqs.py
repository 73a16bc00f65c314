"""AWS::SQS::Queue and QueuePolicy. Properties: AWS CloudFormation template reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    ResourceType,
    changed,
    for_each_left,
    gone_tags,
    tags_of,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_FIXED = ("FifoQueue",)
# SQS API reference, "SetQueueAttributes": what an attribute is when nothing is said.
_DEFAULTS = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "DelaySeconds": "0",
    "FifoThroughputLimit": "perQueue",
    "KmsDataKeyReusePeriodSeconds": "300",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}


def _is_fifo(properties: Properties) -> bool:
    return text(properties.get("FifoQueue", False)) == "true"


def _attributes(properties: Properties) -> dict[str, str]:
    left_out = {"QueueName", "Tags"} | (set() if _is_fifo(properties) else {"FifoQueue"})
    return {key: text(value) for key, value in properties.items() if key not in left_out}


def _physical_name(generated: str, properties: Properties) -> str:
    return generated + (".fifo" if _is_fifo(properties) else "")


def _create(place: Place, name: str, properties: Properties) -> Resource:
    attributes = _attributes(properties)
    request = {"QueueName": name, "Attributes": attributes, "tags": tags_of(properties)}
    url = place.call("sqs", "CreateQueue", request)["QueueUrl"]
    return Resource(url, {"Arn": place.arn("sqs", name), "QueueName": name, "QueueUrl": url})


def _update(place: Place, queue: Resource, before: Properties, after: Properties) -> None:
    url = {"QueueUrl": queue.reference}
    was, wanted = _attributes(before), _attributes(after)
    for fixed in _FIXED:
        was.pop(fixed, None)
        wanted.pop(fixed, None)
    attributes = changed(was, wanted, _DEFAULTS)
    if attributes:
        place.call("sqs", "SetQueueAttributes", {**url, "Attributes": attributes})
    if tags_of(after):
        place.call("sqs", "TagQueue", {**url, "Tags": tags_of(after)})
    if gone := gone_tags(before, after):
        place.call("sqs", "UntagQueue", {**url, "TagKeys": gone})


def _delete(place: Place, queue: Resource, _properties: Properties) -> None:
    place.call("sqs", "DeleteQueue", {"QueueUrl": queue.reference})


def _set_policy(place: Place, url: str, policy: str) -> None:
    request = {"QueueUrl": url, "Attributes": {"Policy": policy}}
    place.call("sqs", "SetQueueAttributes", request)


def _take_policy(place: Place, urls: Iterable[str]) -> None:
    for_each_left(urls, lambda url: _set_policy(place, url, ""))


def _complete_policy(place: Place, _policy: Resource, properties: Properties) -> None:
    for url in properties["Queues"]:
        _set_policy(place, url, text(properties["PolicyDocument"]))


def _update_policy(place: Place, policy: Resource, before: Properties, after: Properties) -> None:
    _take_policy(place, [url for url in before["Queues"] if url not in after["Queues"]])
    _complete_policy(place, policy, after)


TYPES = {
    "AWS::SQS::Queue": ResourceType(
        _create,
        _delete,
        update=_update,
        name="QueueName",
        fixed=_FIXED,
        look=lambda place, name, _: place.call("sqs", "GetQueueUrl", {"QueueName": name}),
        physical_name=_physical_name,
    ),
    "AWS::SQS::QueuePolicy": ResourceType(
        lambda _place, name, _properties: Resource(name),
        lambda place, _policy, properties: _take_policy(place, properties["Queues"]),
        complete=_complete_policy,
        update=_update_policy,
    ),
}

"""AWS::DynamoDB::Table and AWS::Kinesis::Stream. Properties: CloudFormation template reference."""

from __future__ import annotations

from typing import Any

from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    ResourceType,
    gone_tags,
    only,
    tags_of,
    text,
)
from chalice_offline.services.cloudformation.resource_types.by_calls import retagged

_OF_CREATION = (
    "KeySchema",
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
    "Tags",
)


_INDEXES = "GlobalSecondaryIndexes"
# What the API takes with other calls, and what nothing follows from offline.
_NOT_OF_AN_INDEX = ("ContributorInsightsSpecification", "ReadOnDemandThroughputSettings")


def _index(index: Properties) -> Properties:
    return {name: value for name, value in index.items() if name not in _NOT_OF_AN_INDEX}


def _stream_specification(properties: Properties) -> dict[str, Any]:
    view = properties["StreamSpecification"]["StreamViewType"]
    return {"StreamEnabled": True, "StreamViewType": view}


def _create_table(place: Place, table: str, properties: Properties) -> Resource:
    request = only(properties, *_OF_CREATION)
    if "GlobalSecondaryIndexes" in request:
        request["GlobalSecondaryIndexes"] = [_index(one) for one in properties[_INDEXES]]
    if "StreamSpecification" in properties:
        request["StreamSpecification"] = _stream_specification(properties)
    created = place.call("dynamodb", "CreateTable", {"TableName": table, **request})
    return _described(place, table, created["TableDescription"])


def _described(place: Place, table: str, description: dict[str, Any]) -> Resource:
    attributes = {"Arn": place.arn("dynamodb", f"table/{table}")}
    if description.get("LatestStreamArn"):
        attributes["StreamArn"] = description["LatestStreamArn"]
    return Resource(table, attributes)


def _complete_table(place: Place, table: Resource, properties: Properties) -> None:
    attribute = _lives_by(properties)
    if attribute:
        _put_time_to_live(place, table, attribute, enabled=True)


def _lives_by(properties: Properties) -> str | None:
    """Return the attribute that says when an item goes; None where time to live is off."""
    specification = properties.get("TimeToLiveSpecification", {})
    is_on = str(specification.get("Enabled", False)).lower() == "true"  # templates spell it, too
    return specification.get("AttributeName") if is_on else None


def _put_time_to_live(place: Place, table: Resource, attribute: str, *, enabled: bool) -> None:
    specification = {"Enabled": enabled, "AttributeName": attribute}
    request = {"TableName": table.reference, "TimeToLiveSpecification": specification}
    place.call("dynamodb", "UpdateTimeToLive", request)


def update_table(place: Place, table: Resource, before: Properties, after: Properties) -> Resource:
    """Make a table what a template says of it; return how it is described then."""
    for request in _table_updates(place, table, before, after):
        place.call("dynamodb", "UpdateTable", {"TableName": table.reference, **request})
    was, wanted = _lives_by(before), _lives_by(after)
    if was != wanted:
        if was:
            _put_time_to_live(place, table, was, enabled=False)
        if wanted:
            _put_time_to_live(place, table, wanted, enabled=True)
    tags = {"ResourceArn": place.arn("dynamodb", f"table/{table.reference}")}
    if after.get("Tags") and after["Tags"] != before.get("Tags"):
        place.call("dynamodb", "TagResource", {**tags, "Tags": after["Tags"]})
    if gone := gone_tags(before, after):
        place.call("dynamodb", "UntagResource", {**tags, "TagKeys": gone})
    return _described(place, table.reference, _describe(place, table))


def _describe(place: Place, table: Resource) -> dict[str, Any]:
    reply = place.call("dynamodb", "DescribeTable", {"TableName": table.reference})
    described: dict[str, Any] = reply["Table"]
    return described


def _table_updates(
    place: Place, table: Resource, before: Properties, after: Properties
) -> list[dict[str, Any]]:
    """Return the UpdateTable requests, one change each, as DynamoDB wants them."""
    requests: list[dict[str, Any]] = []
    capacity = only(after, "BillingMode", "ProvisionedThroughput")
    if capacity != only(before, "BillingMode", "ProvisionedThroughput"):
        requests.append(capacity or {"BillingMode": "PROVISIONED"})
    present = _describe(place, table)
    has_stream = bool(present.get("StreamSpecification", {}).get("StreamEnabled"))
    if before.get("StreamSpecification") != after.get("StreamSpecification"):
        if has_stream:
            requests.append({"StreamSpecification": {"StreamEnabled": False}})
        if "StreamSpecification" in after:
            requests.append({"StreamSpecification": _stream_specification(after)})
    wanted = {index["IndexName"]: _index(index) for index in after.get(_INDEXES, [])}
    was = {index["IndexName"]: _index(index) for index in before.get(_INDEXES, [])}
    there = {index["IndexName"] for index in present.get("GlobalSecondaryIndexes", [])}
    for name in sorted(there):
        if name not in wanted or wanted[name] != was.get(name, wanted[name]):
            requests.append(_index_update(after, {"Delete": {"IndexName": name}}))
            there.discard(name)
    requests += [
        _index_update(after, {"Create": index})
        for name, index in wanted.items()
        if name not in there
    ]
    return requests


def _index_update(after: Properties, update: dict[str, Any]) -> dict[str, Any]:
    return {
        "AttributeDefinitions": after["AttributeDefinitions"],
        "GlobalSecondaryIndexUpdates": [update],
    }


def _delete_table(place: Place, table: Resource, _properties: Properties) -> None:
    place.call("dynamodb", "DeleteTable", {"TableName": table.reference})


def _create_stream(place: Place, stream: str, properties: Properties) -> Resource:
    request: dict[str, Any] = {"StreamName": stream}
    request |= only(properties, "StreamModeDetails")
    if tags := tags_of(properties):
        request["Tags"] = tags
    if properties.get("StreamModeDetails", {}).get("StreamMode") != "ON_DEMAND":
        request["ShardCount"] = int(properties.get("ShardCount", 1))
    place.call("kinesis", "CreateStream", request)
    return Resource(stream, {"Arn": place.arn("kinesis", f"stream/{stream}")})


def _update_stream(place: Place, stream: Resource, before: Properties, after: Properties) -> None:
    shards = int(after.get("ShardCount", 1))
    if shards != int(before.get("ShardCount", 1)):
        request = {
            "StreamName": stream.reference,
            "TargetShardCount": shards,
            "ScalingType": "UNIFORM_SCALING",
        }
        place.call("kinesis", "UpdateShardCount", request)
    retagged(place, "kinesis", {"ResourceARN": stream.attributes["Arn"]}, before, after, how="map")


def _delete_stream(place: Place, stream: Resource, _properties: Properties) -> None:
    request = {"StreamName": stream.reference, "EnforceConsumerDeletion": True}
    place.call("kinesis", "DeleteStream", request)


def _create_consumer(place: Place, name: str, properties: Properties) -> Resource:
    request = {"ConsumerName": name} | only(properties, "StreamARN")
    made = place.call("kinesis", "RegisterStreamConsumer", request)["Consumer"]
    attributes = {
        "ConsumerARN": made["ConsumerARN"],
        "ConsumerCreationTimestamp": text(made["ConsumerCreationTimestamp"]),
        "ConsumerName": name,
        "ConsumerStatus": made["ConsumerStatus"],
        "StreamARN": properties["StreamARN"],
    }
    return Resource(made["ConsumerARN"], attributes)


def _delete_consumer(place: Place, consumer: Resource, _properties: Properties) -> None:
    place.call("kinesis", "DeregisterStreamConsumer", {"ConsumerARN": consumer.reference})


TYPES = {
    "AWS::Kinesis::StreamConsumer": ResourceType(
        _create_consumer, _delete_consumer, name="ConsumerName", fixed=("StreamARN",), longest=128
    ),
    "AWS::DynamoDB::Table": ResourceType(
        _create_table,
        _delete_table,
        complete=_complete_table,
        update=update_table,
        name="TableName",
        fixed=("KeySchema", "LocalSecondaryIndexes"),
    ),
    "AWS::Kinesis::Stream": ResourceType(
        _create_stream,
        _delete_stream,
        update=_update_stream,
        name="Name",
        fixed=("StreamModeDetails",),
    ),
}

"""AWS::S3::Bucket and BucketPolicy. Properties: AWS CloudFormation template reference."""

from __future__ import annotations

from typing import Any

from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    ResourceType,
    text,
)
from chalice_offline.services.cloudformation.resource_types.bucket_settings import put_settings


def _create(place: Place, bucket: str, properties: Properties) -> Resource:
    request: dict[str, Any] = {"Bucket": bucket}
    if text(properties.get("ObjectLockEnabled", False)) == "true":
        request["ObjectLockEnabledForBucket"] = True
    if place.region != "us-east-1":  # S3 takes no location constraint there
        request["CreateBucketConfiguration"] = {"LocationConstraint": place.region}
    place.call("s3", "CreateBucket", request)
    attributes = {
        "Arn": f"arn:aws:s3:::{bucket}",
        "DomainName": f"{bucket}.s3.amazonaws.com",
        "RegionalDomainName": f"{bucket}.s3.{place.region}.amazonaws.com",
        "DualStackDomainName": f"{bucket}.s3.dualstack.{place.region}.amazonaws.com",
        "WebsiteURL": f"http://{bucket}.s3-website-{place.region}.amazonaws.com",
    }
    return Resource(bucket, attributes)


def _complete(place: Place, bucket: Resource, properties: Properties) -> None:
    if "VersioningConfiguration" in properties:
        _put_versioning(place, bucket, properties["VersioningConfiguration"]["Status"])
    if properties.get("NotificationConfiguration"):
        _put_notifications(place, bucket, {}, properties)
    put_settings(place, bucket, {}, properties)


def _update(place: Place, bucket: Resource, before: Properties, after: Properties) -> None:
    if "VersioningConfiguration" in after:
        _put_versioning(place, bucket, after["VersioningConfiguration"]["Status"])
    elif "VersioningConfiguration" in before:
        _put_versioning(place, bucket, "Suspended")  # it can never be off again
    if before.get("NotificationConfiguration") or after.get("NotificationConfiguration"):
        _put_notifications(place, bucket, before, after)
    put_settings(place, bucket, before, after)


def _put_versioning(place: Place, bucket: Resource, status: str) -> None:
    versioning = {"Status": status}
    request = {"Bucket": bucket.reference, "VersioningConfiguration": versioning}
    place.call("s3", "PutBucketVersioning", request)


def _put_notifications(
    place: Place, bucket: Resource, before: Properties, after: Properties
) -> None:
    """Put the template's notifications in place of those it put before; others' stay.

    The handlers' own are in the same configuration of the bucket.
    """
    was = _notifications(before.get("NotificationConfiguration") or {})
    wanted = _notifications(after.get("NotificationConfiguration") or {})
    name = {"Bucket": bucket.reference}
    present = place.call("s3", "GetBucketNotificationConfiguration", name)
    present.pop("ResponseMetadata", None)
    put: dict[str, Any] = {}
    for kind in _KINDS:
        theirs = [_bare(item) for item in was.get(kind, [])]
        kept = [item for item in present.get(kind, []) if _bare(item) not in theirs]
        if items := kept + wanted.get(kind, []):
            put[kind] = items
    if "EventBridgeConfiguration" in wanted:
        put["EventBridgeConfiguration"] = {}
    place.call(
        "s3", "PutBucketNotificationConfiguration", {**name, "NotificationConfiguration": put}
    )


def _bare(item: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration without the id that S3 gave it, in one order and one case."""
    rules = item.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    pairs = sorted((str(rule["Name"]).lower(), rule["Value"]) for rule in rules)
    arns = [value for key, value in item.items() if key.endswith("Arn")]
    return {"events": sorted(item["Events"]), "arns": arns, "rules": pairs}


_KINDS = ("QueueConfigurations", "TopicConfigurations", "LambdaFunctionConfigurations")


def _notifications(wanted: Properties) -> Properties:
    """Turn CloudFormation's notification properties into the API's."""
    configuration: Properties = {}
    kinds = (
        ("QueueConfigurations", "Queue", "QueueConfigurations", "QueueArn"),
        ("TopicConfigurations", "Topic", "TopicConfigurations", "TopicArn"),
        ("LambdaConfigurations", "Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
    )
    for theirs, target, ours, arn in kinds:
        for item in wanted.get(theirs, []):
            entry: Properties = {arn: item[target], "Events": [item["Event"]]}
            rules = item.get("Filter", {}).get("S3Key", {}).get("Rules", [])
            if rules:
                entry["Filter"] = {"Key": {"FilterRules": rules}}
            configuration.setdefault(ours, []).append(entry)
    event_bridge = wanted.get("EventBridgeConfiguration")
    if event_bridge is not None and text(event_bridge.get("EventBridgeEnabled", True)) == "true":
        configuration["EventBridgeConfiguration"] = {}
    return configuration


def _delete(place: Place, bucket: Resource, _properties: Properties) -> None:
    place.call("s3", "DeleteBucket", {"Bucket": bucket.reference})


def _complete_policy(place: Place, _policy: Resource, properties: Properties) -> None:
    policy = text(properties["PolicyDocument"])
    place.call("s3", "PutBucketPolicy", {"Bucket": properties["Bucket"], "Policy": policy})


def _delete_policy(place: Place, _policy: Resource, properties: Properties) -> None:
    place.call("s3", "DeleteBucketPolicy", {"Bucket": properties["Bucket"]})


TYPES = {
    "AWS::S3::Bucket": ResourceType(
        _create,
        _delete,
        complete=_complete,
        update=_update,
        name="BucketName",
        look=lambda place, name, _: place.call("s3", "HeadBucket", {"Bucket": name}),
        physical_name=lambda generated, _properties: generated.lower(),
    ),
    "AWS::S3::BucketPolicy": ResourceType(
        lambda _place, name, _properties: Resource(name),
        _delete_policy,
        complete=_complete_policy,
        update=lambda place, policy, _before, after: _complete_policy(place, policy, after),
        fixed=("Bucket",),
    ),
}

"""What else a bucket has: each setting is one call to set and one to take away.

Properties: template reference, AWS::S3::Bucket; their names differ from S3's own here and there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation.resource_types.base import only

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.services.cloudformation.resource_types.base import (
        Place,
        Properties,
        Resource,
    )


def put_settings(place: Place, bucket: Resource, before: Properties, after: Properties) -> None:
    """Bring a bucket's settings from some properties to others."""
    name = {"Bucket": bucket.reference}
    for prop, setting in _SETTINGS.items():
        if after.get(prop) == before.get(prop):
            continue
        if after.get(prop):
            place.call("s3", setting.put, name | {setting.member: setting.made(after[prop])})
        elif setting.delete:
            place.call("s3", setting.delete, name)


@dataclass(frozen=True, slots=True)
class _Setting:
    put: str
    member: str
    made: Callable[[Any], Any]
    delete: str = ""


def _renamed(value: Properties, names: dict[str, str]) -> Properties:
    return {names.get(name, name): item for name, item in value.items()}


def _cors(value: Properties) -> Properties:
    names = {"ExposedHeaders": "ExposeHeaders", "Id": "ID", "MaxAge": "MaxAgeSeconds"}
    return {"CORSRules": [_renamed(rule, names) for rule in value["CorsRules"]]}


def _encryption(value: Properties) -> Properties:
    rules = []
    for rule in value["ServerSideEncryptionConfiguration"]:
        made = only(rule, "BucketKeyEnabled")
        if "ServerSideEncryptionByDefault" in rule:
            made["ApplyServerSideEncryptionByDefault"] = rule["ServerSideEncryptionByDefault"]
        rules.append(made)
    return {"Rules": rules}


def _website(value: Properties) -> Properties:
    made = only(value, "RedirectAllRequestsTo")
    if "IndexDocument" in value:
        made["IndexDocument"] = {"Suffix": value["IndexDocument"]}
    if "ErrorDocument" in value:
        made["ErrorDocument"] = {"Key": value["ErrorDocument"]}
    if "RoutingRules" in value:
        made["RoutingRules"] = [
            _renamed(rule, {"RedirectRule": "Redirect", "RoutingRuleCondition": "Condition"})
            for rule in value["RoutingRules"]
        ]
    return made


def _lifecycle(value: Properties) -> Properties:
    return {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}


def _lifecycle_rule(rule: Properties) -> Properties:
    made = only(rule, "Status", "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration")
    if "Id" in rule:
        made["ID"] = rule["Id"]
    made["Filter"] = _filter(rule)
    expiration = {
        name: rule[prop]
        for prop, name in (
            ("ExpirationInDays", "Days"),
            ("ExpirationDate", "Date"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if prop in rule
    }
    if expiration:
        made["Expiration"] = expiration
    if "NoncurrentVersionExpirationInDays" in rule:
        days = rule["NoncurrentVersionExpirationInDays"]
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    names = {"TransitionInDays": "Days", "TransitionDate": "Date"}
    if "Transitions" in rule:
        made["Transitions"] = [_renamed(one, names) for one in rule["Transitions"]]
    names = {"TransitionInDays": "NoncurrentDays"}
    if "NoncurrentVersionTransitions" in rule:
        made["NoncurrentVersionTransitions"] = [
            _renamed(one, names) for one in rule["NoncurrentVersionTransitions"]
        ]
    return made


def _filter(rule: Properties) -> Properties:
    tags = rule.get("TagFilters", [])
    prefix = rule.get("Prefix", "")
    if not tags:
        return {"Prefix": prefix}
    if len(tags) == 1 and not prefix:
        return {"Tag": tags[0]}
    return {"And": {"Prefix": prefix, "Tags": tags}}


def _same(value: Any) -> Any:
    return value


_SETTINGS = {
    "Tags": _Setting(
        "PutBucketTagging", "Tagging", lambda tags: {"TagSet": tags}, "DeleteBucketTagging"
    ),
    "PublicAccessBlockConfiguration": _Setting(
        "PutPublicAccessBlock",
        "PublicAccessBlockConfiguration",
        _same,
        "DeletePublicAccessBlock",
    ),
    "OwnershipControls": _Setting(
        "PutBucketOwnershipControls", "OwnershipControls", _same, "DeleteBucketOwnershipControls"
    ),
    "CorsConfiguration": _Setting("PutBucketCors", "CORSConfiguration", _cors, "DeleteBucketCors"),
    "BucketEncryption": _Setting(
        "PutBucketEncryption",
        "ServerSideEncryptionConfiguration",
        _encryption,
        "DeleteBucketEncryption",
    ),
    "LifecycleConfiguration": _Setting(
        "PutBucketLifecycleConfiguration",
        "LifecycleConfiguration",
        _lifecycle,
        "DeleteBucketLifecycle",
    ),
    "WebsiteConfiguration": _Setting(
        "PutBucketWebsite", "WebsiteConfiguration", _website, "DeleteBucketWebsite"
    ),
    "ObjectLockConfiguration": _Setting(
        "PutObjectLockConfiguration", "ObjectLockConfiguration", _same
    ),
}

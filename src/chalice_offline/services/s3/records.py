"""The two forms S3 tells an event in: a record for queues, topics and functions; EventBridge's.

Sources: Amazon S3 user guide, "Event message structure" and "EventBridge event message structure",
and recordings of both on AWS.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from chalice_offline.services.s3.http_dates import iso_milliseconds, iso_seconds

if TYPE_CHECKING:
    from chalice_offline.services.s3.configuration import BucketNotifications
    from chalice_offline.services.s3.object_event import ObjectEvent, Occasion

SOURCE_IP_ADDRESS = "127.0.0.1"
_INTERNAL = "s3.amazonaws.com"
_VERSION = "2.1"
# Event message structure: "lifecycle, Intelligent-Tiering, object ACL, object tagging and object
# restoration delete events have version 2.3".
_NEWER_VERSION = "2.3"
_NEWER_EVENTS = ("s3:ObjectAcl:", "s3:ObjectTagging:", "s3:Lifecycle")
_DETAIL_TYPES = {
    "s3:ObjectCreated:": "Object Created",
    "s3:ObjectRemoved:": "Object Deleted",
    "s3:ObjectRestore:Post": "Object Restore Initiated",
    "s3:ObjectRestore:Completed": "Object Restore Completed",
    "s3:ObjectAcl:": "Object ACL Updated",
    "s3:ObjectTagging:Put": "Object Tags Added",
    "s3:ObjectTagging:Delete": "Object Tags Deleted",
    "s3:LifecycleExpiration:": "Object Deleted",
    "s3:LifecycleTransition": "Object Storage Class Changed",
}
_DELETION_TYPES = {
    "s3:ObjectRemoved:Delete": "Permanently Deleted",
    "s3:ObjectRemoved:DeleteMarkerCreated": "Delete Marker Created",
    "s3:LifecycleExpiration:Delete": "Permanently Deleted",
    "s3:LifecycleExpiration:DeleteMarkerCreated": "Delete Marker Created",
}


_compact = json.JSONEncoder(separators=(",", ":")).encode


def event_message(
    notifications: BucketNotifications,
    configuration_id: str,
    event: ObjectEvent,
    occasion: Occasion,
) -> str:
    """Return the JSON text a queue, topic or function gets: one record."""
    record: dict[str, Any] = {
        "eventVersion": _NEWER_VERSION if event.name.startswith(_NEWER_EVENTS) else _VERSION,
        "eventSource": "aws:s3",
        "awsRegion": notifications.region,
        "eventTime": iso_milliseconds(occasion.at_ms),
        "eventName": event.name.removeprefix("s3:"),
        "userIdentity": {"principalId": _user(notifications, event, occasion)},
        "requestParameters": {
            "sourceIPAddress": _INTERNAL if event.is_internal else SOURCE_IP_ADDRESS
        },
        "responseElements": {
            "x-amz-request-id": occasion.request_id,
            "x-amz-id-2": occasion.host_id,
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {
                "name": notifications.bucket,
                "ownerIdentity": {"principalId": owner_id(notifications.account_id)},
                "arn": notifications.arn,
            },
            "object": _record_object(event),
        },
    }
    if event.restored_until_ms is not None:
        record["glacierEventData"] = {
            "restoreEventData": {
                "lifecycleRestorationExpiryTime": iso_milliseconds(event.restored_until_ms),
                "lifecycleRestoreStorageClass": event.storage_class,
            }
        }
    return _compact({"Records": [record]})


def configured_message(bucket: str, at_ms: int, request_id: str, host_id: str) -> str:
    """Return the text of the test event a new configuration sends; it has no Records."""
    content = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": iso_milliseconds(at_ms),
        "Bucket": bucket,
        "RequestId": request_id,
        "HostId": host_id,
    }
    return _compact(content)


def event_bridge_entry(
    notifications: BucketNotifications, event: ObjectEvent, occasion: Occasion
) -> dict[str, Any]:
    """Return the PutEvents entry of an event."""
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": notifications.bucket},
        "object": _event_bridge_object(event),
        "request-id": occasion.request_id,
        "requester": _INTERNAL if event.is_internal else occasion.account_id,
    }
    if not event.is_internal:
        detail["source-ip-address"] = SOURCE_IP_ADDRESS
    if event.reason:
        detail["reason"] = event.reason
    if event.name in _DELETION_TYPES:
        detail["deletion-type"] = _DELETION_TYPES[event.name]
    if event.restored_until_ms is not None:
        detail["restore-expiry-time"] = iso_seconds(event.restored_until_ms)
    if event.destination_class:
        detail["destination-storage-class"] = event.destination_class
    elif event.storage_class:
        detail["source-storage-class"] = event.storage_class
    return {
        "Source": "aws.s3",
        "DetailType": _detail_type(event.name),
        "Resources": [notifications.arn],
        "Detail": _compact(detail),
        "Time": occasion.at_ms // 1000,
    }


@lru_cache(maxsize=256)
def owner_id(account_id: str) -> str:
    """Return the principal id of an account: 14 letters and digits, always the same."""
    digest = hashlib.sha256(account_id.encode()).hexdigest().upper()
    return f"A{digest[:13]}"


def _user(notifications: BucketNotifications, event: ObjectEvent, occasion: Occasion) -> str:
    if event.name.startswith("s3:Lifecycle"):
        return _INTERNAL
    if event.is_internal:
        return f"AmazonCustomer:{owner_id(notifications.account_id)}"
    return _user_of(occasion.account_id)


@lru_cache(maxsize=256)
def _user_of(account_id: str) -> str:
    digest = hashlib.sha256(f"user {account_id}".encode()).hexdigest().upper()
    return f"AWS:AIDA{digest[:17]}"


def _record_object(event: ObjectEvent) -> dict[str, Any]:
    """Return the object's part of a record; its key is encoded as in an HTML form (recorded)."""
    told: dict[str, Any] = {"key": quote_plus(event.key, safe="/")}
    if event.size is not None:
        told["size"] = event.size
    if event.etag:
        told["eTag"] = event.etag
    if event.version_id:
        told["versionId"] = event.version_id
    if event.sequencer:
        told["sequencer"] = event.sequencer
    return told


def _event_bridge_object(event: ObjectEvent) -> dict[str, Any]:
    """Return the object's part of an EventBridge event; its key is told as it is (recorded)."""
    told: dict[str, Any] = {"key": event.key}
    if event.size is not None:
        told["size"] = event.size
    if event.etag:
        told["etag"] = event.etag
    if event.version_id:
        told["version-id"] = event.version_id
    if event.sequencer and not event.name.startswith("s3:ObjectRestore:"):
        told["sequencer"] = event.sequencer
    return told


def _detail_type(name: str) -> str:
    return next(detail for start, detail in _DETAIL_TYPES.items() if name.startswith(start))

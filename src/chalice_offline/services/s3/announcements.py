"""From a write to the events that tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.protocols.s3_ids import host_id_of, s3_request_id
from chalice_offline.services.s3.configuration import NOTIFICATION, notifications_of
from chalice_offline.services.s3.delivery import notify
from chalice_offline.services.s3.object_event import ObjectEvent, Occasion
from chalice_offline.services.s3.object_version import NULL_VERSION
from chalice_offline.services.s3.state import sequencer

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.state import S3State

_EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e"  # MD5 of nothing: what a delete marker has


def created(
    s3: S3State,
    context: CallContext,
    bucket: Bucket,
    version: ObjectVersion,
    how: str,
    reason: str,
) -> None:
    """Tell that an object was written; `how` is Put, Post, Copy or CompleteMultipartUpload."""
    if NOTIFICATION not in bucket.settings:
        return
    event = ObjectEvent(
        f"s3:ObjectCreated:{how}",
        version.key,
        etag=version.etag,
        size=version.size,
        version_id=_told(version.version_id),
        sequencer=sequencer(version.sequence),
        reason=reason,
    )
    announce(s3, context, bucket, event)


def marked(s3: S3State, context: CallContext, bucket: Bucket, marker: ObjectVersion) -> None:
    """Tell that a delete marker was put over an object."""
    if NOTIFICATION not in bucket.settings:
        return
    event = ObjectEvent(
        "s3:ObjectRemoved:DeleteMarkerCreated",
        marker.key,
        etag=_EMPTY_ETAG,
        version_id=_told(marker.version_id),
        sequencer=sequencer(marker.sequence),
        reason="DeleteObject",
    )
    announce(s3, context, bucket, event)


def deleted(
    s3: S3State, context: CallContext, bucket: Bucket, key: str, version_id: str = ""
) -> None:
    """Tell that an object or version is gone; also of one that never was there (recorded)."""
    if NOTIFICATION not in bucket.settings:
        return
    event = ObjectEvent(
        "s3:ObjectRemoved:Delete",
        key,
        version_id=_told(version_id),
        sequencer=s3.next_sequencer(),
        reason="DeleteObject",
    )
    announce(s3, context, bucket, event)


def changed(
    s3: S3State, context: CallContext, bucket: Bucket, version: ObjectVersion, name: str
) -> None:
    """Tell that something about an object is another now; `name` is "s3:ObjectTagging:Put", …."""
    if NOTIFICATION not in bucket.settings:
        return
    event = ObjectEvent(name, version.key, etag=version.etag, version_id=_told(version.version_id))
    announce(s3, context, bucket, event)


def announce(
    s3: S3State, context: CallContext, bucket: Bucket, event: ObjectEvent, at_ms: int | None = None
) -> None:
    """Tell everyone a bucket notifies of an event."""
    notifications = notifications_of(bucket)
    if notifications is None:
        return
    request_id = s3_request_id(context.request_id)
    occasion = Occasion(
        at_ms=context.now_ms if at_ms is None else at_ms,
        account_id=context.account_id,
        request_id=request_id,
        host_id=host_id_of(context.request_id),
        entry=context.entry,
        trace_header=context.trace_header,
    )
    notify(s3.kernel, notifications, event, occasion)


def _told(version_id: str) -> str:
    """Version "null" is not told."""
    return "" if version_id == NULL_VERSION else version_id

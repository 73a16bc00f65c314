"""RestoreObject: archived objects come back, here without delay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3 import announcements
from chalice_offline.services.s3.configuration import NOTIFICATION
from chalice_offline.services.s3.errors import malformed_xml
from chalice_offline.services.s3.http_dates import midnight_in_days
from chalice_offline.services.s3.new_objects import ARCHIVES
from chalice_offline.services.s3.object_event import ObjectEvent
from chalice_offline.services.s3.object_version import NULL_VERSION

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.state import S3State

_ACCEPTED = 202


def restore_object(s3: S3State, context: CallContext, request: Request) -> Result:
    """Make an archived object readable for some days; again: only for another time."""
    bucket = s3.find_bucket(request)
    version = s3.find_object(bucket, request, "POST")
    if version.storage_class not in ARCHIVES:
        raise AwsError(
            "InvalidObjectState",
            "Restore is not allowed for the object's current storage class",
            status=403,
            fields={"StorageClass": version.storage_class},
        )
    days = request.get("RestoreRequest", {}).get("Days")
    if days is None or days < 1:
        raise malformed_xml()
    was_restored = version.restored_until_ms > context.now_ms
    # User guide, "Restoring an archived object": rounded up to the next midnight UTC.
    version.restored_until_ms = midnight_in_days(context.now_ms, days)
    s3.objects(bucket).update(version)
    if was_restored:
        return {}
    _announce(s3, context, bucket, version)
    return {"StatusCode": _ACCEPTED}


def _announce(s3: S3State, context: CallContext, bucket: Bucket, version: ObjectVersion) -> None:
    """Two events at once: asked for, and done."""
    if NOTIFICATION not in bucket.settings:
        return
    asked = ObjectEvent(
        "s3:ObjectRestore:Post",
        version.key,
        etag=version.etag,
        size=version.size,
        version_id="" if version.version_id == NULL_VERSION else version.version_id,
        sequencer=s3.next_sequencer(),
        storage_class=version.storage_class,
    )
    done = replace(
        asked,
        name="s3:ObjectRestore:Completed",
        sequencer=s3.next_sequencer(),
        restored_until_ms=version.restored_until_ms,
        is_internal=True,
    )
    announcements.announce(s3, context, bucket, asked)
    announcements.announce(s3, context, bucket, done)

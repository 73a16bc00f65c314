"""How objects go: for good, or under a delete marker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.s3.bucket import ENABLED
from chalice_offline.services.s3.object_version import NULL_VERSION, ObjectVersion
from chalice_offline.services.s3.version_ids import new_version_id

if TYPE_CHECKING:
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.state import S3State


def put_marker(
    s3: S3State, bucket: Bucket, key: str, newest: ObjectVersion | None
) -> ObjectVersion:
    """Put a delete marker over a key, which need not be there, and return it."""
    marker = ObjectVersion(key, is_marker=True, modified_ms=s3.kernel.now_ms)
    marker.sequence = s3.next_sequence(newest)
    objects = s3.objects(bucket)
    if bucket.versioning == ENABLED:
        marker.version_id = new_version_id(s3.kernel.ids, marker.sequence)
        objects.add(marker, newest)
        return marker
    marker.version_id = NULL_VERSION
    replaced = objects.replace_null(marker, newest)
    if replaced is not None:
        s3.contents.drop(replaced)
    return marker


def remove(s3: S3State, bucket: Bucket, version: ObjectVersion) -> None:
    """Remove a version for good."""
    s3.objects(bucket).remove(version)
    s3.contents.drop(version)

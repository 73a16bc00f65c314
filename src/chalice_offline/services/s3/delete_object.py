"""DeleteObject and DeleteObjects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3 import announcements
from chalice_offline.services.s3.access import check_part
from chalice_offline.services.s3.conditions import check_delete
from chalice_offline.services.s3.errors import (
    INVALID_VERSION,
    invalid_argument,
    malformed_xml,
    no_such_version,
)
from chalice_offline.services.s3.limits import MOST_DELETED
from chalice_offline.services.s3.object_lock import check_deletion
from chalice_offline.services.s3.removal import put_marker, remove

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.state import S3State


def delete_object(s3: S3State, context: CallContext, request: Request) -> Result:
    """Delete an object, or put a delete marker over it where versions are kept."""
    bucket = s3.find_bucket(request)
    bypass = _bypasses(bucket, request)
    deleted = _delete(s3, context, bucket, request, bypass=bypass)
    told: Result = {}
    if deleted.get("DeleteMarker"):
        told["DeleteMarker"] = True
    version_id = deleted.get("DeleteMarkerVersionId") or deleted.get("VersionId")
    if version_id:
        told["VersionId"] = version_id
    return told


def delete_objects(s3: S3State, context: CallContext, request: Request) -> Result:
    """Delete up to 1,000 objects; what cannot be deleted is told one by one."""
    bucket = s3.find_bucket(request)
    asked = request["Delete"]["Objects"]
    if not 0 < len(asked) <= MOST_DELETED:
        raise malformed_xml()
    # AWS refuses the header field here, too, where nothing is locked. Tools that empty buckets send
    # it always, so it is let pass.
    bypass = bool(request.get("BypassGovernanceRetention"))
    deleted, errors = [], []
    for each in asked:
        try:
            if not each["Key"]:
                raise AwsError("UserKeyMustBeSpecified", "The specified key is empty.")
            check_part(s3, context, bucket, "DeleteObject", each)
            deleted.append(_delete(s3, context, bucket, each, bypass=bypass))
        except AwsError as error:
            if error.message == INVALID_VERSION:
                error = no_such_version(each["Key"], each["VersionId"])  # recorded
            told = {"Key": each["Key"], "Code": error.code, "Message": error.message}
            if "VersionId" in each:
                told["VersionId"] = each["VersionId"]
            errors.append(told)
    if request["Delete"].get("Quiet"):
        deleted = []  # in quiet mode only errors are told
    return {"Deleted": deleted or None, "Errors": errors or None}


def _bypasses(bucket: Bucket, request: Request) -> bool:
    """Whether governance is to be bypassed; the header field alone needs object lock."""
    if "BypassGovernanceRetention" in request and not bucket.locks_objects:
        header = "x-amz-bypass-governance-retention"
        raise invalid_argument(
            f"{header} is only applicable to Object Lock enabled buckets.", header
        )
    return bool(request.get("BypassGovernanceRetention"))


def _delete(
    s3: S3State, context: CallContext, bucket: Bucket, asked: Mapping[str, Any], *, bypass: bool
) -> dict[str, Any]:
    """Delete one object; return it as DeleteObjects tells it."""
    key, version_id = asked["Key"], asked.get("VersionId")
    if version_id is not None:
        return _delete_version(s3, context, bucket, asked, bypass=bypass)
    newest = s3.objects(bucket).newest(key)
    check_delete(asked, newest)
    if bucket.versioning:
        marker = put_marker(s3, bucket, key, newest)
        s3.uploads(bucket).note_deletion(key)
        announcements.marked(s3, context, bucket, marker)
        return {"Key": key, "DeleteMarker": True, "DeleteMarkerVersionId": marker.version_id}
    if newest is not None:
        remove(s3, bucket, newest)
    s3.uploads(bucket).note_deletion(key)
    announcements.deleted(s3, context, bucket, key)
    return {"Key": key}


def _delete_version(
    s3: S3State, context: CallContext, bucket: Bucket, asked: Mapping[str, Any], *, bypass: bool
) -> dict[str, Any]:
    key, version_id = asked["Key"], asked["VersionId"]
    told = {"Key": key, "VersionId": version_id}
    found = s3.version_or_none(bucket, key, version_id)
    check_delete(asked, found)
    if found is not None:
        check_deletion(found, context.now_ms, bypass=bypass)
        remove(s3, bucket, found)
        if found.is_marker:
            told.update(DeleteMarker=True, DeleteMarkerVersionId=version_id)
    s3.uploads(bucket).note_deletion(key)
    announcements.deleted(s3, context, bucket, key, version_id)
    return told if bucket.versioning else {"Key": key}

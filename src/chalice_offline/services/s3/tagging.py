"""Tags of buckets and of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3 import announcements
from chalice_offline.services.s3.bucket_settings import forget, keep, missing
from chalice_offline.services.s3.tag_sets import system_tags, tag_set_of, tags_of

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.state import S3State


def put_bucket_tagging(s3: S3State, context: CallContext, request: Request) -> Result:
    """Replace a bucket's tags; those that AWS has put there must be among them, as they are."""
    bucket = s3.find_bucket(request)
    system = system_tags(bucket.settings.get("tags", {}))
    is_aws = bool(context.principal)
    tags = tags_of(
        request["Tagging"].get("TagSet", ()), of_bucket=True, system=None if is_aws else system
    )
    if not is_aws and not system.keys() <= tags.keys():
        raise AwsError("InvalidTag", "System tags cannot be removed by requester")
    keep(s3, bucket, "tags", tags)
    return {"StatusCode": 204}


def get_bucket_tagging(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Tell a bucket's tags."""
    bucket = s3.find_bucket(request)
    tags = bucket.settings.get("tags")
    if not tags:
        raise missing("NoSuchTagSet", "The TagSet does not exist", bucket)
    return {"TagSet": tag_set_of(tags)}


def delete_bucket_tagging(s3: S3State, context: CallContext, request: Request) -> Result:
    """Take a bucket's tags away, but for those that AWS has put there."""
    bucket = s3.find_bucket(request)
    system = {} if context.principal else system_tags(bucket.settings.get("tags", {}))
    if system:
        keep(s3, bucket, "tags", system)
    else:
        forget(s3, bucket, "tags")
    return {}


def put_object_tagging(s3: S3State, context: CallContext, request: Request) -> Result:
    """Replace an object's tags; an empty set takes them away."""
    bucket = s3.find_bucket(request)
    tags = tags_of(request["Tagging"].get("TagSet", ()))
    version = s3.find_object(bucket, request, "PUT", about=True)
    version.tags = tags
    s3.objects(bucket).update(version)
    announcements.changed(s3, context, bucket, version, "s3:ObjectTagging:Put")
    return _told(bucket, version)


def get_object_tagging(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Tell an object's tags."""
    bucket = s3.find_bucket(request)
    try:
        version = s3.find_object(bucket, request, about=True)
    except AwsError as error:
        if error.code == "NoSuchKey":
            # Recorded, of this operation alone.
            error.fields = {**error.fields, "Key": f"{bucket.name}/{request['Key']}"}
        raise
    return {"TagSet": tag_set_of(version.tags), **_told(bucket, version)}


def delete_object_tagging(s3: S3State, context: CallContext, request: Request) -> Result:
    """Take an object's tags away."""
    bucket = s3.find_bucket(request)
    version = s3.find_object(bucket, request, "DELETE", about=True)
    version.tags = {}
    s3.objects(bucket).update(version)
    announcements.changed(s3, context, bucket, version, "s3:ObjectTagging:Delete")
    return _told(bucket, version)


def _told(bucket: Bucket, version: ObjectVersion) -> Result:
    return {"VersionId": version.version_id} if bucket.versioning else {}

"""PutBucketVersioning and GetBucketVersioning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.bucket import ENABLED, SUSPENDED
from chalice_offline.services.s3.errors import malformed_xml

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.state import S3State


def put_bucket_versioning(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Keep versions from now on, or no more; those that are there stay."""
    bucket = s3.find_bucket(request)
    status = request["VersioningConfiguration"].get("Status")
    if not status:
        raise AwsError(
            "IllegalVersioningConfigurationException",
            "The Versioning element must be specified",
        )
    if status not in (ENABLED, SUSPENDED):
        raise malformed_xml()
    if bucket.locks_objects and status == SUSPENDED:
        raise AwsError(
            "InvalidBucketState",
            "An Object Lock configuration is present on this bucket, so the versioning state "
            "cannot be changed.",
            status=409,
        )
    if status == SUSPENDED and "replication" in bucket.settings:
        raise AwsError(
            "InvalidBucketState",
            "A replication configuration is present on this bucket, so you cannot change the "
            "versioning state. To change the versioning state, first delete the replication "
            "configuration.",
            status=409,
        )
    bucket.versioning = status
    s3.keep_bucket(bucket)
    return {}


def get_bucket_versioning(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Tell whether versions are kept; nothing when they never were."""
    status = s3.find_bucket(request).versioning
    return {"Status": status} if status else {}

"""Access control lists of buckets and objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.s3 import announcements
from chalice_offline.services.s3.bucket_settings import keep
from chalice_offline.services.s3.grants import (
    ENFORCED,
    asked_grants,
    check_not_public,
    default_grants,
    lists_not_supported,
    ownership_of,
)
from chalice_offline.services.s3.identities import owner_of

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.state import S3State


def put_bucket_acl(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Replace a bucket's list."""
    bucket = s3.find_bucket(request)
    owner = bucket.account_id
    grants = asked_grants(request, of_bucket=True, owner=owner, bucket_owner=owner)
    if ownership_of(bucket) == ENFORCED:
        raise lists_not_supported()
    check_not_public(bucket, grants)
    keep(s3, bucket, "acl", grants)
    return {}


def get_bucket_acl(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Tell a bucket's list."""
    bucket = s3.find_bucket(request)
    grants = bucket.settings.get("acl")
    return {
        "Owner": owner_of(bucket.account_id),
        "Grants": default_grants(bucket.account_id) if grants is None else grants,
    }


def put_object_acl(s3: S3State, context: CallContext, request: Request) -> Result:
    """Replace an object's list; an event tells of it only if it is another one (recorded)."""
    bucket = s3.find_bucket(request)
    version = s3.find_object(bucket, request, "PUT", about=True)
    owner = version.owner or bucket.account_id
    grants = asked_grants(request, of_bucket=False, owner=owner, bucket_owner=bucket.account_id)
    if ownership_of(bucket) == ENFORCED and request.get("ACL") != "bucket-owner-full-control":
        raise lists_not_supported()
    check_not_public(bucket, grants)
    before = version.acl or default_grants(owner)
    version.acl = grants
    s3.objects(bucket).update(version)
    if grants != before:
        announcements.changed(s3, context, bucket, version, "s3:ObjectAcl:Put")
    return {}


def get_object_acl(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Tell an object's list."""
    bucket = s3.find_bucket(request)
    version = s3.find_object(bucket, request)
    owner = version.owner or bucket.account_id
    return {"Owner": owner_of(owner), "Grants": version.acl or default_grants(owner)}

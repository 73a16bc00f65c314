"""PutObject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.s3 import announcements
from chalice_offline.services.s3.errors import invalid_request
from chalice_offline.services.s3.kms_keys import check_named_key
from chalice_offline.services.s3.new_objects import (
    check_no_version,
    described,
    store,
    told_written,
)
from chalice_offline.services.s3.payload import read_payload

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.payload import Payload
    from chalice_offline.services.s3.state import S3State


def put_object(s3: S3State, context: CallContext, request: Request) -> Result:
    """Store an object whole."""
    bucket = s3.find_bucket(request)
    check_no_version(context)
    made = described(context, bucket, request)
    check_named_key(s3, context, bucket, request)
    payload = read_payload(context, request)
    _check_lock_is_checked(request, payload)
    version = store(s3, context, bucket, request, made, payload)
    announcements.created(s3, context, bucket, version, "Put", "PutObject")
    return told_written(bucket, version)


def _check_lock_is_checked(request: Request, payload: Payload) -> None:
    if ("ObjectLockMode" in request or "ObjectLockLegalHoldStatus" in request) and not (
        payload.given or "ContentMD5" in request
    ):
        raise invalid_request(
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with "
            "Object Lock parameters"
        )

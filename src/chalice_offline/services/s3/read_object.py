"""What is told of an object that is read: its content, or a part of it, and all about it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.checksums import COMPOSITE, MEMBERS, told_checksums
from chalice_offline.services.s3.conditions import check_read
from chalice_offline.services.s3.contents import part_of
from chalice_offline.services.s3.encryption import (
    check_key,
    check_not_asked_of_a_read,
    told_encryption,
)
from chalice_offline.services.s3.errors import invalid_argument, invalid_request
from chalice_offline.services.s3.http_dates import http_date_of_ms, ms_of
from chalice_offline.services.s3.kms_keys import check_key_of
from chalice_offline.services.s3.lifecycle_dates import expiration_of
from chalice_offline.services.s3.new_objects import ARCHIVES
from chalice_offline.services.s3.object_lock import told_lock
from chalice_offline.services.s3.object_version import STANDARD
from chalice_offline.services.s3.ranges import Span, span_of
from chalice_offline.services.s3.rfc2047 import told as as_field

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.state import S3State

# Parameters by which a signed GET may replace header fields of its reply.
_OVERRIDES = {
    "ResponseCacheControl": "CacheControl",
    "ResponseContentDisposition": "ContentDisposition",
    "ResponseContentEncoding": "ContentEncoding",
    "ResponseContentLanguage": "ContentLanguage",
    "ResponseContentType": "ContentType",
    "ResponseExpires": "Expires",
}


def read_object(s3: S3State, context: CallContext, bucket: Bucket, request: Request) -> Result:
    """Return an object, or a range or part of it, as GetObject tells it; raises AwsError."""
    version = s3.find_object(bucket, request)
    _check_overrides(context, request)
    check_read(request, version, context.now_ms)
    check_not_asked_of_a_read(context)
    check_key(request, version)
    check_key_of(s3, context, bucket, version)
    if version.storage_class in ARCHIVES and version.restored_until_ms <= context.now_ms:
        raise AwsError(
            "InvalidObjectState",
            "The operation is not valid for the object's storage class",
            status=403,
            fields={"StorageClass": version.storage_class},
        )
    told, span = tell(bucket, version, request, context)
    content = s3.contents.read(version)
    told["Body"] = content if span is None else part_of(content, span.start, span.length)
    return told


def tell(
    bucket: Bucket, version: ObjectVersion, request: Request, context: CallContext
) -> tuple[Result, Span | None]:
    """Return everything about an object but its content, and which part of that is asked for."""
    told = _told(bucket, version, request, context)
    span = span_of(request, version)
    if span is not None:
        _tell_span(told, span.content_range(version.size), span.length, request, version)
    for parameter, member in _OVERRIDES.items():
        if parameter in request:
            told[member] = _override(parameter, request[parameter])
    return told, span


def _told(bucket: Bucket, version: ObjectVersion, request: Request, context: CallContext) -> Result:
    told: Result = {
        "AcceptRanges": "bytes",
        "LastModified": version.modified,
        "ContentLength": version.size,
        "ETag": version.quoted_etag,
        **version.settings,
        **told_encryption(version.encryption),
    }
    if version.metadata:
        told["Metadata"] = {name: as_field(text) for name, text in version.metadata.items()}
    if bucket.versioning:
        told["VersionId"] = version.version_id
    if version.tags:
        told["TagCount"] = len(version.tags)
    if version.storage_class != STANDARD:
        told["StorageClass"] = version.storage_class
    if version.lock:
        told.update(told_lock(version.lock))
    if version.restored_until_ms > context.now_ms:
        until = http_date_of_ms(version.restored_until_ms)
        told["Restore"] = f'ongoing-request="false", expiry-date="{until}"'
    if version.checksums and request.get("ChecksumMode", "").upper() == "ENABLED":
        told.update(told_checksums(version.checksums), ChecksumType=version.checksum_type)
    if "lifecycle" in bucket.settings and "VersionId" not in request:  # recorded
        told["Expiration"] = expiration_of(bucket, version) or None
    return told


def _tell_span(
    told: Result, content_range: str, length: int, request: Request, version: ObjectVersion
) -> None:
    """A part is told with its own checksum; of a range there is none."""
    told["StatusCode"] = 206
    told["ContentRange"] = content_range
    told["ContentLength"] = length
    for member in MEMBERS.values():
        if member in told and length != version.size:
            del told[member]
            told.pop("ChecksumType", None)
    number = request.get("PartNumber")
    if number is not None and version.parts:
        told["PartsCount"] = len(version.parts)
        asked = request.get("ChecksumMode", "").upper() == "ENABLED"
        # The parts of a FULL_OBJECT checksum have none to tell (recorded).
        if asked and version.checksum_type == COMPOSITE and version.parts[number - 1][2]:
            told.update(told_checksums(version.parts[number - 1][2]))
            told["ChecksumType"] = version.checksum_type


def _override(parameter: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return http_date_of_ms(ms_of(value))
    try:
        value.encode("iso-8859-1")
    except UnicodeEncodeError:
        name = "response" + re.sub("[A-Z]", lambda upper: f"-{upper[0].lower()}", parameter[8:])
        raise invalid_argument(
            "Header value cannot be represented using ISO-8859-1.", name, value
        ) from None
    return value


def _check_overrides(context: CallContext, request: Request) -> None:
    if context.http is not None and not context.signed and any(n in request for n in _OVERRIDES):
        raise invalid_request(
            "Request specific response headers cannot be used for anonymous GET requests."
        )

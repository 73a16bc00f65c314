"""ListObjects and ListObjectsV2: scans that jump over what a delimiter rolls up."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.services.s3.errors import invalid_argument
from chalice_offline.services.s3.identities import owner_of
from chalice_offline.services.s3.pages import (
    after_prefix,
    check_encoding,
    common_prefix,
    count_of,
    raw,
    told_algorithm,
    told_key,
)

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.object_store import ObjectStore
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.state import S3State


@dataclass(slots=True)
class Page:
    """One page of a listing; `last` is the key or common prefix it ended with."""

    objects: list[ObjectVersion] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    last: str = ""
    truncated: bool = False


def list_objects(s3: S3State, _context: CallContext, request: Request) -> Result:
    """List the objects behind a marker, in the order of their keys."""
    bucket = s3.find_bucket(request)
    encoded = check_encoding(request)
    most = count_of(request, "MaxKeys", "max-keys")
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
    marker = request.get("Marker", "")
    page = read_page(s3.objects(bucket), prefix, delimiter, marker, most)
    told = _told(bucket, page, request, most, encoded=encoded)
    told["Marker"] = told_key(marker, encoded=encoded)
    told["Contents"] = [
        _told_object(bucket, each, encoded=encoded, with_owner=True) for each in page.objects
    ] or None
    if page.truncated and delimiter:
        told["NextMarker"] = told_key(page.last, encoded=encoded)
    return told


def list_objects_v2(s3: S3State, _context: CallContext, request: Request) -> Result:
    """List the objects behind a continuation token, in the order of their keys."""
    bucket = s3.find_bucket(request)
    encoded = check_encoding(request)
    most = count_of(request, "MaxKeys", "max-keys")
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
    token, start_after = request.get("ContinuationToken"), request.get("StartAfter", "")
    after = start_after if token is None else _read_token(token)
    page = read_page(s3.objects(bucket), prefix, delimiter, after, most)
    told = _told(bucket, page, request, most, encoded=encoded)
    with_owner = bool(request.get("FetchOwner"))
    told["KeyCount"] = len(page.objects) + len(page.prefixes)
    told["Contents"] = [
        _told_object(bucket, each, encoded=encoded, with_owner=with_owner) for each in page.objects
    ] or None
    if token is not None:
        told["ContinuationToken"] = token
    if "StartAfter" in request and token is None:
        told["StartAfter"] = told_key(start_after, encoded=encoded)
    if page.truncated:
        told["NextContinuationToken"] = base64.urlsafe_b64encode(raw(page.last)).decode()
    return told


def read_page(objects: ObjectStore, prefix: str, delimiter: str, after: str, most: int) -> Page:
    """Return the objects and common prefixes behind `after`, at most `most` of both."""
    page = Page()
    if most == 0:
        return page
    start, end = raw(prefix), after_prefix(raw(prefix))
    if after:
        start = max(start, raw(after) + b"\x00")
        rolled = common_prefix(after, prefix, delimiter) if after.startswith(prefix) else None
        if rolled is not None:  # the page before told it
            start = after_prefix(raw(rolled)) or start
    found = objects.scan(start, end)
    while (version := next(found, None)) is not None:
        if version.is_marker:
            continue
        if len(page.objects) + len(page.prefixes) == most:
            page.truncated = True
            break
        rolled = common_prefix(version.key, prefix, delimiter)
        if rolled is None:
            page.objects.append(version)
            page.last = version.key
            continue
        page.prefixes.append(rolled)
        page.last = rolled
        behind = after_prefix(raw(rolled))
        if behind is None:
            break
        found = objects.scan(behind, end)
    return page


def _told(bucket: Bucket, page: Page, request: Request, most: int, *, encoded: bool) -> Result:
    told: Result = {
        "Name": bucket.name,
        "Prefix": told_key(request.get("Prefix", ""), encoded=encoded),
        "MaxKeys": most,
        "IsTruncated": page.truncated,
        "CommonPrefixes": [
            {"Prefix": told_key(prefix, encoded=encoded)} for prefix in page.prefixes
        ]
        or None,
    }
    if request.get("Delimiter"):
        told["Delimiter"] = told_key(request["Delimiter"], encoded=encoded)
    if encoded:
        told["EncodingType"] = "url"
    return told


def _told_object(
    bucket: Bucket, version: ObjectVersion, *, encoded: bool, with_owner: bool
) -> dict[str, Any]:
    told = {
        "Key": told_key(version.key, encoded=encoded),
        "LastModified": version.modified,
        "ETag": version.quoted_etag,
        "Size": version.size,
        "StorageClass": version.storage_class,
        **told_algorithm(version),
    }
    if with_owner:
        told["Owner"] = owner_of(version.owner or bucket.account_id)
    return told


def _read_token(token: str) -> str:
    try:
        if not token:
            raise ValueError(token)
        return base64.b64decode(token, b"-_", validate=True).decode("utf-8", "surrogatepass")
    except (binascii.Error, ValueError):
        raise invalid_argument(
            "The continuation token provided is incorrect", "continuation-token"
        ) from None

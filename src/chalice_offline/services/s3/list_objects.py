"""ListObjects and ListObjectsV2: scans that jump over what a delimiter rolls up."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from chalice_offline.services.s3.errors import invalid_argument
from chalice_offline.services.s3.identities import owner_of
from chalice_offline.services.s3.pages import (
    after_prefix,
    check_encoding,
    count_of,
    raw,
    read_page,
    start_of,
    told_algorithm,
    told_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.object_store import ObjectStore
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.pages import Page
    from chalice_offline.services.s3.state import S3State


def list_objects(s3: S3State, _context: CallContext, request: Request) -> Result:
    """List the objects behind a marker, in the order of their keys."""
    bucket = s3.find_bucket(request)
    encoded = check_encoding(request)
    most = count_of(request, "MaxKeys", "max-keys")
    marker = request.get("Marker", "")
    page = _read(s3.objects(bucket), request, marker, most)
    told = page.told(request, encoded=encoded) | {"Name": bucket.name, "MaxKeys": most}
    told["Marker"] = told_key(marker, encoded=encoded)
    told["Contents"] = [
        _told_object(bucket, each, encoded=encoded, with_owner=True) for each in page.entries
    ] or None
    if page.truncated and request.get("Delimiter"):
        told["NextMarker"] = told_key(_last_key(page), encoded=encoded)
    return told


def list_objects_v2(s3: S3State, _context: CallContext, request: Request) -> Result:
    """List the objects behind a continuation token, in the order of their keys."""
    bucket = s3.find_bucket(request)
    encoded = check_encoding(request)
    most = count_of(request, "MaxKeys", "max-keys")
    token, start_after = request.get("ContinuationToken"), request.get("StartAfter", "")
    after = start_after if token is None else _read_token(token)
    page = _read(s3.objects(bucket), request, after, most)
    told = page.told(request, encoded=encoded) | {"Name": bucket.name, "MaxKeys": most}
    with_owner = bool(request.get("FetchOwner"))
    told["KeyCount"] = len(page.entries) + len(page.prefixes)
    told["Contents"] = [
        _told_object(bucket, each, encoded=encoded, with_owner=with_owner) for each in page.entries
    ] or None
    if token is not None:
        told["ContinuationToken"] = token
    if "StartAfter" in request and token is None:
        told["StartAfter"] = told_key(start_after, encoded=encoded)
    if page.truncated:
        told["NextContinuationToken"] = base64.urlsafe_b64encode(raw(_last_key(page))).decode()
    return told


def _read(objects: ObjectStore, request: Request, after: str, most: int) -> Page[ObjectVersion]:
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
    end = after_prefix(raw(prefix))

    def shown(start: bytes) -> Iterator[ObjectVersion]:
        return (version for version in objects.scan(start, end) if not version.is_marker)

    start = start_of(prefix, delimiter, after, raw(after) + b"\x00")
    return read_page(shown(start), lambda version: version.key, shown, prefix, delimiter, most)


def _last_key(page: Page[ObjectVersion]) -> str:
    return page.last if isinstance(page.last, str) else page.last.key if page.last else ""


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

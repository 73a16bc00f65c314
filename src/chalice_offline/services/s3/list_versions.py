"""ListObjectVersions: every version and delete marker, the newest of each key first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.s3.errors import invalid_argument
from chalice_offline.services.s3.identities import owner_of
from chalice_offline.services.s3.object_version import NULL_VERSION
from chalice_offline.services.s3.pages import (
    after_prefix,
    check_encoding,
    common_prefix,
    count_of,
    raw,
    read_page,
    start_of,
    told_algorithm,
    told_key,
)
from chalice_offline.services.s3.version_ids import is_version_id, sequence_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.object_store import ObjectStore
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.pages import Page
    from chalice_offline.services.s3.state import S3State

    _Entry = tuple[ObjectVersion, bool]  # with whether it is the latest of its key


def list_object_versions(s3: S3State, _context: CallContext, request: Request) -> Result:
    """List the versions behind a key marker and a version marker."""
    bucket = s3.find_bucket(request)
    encoded = check_encoding(request)
    most = count_of(request, "MaxKeys", "max-keys")
    key_marker, version_marker = request.get("KeyMarker", ""), request.get("VersionIdMarker")
    _check_markers(request)
    page = _read(s3.objects(bucket), request, (key_marker, version_marker or ""), most)
    told = page.told(request, encoded=encoded) | {
        "Name": bucket.name,
        "KeyMarker": told_key(key_marker, encoded=encoded),
        "VersionIdMarker": version_marker or "",
        "MaxKeys": most,
        "Versions": [
            _told(bucket, version, encoded=encoded, is_latest=latest)
            for version, latest in page.entries
            if not version.is_marker
        ]
        or None,
        "DeleteMarkers": [
            _told_marker(bucket, version, encoded=encoded, is_latest=latest)
            for version, latest in page.entries
            if version.is_marker
        ]
        or None,
    }
    if page.truncated:
        if isinstance(page.last, str):
            told["NextKeyMarker"] = told_key(page.last, encoded=encoded)
        elif page.last is not None:
            version = page.last[0]
            told["NextKeyMarker"] = told_key(version.key, encoded=encoded)
            told["NextVersionIdMarker"] = version.version_id
    return told


def _check_markers(request: Request) -> None:
    marker = request.get("VersionIdMarker")
    if marker is None:
        return
    if not request.get("KeyMarker"):
        raise invalid_argument(
            "A version-id marker cannot be specified without a key marker.",
            "version-id-marker",
            marker,
        )
    if not marker:
        raise invalid_argument("A version-id marker cannot be empty.", "version-id-marker", marker)
    if marker != NULL_VERSION and not is_version_id(marker):
        raise invalid_argument("Invalid version id specified", "version-id-marker", marker)


def _read(
    objects: ObjectStore, request: Request, after: tuple[str, str], most: int
) -> Page[_Entry]:
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
    end = after_prefix(raw(prefix))
    return read_page(
        _versions(objects, *_start(objects, prefix, delimiter, after), end),
        lambda entry: entry[0].key,
        lambda start: _versions(objects, None, start, end),
        prefix,
        delimiter,
        most,
    )


def _start(
    objects: ObjectStore, prefix: str, delimiter: str, after: tuple[str, str]
) -> tuple[tuple[str, int] | None, bytes]:
    """Return key and sequence number to go on behind, and the key to go on with after that."""
    key, version_id = after
    start = start_of(prefix, delimiter, key, raw(key) + b"\x00")
    if not key or (key.startswith(prefix) and common_prefix(key, prefix, delimiter) is not None):
        return None, start
    resumed = None
    if version_id == NULL_VERSION:
        found = objects.version(key, version_id)
        resumed = None if found is None else (key, found.sequence)
    elif version_id:  # it may be gone by now: its place is in its id
        resumed = key, sequence_of(version_id)
    return resumed, start


def _versions(
    objects: ObjectStore, resumed: tuple[str, int] | None, start: bytes, end: bytes | None
) -> Iterator[_Entry]:
    """Give versions, each with whether it is the latest of its key."""
    if resumed is not None:
        key, sequence = resumed
        newest = objects.newest(key)
        if newest is not None and newest.sequence < sequence:
            yield newest, True
        for older in objects.older(key, sequence):
            yield older, False
    for newest in objects.scan(start, end):
        yield newest, True
        for older in objects.older(newest.key):
            yield older, False


def _told(
    bucket: Bucket, version: ObjectVersion, *, encoded: bool, is_latest: bool
) -> dict[str, Any]:
    return {
        "ETag": version.quoted_etag,
        "Size": version.size,
        "StorageClass": version.storage_class,
        **told_algorithm(version),
        **_told_marker(bucket, version, encoded=encoded, is_latest=is_latest),
    }


def _told_marker(
    bucket: Bucket, version: ObjectVersion, *, encoded: bool, is_latest: bool
) -> dict[str, Any]:
    return {
        "Key": told_key(version.key, encoded=encoded),
        "VersionId": version.version_id,
        "IsLatest": is_latest,
        "LastModified": version.modified,
        "Owner": owner_of(version.owner or bucket.account_id),
    }

"""Conditional requests (RFC 9110, and the S3 user guide, "Conditional requests").

A strong condition (an ETag) that holds makes the weak one beside it (a date) irrelevant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.errors import (
    no_such_key,
    not_implemented_header,
    precondition_failed,
)
from chalice_offline.services.s3.http_dates import http_date_of_ms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chalice_offline.services.s3.object_version import ObjectVersion


def check_read(request: Mapping[str, Any], version: ObjectVersion, now_ms: int) -> None:
    """Raise 412 or 304 when a GET or HEAD should not get the object.

    A modification date in the future is ignored (RFC 9110, 13.1.3).
    """
    if "IfMatch" in request:
        if not etag_in(request["IfMatch"], version.etag):
            raise precondition_failed("If-Match")
    elif _written_after(request.get("IfUnmodifiedSince"), version):
        raise precondition_failed("If-Unmodified-Since")
    if "IfNoneMatch" in request:
        if etag_in(request["IfNoneMatch"], version.etag):
            raise _not_modified("If-None-Match", version)
    elif (
        "IfModifiedSince" in request
        and request["IfModifiedSince"].timestamp() * 1000 <= now_ms
        and not _written_after(request["IfModifiedSince"], version)
    ):
        raise _not_modified("If-Modified-Since", version)


def check_copy_source(request: Mapping[str, Any], source: ObjectVersion, now_ms: int) -> None:
    """Raise 412 when the source of a copy is not as it should be."""
    prefix = "x-amz-copy-source-"
    if "CopySourceIfMatch" in request:
        if not etag_in(request["CopySourceIfMatch"], source.etag):
            raise precondition_failed(f"{prefix}If-Match")
    elif _written_after(request.get("CopySourceIfUnmodifiedSince"), source):
        raise precondition_failed(f"{prefix}If-Unmodified-Since")
    if "CopySourceIfNoneMatch" in request:
        if etag_in(request["CopySourceIfNoneMatch"], source.etag):
            raise precondition_failed(f"{prefix}If-None-Match")
    elif (
        "CopySourceIfModifiedSince" in request
        and request["CopySourceIfModifiedSince"].timestamp() * 1000 <= now_ms
        and not _written_after(request["CopySourceIfModifiedSince"], source)
    ):
        raise precondition_failed(f"{prefix}If-Modified-Since")


def check_write(request: Mapping[str, Any], newest: ObjectVersion | None) -> None:
    """Raise 412 (404 for If-Match on nothing) when a write should not happen."""
    if "IfMatch" not in request and "IfNoneMatch" not in request:
        return
    present = None if newest is None or newest.is_marker else newest
    none_match, match = request.get("IfNoneMatch"), request.get("IfMatch")
    if none_match is not None and match is not None:
        raise not_implemented_header(
            "If-Match,If-None-Match",
            "Multiple conditional request headers present in the request",
        )
    if none_match is not None:
        if none_match != "*":
            raise not_implemented_header(
                "If-None-Match",
                "We don't accept the provided value of If-None-Match header for this API",
            )
        if present is not None:
            raise precondition_failed("If-None-Match")
    if match is not None:
        if match == "*":
            raise not_implemented_header(
                "If-Match", "We don't accept the provided value of If-Match header for this API"
            )
        if present is None:
            raise no_such_key(request["Key"])
        if not etag_in(match, present.etag):
            raise precondition_failed("If-Match")


def check_delete(request: Mapping[str, Any], found: ObjectVersion | None) -> None:
    """Raise 412 (404 for a condition on nothing) when a deletion should not happen."""
    # These two are for directory buckets.
    for header, members in (
        ("x-amz-if-match-last-modified-time", ("IfMatchLastModifiedTime", "LastModifiedTime")),
        ("x-amz-if-match-size", ("IfMatchSize", "Size")),
    ):
        if any(member in request for member in members):
            raise not_implemented_header(header)
    match = request.get("IfMatch", request.get("ETag"))
    if match is not None:
        if found is None or found.is_marker:
            if match == "*":
                raise precondition_failed("If-Match")
            raise no_such_key(request["Key"])
        if match != "*" and not etag_in(match, found.etag):
            raise precondition_failed("If-Match")


def etag_in(condition: str, etag: str) -> bool:
    """Whether a list of ETags, or "*", names `etag`."""
    names = (name.strip().removeprefix("W/").strip('"') for name in condition.split(","))
    return any(name in ("*", etag) for name in names)


def _written_after(since: datetime | None, version: ObjectVersion) -> bool:
    """Whether the object was written after `since`."""
    return since is not None and version.modified > int(since.timestamp())


def _not_modified(condition: str, version: ObjectVersion) -> AwsError:
    return AwsError(
        "NotModified",
        "Not Modified",
        status=304,
        fields={"Condition": condition},
        headers={
            "etag": version.quoted_etag,
            "last-modified": http_date_of_ms(version.modified_ms),
        },
    )

"""What AWS's replies carry and the storage's do not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import HttpRequest, HttpResponse

# Since January 2023 everything is encrypted, and replies about objects say so (recorded on AWS).
_ENCRYPTED = frozenset(
    {
        "PutObject",
        "CopyObject",
        "GetObject",
        "HeadObject",
        "CreateMultipartUpload",
        "UploadPart",
        "UploadPartCopy",
        "CompleteMultipartUpload",
    }
)
_OF_WHOLE_OBJECTS = frozenset({"PutObject", "GetObject", "HeadObject"})
_ALGORITHMS = ("crc32", "crc32c", "crc64nvme", "sha1", "sha256")
_DELETED = re.compile(rb"<Deleted>.*?</Deleted>", re.DOTALL)
_QUIET = re.compile(rb"<Quiet>\s*true\s*</Quiet>", re.IGNORECASE)
_FIRST_FAILURE = 300


def complete(
    operation: str,
    request: HttpRequest,
    response: HttpResponse,
    request_id: str,
    host_id: str,
) -> None:
    """Make a reply of the storage, in place, say what AWS would have said."""
    headers = response.headers
    headers.pop("x-amzn-requestid", None)
    headers["x-amz-request-id"] = request_id
    headers["x-amz-id-2"] = host_id
    if response.status >= _FIRST_FAILURE:
        return
    if operation in _ENCRYPTED:
        headers.setdefault("x-amz-server-side-encryption", "AES256")
    if operation in _OF_WHOLE_OBJECTS and any(
        f"x-amz-checksum-{algorithm}" in headers for algorithm in _ALGORITHMS
    ):
        headers.setdefault("x-amz-checksum-type", "FULL_OBJECT")
    further = _FURTHER.get(operation)
    if further is not None:
        further(request, response)


def _without_null_version(_request: HttpRequest, response: HttpResponse) -> None:
    if response.headers.get("x-amz-version-id") == "null":
        del response.headers["x-amz-version-id"]


def _quiet(request: HttpRequest, response: HttpResponse) -> None:
    """In quiet mode only errors are told (Amazon S3 API reference, DeleteObjects)."""
    if _QUIET.search(request.body):
        response.body = _DELETED.sub(b"", response.body)
        response.headers.pop("content-length", None)


_FURTHER: dict[str, Callable[[HttpRequest, HttpResponse], None]] = {
    "CompleteMultipartUpload": _without_null_version,
    "DeleteObjects": _quiet,
}

"""ListMultipartUploads: by key, and the uploads of one key in the order in which they began."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.services.s3.errors import invalid_argument
from chalice_offline.services.s3.identities import initiator_of, owner_of
from chalice_offline.services.s3.object_version import STANDARD
from chalice_offline.services.s3.pages import (
    after_prefix,
    check_encoding,
    common_prefix,
    count_of,
    raw,
    told_key,
)
from chalice_offline.services.s3.upload_store import place_after
from chalice_offline.services.s3.version_ids import sequence_of

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.state import S3State
    from chalice_offline.services.s3.upload import Upload
    from chalice_offline.services.s3.upload_store import UploadStore


@dataclass(slots=True)
class _Page:
    uploads: list[Upload] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    last_key: str = ""
    last_id: str = ""
    truncated: bool = False


def list_multipart_uploads(s3: S3State, _context: CallContext, request: Request) -> Result:
    """List the uploads under way behind a key marker and an upload id marker."""
    bucket = s3.find_bucket(request)
    encoded = check_encoding(request)
    most = count_of(request, "MaxUploads", "max-uploads")
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
    key_marker = request.get("KeyMarker", "")
    # Without a key marker the other one means nothing (API reference).
    id_marker = request.get("UploadIdMarker", "") if key_marker else ""
    if id_marker and not sequence_of(id_marker):
        raise invalid_argument("Invalid uploadId marker", "upload-id-marker", id_marker)
    page = _read(s3.uploads(bucket), prefix, delimiter, (key_marker, id_marker), most)
    told: Result = {
        "Bucket": bucket.name,
        "KeyMarker": told_key(key_marker, encoded=encoded),
        "UploadIdMarker": id_marker,
        "Prefix": told_key(prefix, encoded=encoded) if "Prefix" in request else None,
        "MaxUploads": most,
        "IsTruncated": page.truncated,
        "Uploads": [_told(upload, encoded=encoded) for upload in page.uploads] or None,
        "CommonPrefixes": [{"Prefix": told_key(each, encoded=encoded)} for each in page.prefixes]
        or None,
        "NextKeyMarker": told_key(page.last_key, encoded=encoded),
        "NextUploadIdMarker": page.last_id,
    }
    if delimiter:
        told["Delimiter"] = told_key(delimiter, encoded=encoded)
    if encoded:
        told["EncodingType"] = "url"
    return told


def _read(
    uploads: UploadStore, prefix: str, delimiter: str, after: tuple[str, str], most: int
) -> _Page:
    page = _Page()
    if most == 0:
        return page
    key, upload_id = after
    start, end = raw(prefix), after_prefix(raw(prefix))
    if key:
        start = max(start, place_after(key, upload_id))
        rolled = common_prefix(key, prefix, delimiter) if key.startswith(prefix) else None
        if rolled is not None:
            start = after_prefix(raw(rolled)) or start
    found = uploads.scan(start, end)
    while (upload := next(found, None)) is not None:
        if len(page.uploads) + len(page.prefixes) == most:
            page.truncated = True
            break
        rolled = common_prefix(upload.key, prefix, delimiter)
        if rolled is None:
            page.uploads.append(upload)
            page.last_key, page.last_id = upload.key, upload.upload_id
            continue
        page.prefixes.append(rolled)
        page.last_key, page.last_id = "", ""  # recorded
        behind = after_prefix(raw(rolled))
        if behind is None:
            break
        found = uploads.scan(behind, end)
    return page


def _told(upload: Upload, *, encoded: bool) -> dict[str, Any]:
    owner = owner_of(upload.account_id)
    told = {
        "UploadId": upload.upload_id,
        "Key": told_key(upload.key, encoded=encoded),
        "Initiated": upload.initiated_ms // 1000,
        "StorageClass": upload.template.get("storage_class", STANDARD),
        "Owner": owner,
        "Initiator": initiator_of(upload.account_id),
    }
    if upload.algorithm:
        told.update(ChecksumAlgorithm=upload.algorithm, ChecksumType=upload.checksum_type)
    return told

"""ListMultipartUploads: by key, and the uploads of one key in the order in which they began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.s3.errors import invalid_argument
from chalice_offline.services.s3.identities import initiator_of, owner_of
from chalice_offline.services.s3.object_version import STANDARD
from chalice_offline.services.s3.pages import (
    after_prefix,
    check_encoding,
    count_of,
    raw,
    read_page,
    start_of,
    told_key,
)
from chalice_offline.services.s3.upload_store import place_after
from chalice_offline.services.s3.version_ids import sequence_of

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.state import S3State
    from chalice_offline.services.s3.upload import Upload


def list_multipart_uploads(s3: S3State, _context: CallContext, request: Request) -> Result:
    """List the uploads under way behind a key marker and an upload id marker."""
    bucket = s3.find_bucket(request)
    encoded = check_encoding(request)
    most = count_of(request, "MaxUploads", "max-uploads")
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
    key_marker = request.get("KeyMarker", "")
    # Without a key marker the other one means nothing (API reference).
    id_marker = request.get("UploadIdMarker", "") if key_marker else ""
    uploads, end = s3.uploads(bucket), after_prefix(raw(prefix))
    if id_marker and (not sequence_of(id_marker) or uploads.is_elsewhere(key_marker, id_marker)):
        raise invalid_argument("Invalid uploadId marker", "upload-id-marker", id_marker)
    behind = place_after(key_marker, id_marker) if key_marker else b""
    page = read_page(
        uploads.scan(start_of(prefix, delimiter, key_marker, behind), end),
        lambda upload: upload.key,
        lambda start: uploads.scan(start, end),
        prefix,
        delimiter,
        most,
    )
    # A page that ends with a common prefix names no upload (recorded).
    last = None if isinstance(page.last, str) else page.last
    told = page.told(request, encoded=encoded) | {
        "Bucket": bucket.name,
        "KeyMarker": told_key(key_marker, encoded=encoded),
        "UploadIdMarker": id_marker,
        "MaxUploads": most,
        "Uploads": [_told(upload, encoded=encoded) for upload in page.entries] or None,
        "NextKeyMarker": told_key(last.key, encoded=encoded) if last else "",
        "NextUploadIdMarker": last.upload_id if last else "",
    }
    if "Prefix" not in request:
        told["Prefix"] = None
    return told


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

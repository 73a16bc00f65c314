"""GetObject, HeadObject, GetObjectAttributes, and what has no answer here (torrents, queries)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.checksums import told_checksums
from chalice_offline.services.s3.conditions import check_read
from chalice_offline.services.s3.encryption import check_key, check_not_asked_of_a_read
from chalice_offline.services.s3.errors import invalid_argument, invalid_request
from chalice_offline.services.s3.new_objects import ARCHIVES
from chalice_offline.services.s3.read_object import read_object, tell

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.state import S3State

_ATTRIBUTES = ("ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize")
_MOST_PARTS_TOLD = 1000


def get_object(s3: S3State, context: CallContext, request: Request) -> Result:
    """Give an object, or a range or part of it."""
    return read_object(s3, context, s3.find_bucket(request), request)


def head_object(s3: S3State, context: CallContext, request: Request) -> Result:
    """Tell everything about an object but its content."""
    bucket = s3.find_bucket(request)
    version = s3.find_object(bucket, request, "HEAD")
    check_read(request, version, context.now_ms)
    check_not_asked_of_a_read(context)
    check_key(request, version)
    told, _ = tell(bucket, version, request, context)
    if version.storage_class in ARCHIVES:
        told["ArchiveStatus"] = None
    return told


def get_object_attributes(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Tell the attributes that are asked for."""
    bucket = s3.find_bucket(request)
    wanted = request.get("ObjectAttributes")
    if not wanted:
        raise invalid_request(
            "The x-amz-object-attributes header specifying the attributes to be retrieved is "
            "either missing or empty"
        )
    for name in wanted:
        if name not in _ATTRIBUTES:
            raise invalid_argument(
                "Invalid attribute name specified.", "x-amz-object-attributes", name
            )
    version = s3.find_object(bucket, request)
    check_key(request, version)
    told: Result = {"LastModified": version.modified}
    if bucket.versioning:
        told["VersionId"] = version.version_id
    if "ETag" in wanted:
        told["ETag"] = version.etag
    if "StorageClass" in wanted:
        told["StorageClass"] = version.storage_class
    if "ObjectSize" in wanted:
        told["ObjectSize"] = version.size
    if "Checksum" in wanted and version.checksums:
        bare = {name: text.partition("-")[0] for name, text in version.checksums.items()}
        told["Checksum"] = {**told_checksums(bare), "ChecksumType": version.checksum_type}
    if "ObjectParts" in wanted and version.parts:
        told["ObjectParts"] = _object_parts(version, request)
    return told


def get_object_torrent(_s3: S3State, _context: CallContext, _request: Request) -> Result:
    """Refuse: AWS ended it in 2022."""
    raise AwsError(
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        status=405,
    )


def select_object_content(_s3: S3State, _context: CallContext, _request: Request) -> Result:
    """Refuse, in one sentence."""
    raise AwsError(
        "NotImplemented",
        "chalice-offline does not emulate SelectObjectContent (AWS closed it to new customers in "
        "2024); read the object with GetObject.",
        status=501,
    )


def _object_parts(version: ObjectVersion, request: Request) -> dict[str, Any]:
    marker = request.get("PartNumberMarker", 0)
    most = min(request.get("MaxParts", _MOST_PARTS_TOLD), _MOST_PARTS_TOLD)
    told: dict[str, Any] = {"TotalPartsCount": len(version.parts)}
    if not version.parts[0][2] or version.checksum_type != "COMPOSITE":
        # Parts are told one by one only where each has a checksum of its own (recorded on AWS).
        return told
    parts = [part for part in version.parts if part[0] > marker]
    shown = parts[:most]
    told.update(
        PartNumberMarker=marker,
        NextPartNumberMarker=shown[-1][0] if shown else 0,
        MaxParts=most,
        IsTruncated=len(parts) > len(shown),
        Parts=[
            {"PartNumber": number, "Size": size, **told_checksums(checksums)}
            for number, size, checksums in shown
        ],
    )
    return told

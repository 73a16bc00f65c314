"""CopyObject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.s3 import announcements
from chalice_offline.services.s3.checksums import (
    DEFAULT_ALGORITHM,
    FULL_OBJECT,
    checksum_of,
    told_checksums,
)
from chalice_offline.services.s3.conditions import check_copy_source, check_write
from chalice_offline.services.s3.copy_source import find_source
from chalice_offline.services.s3.errors import (
    invalid_request,
)
from chalice_offline.services.s3.kms_keys import check_named_key
from chalice_offline.services.s3.limits import LARGEST_PUT_BYTES
from chalice_offline.services.s3.new_objects import (
    check_directive,
    check_no_version,
    described,
    told_written,
    write,
)
from chalice_offline.services.s3.object_version import NULL_VERSION, STANDARD, ObjectVersion
from chalice_offline.services.s3.payload import md5_of

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.copy_source import Source
    from chalice_offline.services.s3.state import S3State

_ITSELF = (
    "This copy request is illegal because it is trying to copy an object to itself without "
    "changing the object's metadata, storage class, website redirect location or encryption "
    "attributes."
)
_NEW_BY_REQUEST = ("StorageClass", "WebsiteRedirectLocation", "ServerSideEncryption",
                   "SSECustomerAlgorithm", "ChecksumAlgorithm")  # fmt: skip


def copy_object(s3: S3State, context: CallContext, request: Request) -> Result:
    """Make an object of another one, with its metadata and tags or with new ones."""
    bucket = s3.find_bucket(request)
    check_no_version(context)
    metadata = request.get("MetadataDirective", "COPY")
    tagging = request.get("TaggingDirective", "COPY")
    check_directive("metadata", metadata)
    check_directive("tagging", tagging)
    source = find_source(s3, request, context)
    check_copy_source(request, source.version, context.now_ms)
    _check_not_itself(bucket, source, request, metadata)
    if source.version.size > LARGEST_PUT_BYTES:
        raise invalid_request(
            "The specified copy source is larger than the maximum allowable size for a copy "
            f"source: {LARGEST_PUT_BYTES}"
        )
    newest = s3.objects(bucket).newest(request["Key"])
    check_write(request, newest)
    check_named_key(s3, context, bucket, request)
    made = _made(context, bucket, request, source.version, metadata, tagging)
    version = ObjectVersion(request["Key"], size=source.version.size, **made)
    content = s3.contents.read(source.version)
    version.etag = source.version.etag if not source.version.parts else md5_of(content)
    _carry_checksum(version, source.version, request, content)
    s3.contents.copy(version, source.version)
    write(s3, bucket, version, newest)
    announcements.created(s3, context, bucket, version, "Copy", "CopyObject")
    return _told(bucket, source, version)


def _check_not_itself(bucket: Bucket, source: Source, request: Request, metadata: str) -> None:
    if (
        source.bucket is bucket
        and source.version.key == request["Key"]
        and not source.version_given
        and metadata == "COPY"
        and not any(member in request for member in _NEW_BY_REQUEST)
        and not bucket.settings.get("encryption")
        and source.version.encryption.get("ServerSideEncryption") == "AES256"
    ):
        raise invalid_request(_ITSELF)


def _made(
    context: CallContext,
    bucket: Bucket,
    request: Request,
    source: ObjectVersion,
    metadata: str,
    tagging: str,
) -> dict[str, Any]:
    """Return what the copy is made with: of the source, or of the request."""
    own = dict(request)
    if tagging == "COPY":
        own.pop("Tagging", None)
    if metadata == "COPY":
        own.pop("Metadata", None)  # nobody asks how long it is
    made = described(context, bucket, own)
    if metadata == "COPY":
        made["metadata"] = source.metadata
        redirect = made["settings"].get("WebsiteRedirectLocation")
        made["settings"] = {
            name: value
            for name, value in source.settings.items()
            if name != "WebsiteRedirectLocation"
        }
        if redirect:
            made["settings"]["WebsiteRedirectLocation"] = redirect
    if tagging == "COPY":
        made["tags"] = source.tags
    if made.get("storage_class") is None:
        made["storage_class"] = STANDARD
    return made


def _carry_checksum(
    version: ObjectVersion, source: ObjectVersion, request: Request, content: Any
) -> None:
    algorithm = request.get("ChecksumAlgorithm")
    if algorithm is None and source.checksums and source.checksum_type == FULL_OBJECT:
        version.checksums = dict(source.checksums)
    else:
        algorithm = algorithm or next(iter(source.checksums), DEFAULT_ALGORITHM)
        version.checksums = {algorithm: checksum_of(algorithm, content)}
    version.checksum_type = FULL_OBJECT


def _told(bucket: Bucket, source: Source, version: ObjectVersion) -> Result:
    told = told_written(bucket, version)
    result = {
        "ETag": told.pop("ETag"),
        "LastModified": version.modified,
        **told_checksums(version.checksums),
        "ChecksumType": told.pop("ChecksumType", None),
    }
    told["CopyObjectResult"] = result
    if bucket.versioning:
        told["VersionId"] = version.version_id
    if source.version.version_id != NULL_VERSION:
        told["CopySourceVersionId"] = source.version.version_id
    return told

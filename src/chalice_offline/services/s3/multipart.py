"""Multipart uploads under way: begun, given parts, listed, given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.checksums import (
    COMPOSITE,
    DEFAULT_ALGORITHM,
    FULL_OBJECT,
    check_algorithm,
    check_type,
    checksum_of,
    takes_part_checksums,
    told_checksums,
)
from chalice_offline.services.s3.conditions import check_copy_source
from chalice_offline.services.s3.contents import length_of, part_of
from chalice_offline.services.s3.copy_source import find_source
from chalice_offline.services.s3.encryption import customer_key, told_encryption
from chalice_offline.services.s3.errors import invalid_argument, invalid_request
from chalice_offline.services.s3.identities import initiator_of, owner_of
from chalice_offline.services.s3.kms_keys import check_named_key
from chalice_offline.services.s3.lifecycle_dates import abort_told
from chalice_offline.services.s3.limits import LARGEST_PART_BYTES, MOST_LISTED
from chalice_offline.services.s3.new_objects import check_no_version, described
from chalice_offline.services.s3.object_version import STANDARD
from chalice_offline.services.s3.payload import md5_of, read_payload
from chalice_offline.services.s3.ranges import check_part_number, read_copy_range
from chalice_offline.services.s3.upload import Part, Upload
from chalice_offline.services.s3.version_ids import new_version_id

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.contents import Content
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.state import S3State


_LARGEST_COUNT = 2_147_483_647


def create_multipart_upload(s3: S3State, context: CallContext, request: Request) -> Result:
    """Begin an upload: everything about the object but its content."""
    bucket = s3.find_bucket(request)
    algorithm, checksum_type = _checksum_of(request)
    template = described(context, bucket, request)
    check_named_key(s3, context, bucket, request)
    upload = Upload(
        key=request["Key"],
        upload_id=new_version_id(s3.kernel.ids, s3.next_sequence(None)),
        initiated_ms=context.now_ms,
        account_id=context.account_id,
        algorithm=algorithm,
        checksum_type=checksum_type,
        template=template,
    )
    s3.uploads(bucket).keep(upload)
    told: Result = {
        "Bucket": bucket.name,
        "Key": upload.key,
        "UploadId": upload.upload_id,
        **told_encryption(template["encryption"]),
        **abort_told(bucket, upload),
    }
    if algorithm:
        told.update(ChecksumAlgorithm=algorithm, ChecksumType=checksum_type)
    return told


def upload_part(s3: S3State, context: CallContext, request: Request) -> Result:
    """Keep one part; a part of the same number is replaced."""
    bucket = s3.find_bucket(request)
    check_no_version(context)  # recorded
    upload = s3.find_upload(bucket, request)
    number = _part_number(request)
    _check_key(request, upload)
    payload = read_payload(context, request)
    if payload.size > LARGEST_PART_BYTES:
        raise AwsError(
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed size",
            fields={"ProposedSize": payload.size, "MaxSizeAllowed": LARGEST_PART_BYTES},
        )
    wanted = upload.algorithm
    if wanted and payload.given and payload.algorithm != wanted:
        raise invalid_request(
            f"Checksum Type mismatch occurred, expected checksum Type: {wanted.lower()}, "
            f"actual checksum Type: {payload.algorithm.lower()}"
        )
    if wanted and not payload.given and upload.checksum_type == COMPOSITE:
        raise invalid_request(
            f"Checksum Type mismatch occurred, expected checksum Type: {wanted.lower()}, "
            "actual checksum Type: null"
        )
    checksums = {payload.algorithm: payload.checksum} if payload.given or not wanted else {}
    if wanted and not checksums:
        checksums = {wanted: checksum_of(wanted, payload.content)}
    part = Part(number, payload.size, payload.md5, context.now_ms, checksums)
    s3.contents.keep(part, payload.content)
    _enter(s3, bucket, upload, part)
    told: Result = {"ETag": part.quoted_etag, **told_encryption(upload.template["encryption"])}
    if payload.given or wanted:
        told.update(told_checksums(checksums))
    return told


def upload_part_copy(s3: S3State, context: CallContext, request: Request) -> Result:
    """Keep one part that is an object, or a range of one."""
    bucket = s3.find_bucket(request)
    upload = s3.find_upload(bucket, request)
    number = _part_number(request)
    _check_key(request, upload)
    source = find_source(s3, request, context)
    check_copy_source(request, source.version, context.now_ms)
    start, length = 0, source.version.size
    if "CopySourceRange" in request:
        span = read_copy_range(request["CopySourceRange"], length)
        start, length = span.start, span.length
    content = part_of(s3.contents.read(source.version), start, length)
    algorithm = upload.algorithm or DEFAULT_ALGORITHM
    md5 = source.version.etag if _is_md5(source.version, length) else md5_of(content)
    part = Part(number, length, md5, context.now_ms)
    part.checksums = _copied_checksum(source.version, algorithm, content)
    s3.contents.copy(part, source.version, start)
    _enter(s3, bucket, upload, part)
    result: dict[str, Any] = {"ETag": part.quoted_etag, "LastModified": part.modified_ms // 1000}
    if upload.algorithm:
        result.update(told_checksums(part.checksums))
    told: Result = {"CopyPartResult": result, **told_encryption(upload.template["encryption"])}
    if source.bucket.versioning:
        told["CopySourceVersionId"] = source.version.version_id
    return told


def list_parts(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Tell the parts of an upload, in order of their numbers."""
    bucket = s3.find_bucket(request)
    upload = s3.find_upload(bucket, request)
    marker = _count(request, "PartNumberMarker", "part-number-marker", 0)
    most = min(_count(request, "MaxParts", "max-parts", MOST_LISTED), MOST_LISTED)
    shown: list[Part] = []
    truncated = False
    for part in s3.uploads(bucket).parts(upload, marker):
        if len(shown) == most:
            truncated = most > 0  # of none there is no next page, as in other listings
            break
        shown.append(part)
    owner = owner_of(upload.account_id)
    told: Result = {
        "Bucket": bucket.name,
        "Key": upload.key,
        "UploadId": upload.upload_id,
        "PartNumberMarker": marker,
        "NextPartNumberMarker": shown[-1].number if shown else 0,
        "MaxParts": most,
        "IsTruncated": truncated,
        "Parts": [_told_part(part, upload) for part in shown],
        "Initiator": initiator_of(upload.account_id),
        "Owner": owner,
        "StorageClass": upload.template.get("storage_class", STANDARD),
        **abort_told(bucket, upload),
    }
    if upload.algorithm:
        told.update(ChecksumAlgorithm=upload.algorithm, ChecksumType=upload.checksum_type)
    return told


def abort_multipart_upload(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Give an upload up; its parts are gone."""
    bucket = s3.find_bucket(request)
    s3.uploads(bucket).remove(s3.find_upload(bucket, request), s3.contents)
    return {}


def _checksum_of(request: Request) -> tuple[str, str]:
    algorithm = request.get("ChecksumAlgorithm", "")
    asked = request.get("ChecksumType", "")
    if not algorithm:
        if asked:
            raise invalid_request(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm "
                "header."
            )
        return "", ""
    algorithm = algorithm.upper()
    check_algorithm(algorithm)
    if asked and asked not in (COMPOSITE, FULL_OBJECT):
        raise invalid_request("Value for x-amz-checksum-type header is invalid.")
    if asked:
        check_type(algorithm, asked)
    return algorithm, asked or takes_part_checksums(algorithm)


def _part_number(request: Request) -> int:
    number = int(request["PartNumber"])
    check_part_number(number)
    return number


def _check_key(request: Request, upload: Upload) -> None:
    """Refuse a part whose own key is another one than the upload began with."""
    begun = upload.template["encryption"].get("SSECustomerKeyMD5", "")
    given = customer_key(request)
    if bool(begun) != bool(given):
        raise invalid_request(
            "The multipart upload initiate requested encryption. Subsequent part requests must "
            "include the appropriate encryption parameters."
        )
    if begun != given:
        raise invalid_request(
            "The provided encryption parameters did not match the ones used originally."
        )


def _is_md5(source: ObjectVersion, length: int) -> bool:
    """Whether the ETag of the source is that of `length` bytes of it."""
    return length == source.size and not source.parts


def _copied_checksum(source: ObjectVersion, algorithm: str, content: Content) -> dict[str, str]:
    whole = length_of(content) == source.size and source.checksum_type == FULL_OBJECT
    if whole and algorithm in source.checksums:
        return {algorithm: source.checksums[algorithm]}
    return {algorithm: checksum_of(algorithm, content)}


def _enter(s3: S3State, bucket: Bucket, upload: Upload, part: Part) -> None:
    """Add a part, whose content is kept already; one of the same number is over."""
    uploads = s3.uploads(bucket)
    before = uploads.part(upload, part.number)
    uploads.keep_part(upload, part)
    if before is not None:
        s3.contents.drop(before)


def _count(request: Request, member: str, parameter: str, default: int) -> int:
    asked = int(request.get(member, default))
    if not 0 <= asked <= _LARGEST_COUNT:
        raise invalid_argument(
            f"Argument {parameter} must be an integer between 0 and {_LARGEST_COUNT}",
            parameter,
            str(asked),
        )
    return asked


def _told_part(part: Part, upload: Upload) -> dict[str, Any]:
    told = {
        "PartNumber": part.number,
        "LastModified": part.modified_ms // 1000,
        "ETag": part.quoted_etag,
        "Size": part.size,
    }
    if upload.algorithm:
        told.update(told_checksums(part.checksums))
    return told

"""CompleteMultipartUpload: parts become an object."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3 import announcements
from chalice_offline.services.s3.checksums import (
    COMPOSITE,
    DEFAULT_ALGORITHM,
    FULL_OBJECT,
    MEMBERS,
    checksum_of_all,
    composite_of,
    full_object_of,
    given_checksum,
    takes_part_checksums,
)
from chalice_offline.services.s3.conditions import check_write
from chalice_offline.services.s3.errors import (
    invalid_request,
    malformed_xml,
)
from chalice_offline.services.s3.limits import DEFAULT_CHECKSUM_BYTES, SMALLEST_PART_BYTES
from chalice_offline.services.s3.new_objects import told_written, write
from chalice_offline.services.s3.object_version import ObjectVersion
from chalice_offline.services.s3.payload import bad_checksum
from chalice_offline.services.s3.version_ids import sequence_of

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.state import S3State
    from chalice_offline.services.s3.upload import Part, Upload


def complete_multipart_upload(s3: S3State, context: CallContext, request: Request) -> Result:
    """Make the object of the parts that the request names; the upload is over then."""
    bucket = s3.find_bucket(request)
    newest = s3.objects(bucket).newest(request["Key"])
    if newest is not None and newest.upload_id == request["UploadId"]:
        # It was completed already: a client that missed the reply asks again (API reference).
        return _told(context, bucket, newest, announced=bool(newest.parts[0][2]))
    upload = s3.find_upload(bucket, request)
    _check_type(upload, request)
    parts = _chosen_parts(s3, bucket, upload, request)
    check_write(request, newest)
    _check_nobody_wrote(request, upload, newest)
    size = sum(part.size for part in parts)
    if "MpuObjectSize" in request and request["MpuObjectSize"] != size:
        raise invalid_request(
            f"The provided 'x-amz-mp-object-size' header value {request['MpuObjectSize']} does "
            f"not match what was computed: {size}"
        )
    checksum_type, checksums = _checksum(s3, upload, parts, request)
    digest = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in parts)).hexdigest()
    version = ObjectVersion(
        upload.key,
        size=size,
        etag=f"{digest}-{len(parts)}",
        checksums=checksums,
        checksum_type=checksum_type,
        upload_id=upload.upload_id,
        parts=[
            [part.number, part.size, part.checksums if upload.algorithm else {}] for part in parts
        ],
        **upload.template,
    )
    s3.contents.take(version, parts)
    write(s3, bucket, version, newest)
    s3.uploads(bucket).remove(upload, s3.contents, taken={part.number for part in parts})
    announcements.created(
        s3, context, bucket, version, "CompleteMultipartUpload", "CompleteMultipartUpload"
    )
    return _told(context, bucket, version, announced=bool(upload.algorithm))


def _check_nobody_wrote(request: Request, upload: Upload, newest: ObjectVersion | None) -> None:
    """Refuse a conditional completion if somebody wrote or deleted the key meanwhile."""
    is_written = newest is not None and newest.sequence > sequence_of(upload.upload_id)
    for member, header in (("IfMatch", "If-Match"), ("IfNoneMatch", "If-None-Match")):
        if member in request and (is_written or upload.key_deleted):
            raise AwsError(
                "ConditionalRequestConflict",
                "The conditional request cannot succeed due to a conflicting operation against "
                "this resource.",
                status=409,
                fields={"Condition": header, "Key": upload.key},
            )


def _chosen_parts(s3: S3State, bucket: Bucket, upload: Upload, request: Request) -> list[Part]:
    asked = request.get("MultipartUpload", {}).get("Parts") or []
    if not asked:
        raise invalid_request("You must specify at least one part")
    uploads = s3.uploads(bucket)
    chosen: list[Part] = []
    last_number = 0
    for each in asked:
        number = each.get("PartNumber")
        if number is None or "ETag" not in each:
            raise malformed_xml()
        if number <= last_number:
            raise AwsError(
                "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part "
                "number.",
                fields={"UploadId": upload.upload_id},
            )
        last_number = number
        part = uploads.part(upload, number)
        if part is None or each["ETag"].strip('"') != part.etag:
            raise _no_such_part(upload, number, each["ETag"])
        _check_part_checksum(upload, part, each)
        chosen.append(part)
    for part in chosen[:-1]:
        if part.size < SMALLEST_PART_BYTES:
            raise AwsError(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                fields={
                    "ETag": part.etag,
                    "MinSizeAllowed": SMALLEST_PART_BYTES,
                    "PartNumber": part.number,
                    "ProposedSize": part.size,
                },
            )
    return chosen


def _no_such_part(upload: Upload, number: int, etag: str) -> AwsError:
    return AwsError(
        "InvalidPart",
        "One or more of the specified parts could not be found.  The part may not have been "
        "uploaded, or the specified entity tag may not match the part's entity tag.",
        fields={"UploadId": upload.upload_id, "PartNumber": number, "ETag": etag.strip('"')},
    )


def _check_part_checksum(upload: Upload, part: Part, asked: dict[str, Any]) -> None:
    given = {algorithm: asked[member] for algorithm, member in MEMBERS.items() if member in asked}
    if given and not upload.algorithm:
        raise _no_such_part(upload, part.number, asked["ETag"])  # recorded
    for algorithm, text in given.items():
        if algorithm != upload.algorithm:
            raise AwsError(
                "BadDigest",
                f"The {algorithm.lower()} you specified for part {part.number} did not match "
                "what we received.",
            )
        if algorithm in part.checksums and part.checksums[algorithm] != text:
            raise _no_such_part(upload, part.number, asked["ETag"])
    if not given and upload.algorithm and upload.checksum_type == COMPOSITE:
        raise invalid_request(
            f"The upload was created using a {upload.algorithm.lower()} checksum. The complete "
            "request must include the checksum for each part. It was missing for part "
            f"{part.number} in the request."
        )


def _check_type(upload: Upload, request: Request) -> None:
    asked = request.get("ChecksumType")
    if asked and asked != upload.checksum_type:
        raise invalid_request(
            f"The upload was created using the {upload.checksum_type or 'null'} checksum mode. The "
            "complete request must use the same checksum mode."
        )


def _checksum(
    s3: S3State, upload: Upload, parts: list[Part], request: Request
) -> tuple[str, dict[str, str]]:
    """Return the object's checksum; raises AwsError when the request brings another one."""
    algorithm, checksum_type = upload.algorithm, upload.checksum_type
    if not algorithm:
        return _default_checksum(s3, upload, parts)
    texts = [part.checksums[algorithm] for part in parts]
    if checksum_type == COMPOSITE:
        text = composite_of(algorithm, texts)
    else:
        sizes = [part.size for part in parts]
        text = full_object_of(algorithm, zip(texts, sizes, strict=True))
    given = given_checksum(request)
    if given is not None and not (
        given[0] == algorithm
        and given[1] in (text, text.partition("-")[0])
        and (_is_meant_as(request, algorithm) == checksum_type)
    ):
        raise bad_checksum(algorithm.lower())
    return checksum_type, {algorithm: text}


def _is_meant_as(request: Request, algorithm: str) -> str:
    """Return of which type a checksum is that a request brings (recorded for CRC-32C)."""
    return str(request.get("ChecksumType") or takes_part_checksums(algorithm))


def _default_checksum(s3: S3State, upload: Upload, parts: list[Part]) -> tuple[str, dict[str, str]]:
    """Return the checksum S3 chooses itself, whatever the parts came with.

    It follows from the parts' own where they have it. Else a very large object goes without: to
    read it would hold everybody up.
    """
    if "SSECustomerKeyMD5" in upload.template["encryption"]:
        return "", {}
    if all(DEFAULT_ALGORITHM in part.checksums for part in parts):
        known = ((part.checksums[DEFAULT_ALGORITHM], part.size) for part in parts)
        return FULL_OBJECT, {DEFAULT_ALGORITHM: full_object_of(DEFAULT_ALGORITHM, known)}
    if sum(part.size for part in parts) > DEFAULT_CHECKSUM_BYTES:
        return "", {}
    contents = [s3.contents.read(part) for part in parts]
    text = checksum_of_all(DEFAULT_ALGORITHM, contents)
    return FULL_OBJECT, {DEFAULT_ALGORITHM: text}


def _told(
    context: CallContext, bucket: Bucket, version: ObjectVersion, *, announced: bool
) -> Result:
    told = told_written(bucket, version)
    if not announced and version.encryption.get("ServerSideEncryption") != "AES256":
        for member in (*MEMBERS.values(), "ChecksumType"):  # recorded: not told then
            told.pop(member, None)
    endpoint = context.endpoint or "https://s3.amazonaws.com"
    told.update(
        Location=f"{endpoint}/{bucket.name}/{quote(version.key, safe='')}",
        Bucket=bucket.name,
        Key=version.key,
    )
    return told

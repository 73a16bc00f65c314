"""Conditional requests, ranges and checksums, in AWS's words."""

from __future__ import annotations

import base64
import hashlib
import zlib
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

BUCKET = "conditions"
KEY = {"Bucket": BUCKET, "Key": "k"}


@pytest.fixture
def s3(aws: Any) -> Any:
    client = aws.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def refusal(call: Any, **request: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        call(**request)
    response = refused.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_put_object_only_if_there_is_none(s3: Any) -> None:
    """If-None-Match: * writes once; other values are not implemented (AWS)."""
    s3.put_object(**KEY, Body=b"1", IfNoneMatch="*")
    assert refusal(s3.put_object, **KEY, Body=b"2", IfNoneMatch="*") == ("PreconditionFailed", 412)
    assert refusal(s3.put_object, **KEY, Body=b"2", IfNoneMatch="x") == ("NotImplemented", 501)
    assert s3.get_object(**KEY)["Body"].read() == b"1"


def test_put_object_only_over_what_was_read(s3: Any) -> None:
    """If-Match needs an object of that ETag: 404 without any, 412 for another one."""
    assert refusal(s3.put_object, **KEY, Body=b"1", IfMatch='"x"') == ("NoSuchKey", 404)
    etag = s3.put_object(**KEY, Body=b"1")["ETag"]
    assert refusal(s3.put_object, **KEY, Body=b"2", IfMatch='"x"') == ("PreconditionFailed", 412)
    s3.put_object(**KEY, Body=b"2", IfMatch=etag)
    assert s3.get_object(**KEY)["Body"].read() == b"2"


def test_reads_honour_etags_and_dates(aws: Any, s3: Any) -> None:
    """412 and 304; an ETag that matches outweighs a date; a future date is ignored."""
    etag = s3.put_object(**KEY, Body=b"1")["ETag"]
    before, later = aws.now - timedelta(days=1), aws.now + timedelta(days=1)
    assert refusal(s3.get_object, **KEY, IfMatch='"x"') == ("PreconditionFailed", 412)
    assert refusal(s3.get_object, **KEY, IfNoneMatch=etag) == ("304", 304)
    assert refusal(s3.head_object, **KEY, IfModifiedSince=aws.now) == ("304", 304)
    assert refusal(s3.get_object, **KEY, IfUnmodifiedSince=before) == ("PreconditionFailed", 412)
    assert s3.get_object(**KEY, IfMatch=etag, IfUnmodifiedSince=before)["ETag"] == etag
    assert s3.get_object(**KEY, IfModifiedSince=later)["ETag"] == etag


@pytest.mark.parametrize(
    ("asked", "content", "told"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=8-100", b"89", "bytes 8-9/10"),
        ("bytes=5-2", b"0123456789", None),
        ("lines=1-2", b"0123456789", None),
    ],
)
def test_ranges(s3: Any, asked: str, content: bytes, told: str | None) -> None:
    """A range that is understood gives 206; any other gives everything."""
    s3.put_object(**KEY, Body=b"0123456789")
    reply = s3.get_object(**KEY, Range=asked)
    assert reply["Body"].read() == content
    assert reply.get("ContentRange") == told
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == (206 if told else 200)


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-12", "bytes=-0"])
def test_range_outside_is_refused(s3: Any, asked: str) -> None:
    """416, and the object's size."""
    s3.put_object(**KEY, Body=b"0123456789")
    with pytest.raises(ClientError) as refused:
        s3.get_object(**KEY, Range=asked)
    error = refused.value.response["Error"]
    assert (error["Code"], error["ActualObjectSize"]) == ("InvalidRange", "10")


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("CRC32", base64.b64encode(zlib.crc32(b"123456789").to_bytes(4, "big")).decode()),
        ("CRC32C", "4waSgw=="),  # the check values of the catalogue of CRCs
        ("CRC64NVME", "rosUhgp5mIg="),
        ("SHA1", base64.b64encode(hashlib.sha1(b"123456789").digest()).decode()),
        ("SHA256", base64.b64encode(hashlib.sha256(b"123456789").digest()).decode()),
    ],
)
def test_checksums(aws: Any, s3: Any, algorithm: str, expected: str) -> None:
    """Each algorithm's checksum is verified, kept and told; a wrong one is a BadDigest."""
    member = f"Checksum{algorithm}"
    s3.put_object(**KEY, Body=b"123456789", **{member: expected})
    assert s3.head_object(**KEY, ChecksumMode="ENABLED")[member] == expected
    assert refusal(s3.put_object, **KEY, Body=b"other", **{member: expected}) == ("BadDigest", 400)
    assert s3.get_object(**KEY)["Body"].read() == b"123456789"


def test_multipart_full_object_checksum_is_that_of_the_whole(s3: Any) -> None:
    """The CRCs of parts are joined: as if the object had been sent whole."""
    upload = s3.create_multipart_upload(
        **KEY, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT"
    )["UploadId"]
    pieces = [b"a" * 5 * 1024 * 1024, b"the end"]
    parts = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(**KEY, UploadId=upload, PartNumber=number, Body=piece)["ETag"],
        }
        for number, piece in enumerate(pieces, start=1)
    ]
    done = s3.complete_multipart_upload(**KEY, UploadId=upload, MultipartUpload={"Parts": parts})
    whole = zlib.crc32(b"".join(pieces)).to_bytes(4, "big")
    assert done["ChecksumCRC32"] == base64.b64encode(whole).decode()
    assert done["ETag"].endswith('-2"')
    second = s3.get_object(**KEY, PartNumber=2)
    assert (second["Body"].read(), second["PartsCount"]) == (b"the end", 2)


@pytest.mark.parametrize("number", [-1, 0, 10_001])
def test_a_part_has_a_number_that_parts_have(s3: Any, number: int) -> None:
    """Else the request is wrong, and not the object too short."""
    s3.put_object(**KEY, Body=b"1")
    assert refusal(s3.get_object, **KEY, PartNumber=number) == ("InvalidArgument", 400)
    assert refusal(s3.get_object, **KEY, PartNumber=2) == ("InvalidPartNumber", 416)


def test_metadata_that_a_copy_does_not_take_may_be_of_any_length(s3: Any) -> None:
    """The source's is copied."""
    s3.put_object(**KEY, Body=b"1", Metadata={"a": "b"})
    source = f"{KEY['Bucket']}/{KEY['Key']}"
    s3.copy_object(
        Bucket=KEY["Bucket"], Key="copy", CopySource=source, Metadata={"long": "m" * 3000}
    )
    assert s3.head_object(Bucket=KEY["Bucket"], Key="copy")["Metadata"] == {"a": "b"}


def test_wrong_content_md5_changes_nothing(s3: Any) -> None:
    """BadDigest, and no object."""
    md5 = base64.b64encode(bytes(16)).decode()
    assert refusal(s3.put_object, **KEY, Body=b"1", ContentMD5=md5) == ("BadDigest", 400)
    assert refusal(s3.head_object, **KEY) == ("404", 404)


def _upload(s3: Any, **options: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Begin an upload, give it one part; return what names it, and the part."""
    place = {"Bucket": BUCKET, "Key": "parts"}
    place["UploadId"] = s3.create_multipart_upload(**place, **options)["UploadId"]
    told = s3.upload_part(**place, PartNumber=1, Body=b"123456789")
    return place, {"PartNumber": 1, "ETag": told["ETag"]}


def test_an_upload_of_another_checksum_type_is_not_completed(s3: Any) -> None:
    """The type comes first, then the parts' checksums, then the object's."""
    place, part = _upload(s3)
    parts = {"Parts": [part]}
    with pytest.raises(ClientError, match="created using the null checksum mode"):
        s3.complete_multipart_upload(**place, MultipartUpload=parts, ChecksumType="COMPOSITE")
    with pytest.raises(ClientError, match="InvalidPart"):
        s3.complete_multipart_upload(
            **place, MultipartUpload={"Parts": [part | {"ChecksumCRC32": "y/Q5Jg=="}]}
        )
    place, part = _upload(s3, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    parts = {"Parts": [part]}
    # Without its type a checksum is one of the parts' checksums.
    with pytest.raises(ClientError, match="The crc32 you specified did not match"):
        s3.complete_multipart_upload(**place, MultipartUpload=parts, ChecksumCRC32="y/Q5Jg==")
    s3.complete_multipart_upload(
        **place, MultipartUpload=parts, ChecksumCRC32="y/Q5Jg==", ChecksumType="FULL_OBJECT"
    )


def test_a_part_of_a_full_object_checksum_has_none(s3: Any) -> None:
    """Of a composite one it has its own."""
    told = {}
    for kind in ("FULL_OBJECT", "COMPOSITE"):
        place, _ = _upload(s3, ChecksumAlgorithm="CRC32", ChecksumType=kind)
        parts = []
        for number, content in ((1, b"x" * 5 * 1024 * 1024), (2, b"123456789")):
            part = s3.upload_part(**place, PartNumber=number, Body=content)
            known = {name: part[name] for name in ("ETag", "ChecksumCRC32")}
            parts.append({"PartNumber": number, **known})
        s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
        told[kind] = s3.get_object(
            Bucket=BUCKET, Key="parts", PartNumber=2, ChecksumMode="ENABLED"
        ).get("ChecksumCRC32")
    assert told == {"FULL_OBJECT": None, "COMPOSITE": "y/Q5Jg=="}

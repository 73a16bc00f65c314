"""The checksum algorithms that came in April 2026, with and without the package for three."""

from __future__ import annotations

import base64
import hashlib
import sys
from typing import Any

import pytest
from botocore.exceptions import ClientError

BUCKET = "sums"
KEY = {"Bucket": BUCKET, "Key": "k"}
PART = b"p" * 5 * 1024 * 1024
XXHASHES = {"XXHASH64": "xxh64", "XXHASH3": "xxh3_64", "XXHASH128": "xxh3_128"}


@pytest.fixture
def s3(aws: Any) -> Any:
    client = aws.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def text_of(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def refusal(call: Any, **request: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as refused:
        call(**request)
    reply = refused.value.response
    return (
        reply["ResponseMetadata"]["HTTPStatusCode"],
        reply["Error"]["Code"],
        reply["Error"]["Message"],
    )


@pytest.mark.parametrize("algorithm", ["MD5", "SHA512"])
def test_an_object_has_the_checksum_that_it_came_with(s3: Any, algorithm: str) -> None:
    """Beside Content-MD5, which is another thing: it is checked, kept and told."""
    right = text_of(hashlib.new(algorithm, b"menu").digest())
    wrong = text_of(hashlib.new(algorithm, b"other").digest())
    member = f"Checksum{algorithm}"
    assert refusal(s3.put_object, **KEY, Body=b"menu", **{member: wrong})[:2] == (400, "BadDigest")
    assert refusal(s3.put_object, **KEY, Body=b"menu", **{member: "AAAA"})[:2] == (
        400, "InvalidRequest"
    )  # fmt: skip
    put = s3.put_object(**KEY, Body=b"menu", **{member: right})
    assert (put[member], put["ChecksumType"]) == (right, "FULL_OBJECT")
    head = s3.head_object(**KEY, ChecksumMode="ENABLED")
    assert (head[member], "ChecksumCRC64NVME" in head) == (right, False)
    listed = s3.list_objects_v2(Bucket=BUCKET)["Contents"][0]
    assert listed["ChecksumAlgorithm"] == [algorithm]
    copied = s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=KEY, ChecksumAlgorithm=algorithm)
    assert copied["CopyObjectResult"][member] == right


def test_parts_of_an_upload_have_it_and_the_object_that_of_theirs(s3: Any) -> None:
    """COMPOSITE only: of a whole object from its parts S3 has CRCs."""
    told = refusal(
        s3.create_multipart_upload, **KEY, ChecksumAlgorithm="MD5", ChecksumType="FULL_OBJECT"
    )
    assert told[:2] == (400, "InvalidRequest")
    upload = s3.create_multipart_upload(**KEY, ChecksumAlgorithm="MD5")
    assert upload["ChecksumType"] == "COMPOSITE"
    place = {**KEY, "UploadId": upload["UploadId"]}
    parts, digests = [], []
    for number, content in enumerate((PART, b"end"), 1):
        digests.append(hashlib.md5(content).digest())
        part = s3.upload_part(
            **place, PartNumber=number, Body=content, ChecksumMD5=text_of(digests[-1])
        )
        parts.append(
            {"PartNumber": number, "ETag": part["ETag"], "ChecksumMD5": part["ChecksumMD5"]}
        )
    whole = text_of(hashlib.md5(b"".join(digests)).digest())
    done = s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    assert (done["ChecksumMD5"], done["ChecksumType"]) == (f"{whole}-2", "COMPOSITE")
    asked = ["Checksum", "ObjectParts"]
    attributes = s3.get_object_attributes(**KEY, ObjectAttributes=asked)
    assert attributes["Checksum"] == {"ChecksumMD5": whole, "ChecksumType": "COMPOSITE"}
    told_parts = attributes["ObjectParts"]["Parts"]
    assert [part["ChecksumMD5"] for part in told_parts] == [text_of(one) for one in digests]


@pytest.mark.parametrize("algorithm", XXHASHES)
def test_xxhashes_are_those_of_their_package(s3: Any, algorithm: str) -> None:
    """Big-endian, with the seed 0; a wrong one is refused."""
    xxhash = pytest.importorskip("xxhash")
    right = text_of(getattr(xxhash, XXHASHES[algorithm])(b"menu").digest())
    member = f"Checksum{algorithm}"
    assert s3.put_object(**KEY, Body=b"menu", **{member: right})[member] == right
    wrong = text_of(getattr(xxhash, XXHASHES[algorithm])(b"other").digest())
    assert refusal(s3.put_object, **KEY, Body=b"menu", **{member: wrong})[:2] == (400, "BadDigest")
    assert s3.head_object(**KEY, ChecksumMode="ENABLED")[member] == right


def test_without_the_package_one_sentence_says_what_is_missing(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is kept that could not be checked."""
    monkeypatch.setitem(sys.modules, "xxhash", None)
    told = refusal(s3.put_object, **KEY, Body=b"menu", ChecksumXXHASH3="AAAAAAAAAAA=")
    assert told[:2] == (501, "NotImplemented")
    assert "pip install 'chalice-offline[xxhash]'" in told[2]
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0

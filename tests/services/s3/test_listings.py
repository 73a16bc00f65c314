"""Listings: order, prefixes, delimiters, pages, versions and uploads."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

BUCKET = "listings"
KEYS = ["a/1", "a/2", "b", "b/1", "ü", "z"]


@pytest.fixture
def s3(aws: Any) -> Any:
    client = aws.client("s3")
    client.create_bucket(Bucket=BUCKET)
    for key in reversed(KEYS):
        client.put_object(Bucket=BUCKET, Key=key, Body=b"1")
    return client


def told(page: dict[str, Any]) -> list[str]:
    prefixes = [each["Prefix"] for each in page.get("CommonPrefixes", [])]
    return sorted([each["Key"] for each in page.get("Contents", [])] + prefixes)


def test_keys_come_in_the_order_of_their_bytes(s3: Any) -> None:
    """UTF-8 order, whatever the order of the writes."""
    listed = s3.list_objects_v2(Bucket=BUCKET)
    assert [each["Key"] for each in listed["Contents"]] == sorted(KEYS, key=str.encode)
    assert listed["KeyCount"] == len(KEYS)


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_pages_with_a_delimiter_tell_everything_once(s3: Any, size: int) -> None:
    """Keys and common prefixes count alike, and no page tells one again."""
    for operation in ("list_objects", "list_objects_v2"):
        pages = s3.get_paginator(operation).paginate(
            Bucket=BUCKET, Delimiter="/", PaginationConfig={"PageSize": size}
        )
        found = [name for page in pages for name in told(page)]
        assert sorted(found) == sorted(["a/", "b", "b/", "ü", "z"])


def test_prefix_start_after_and_no_keys(s3: Any) -> None:
    """What lies before is left out; max-keys 0 tells nothing and is not truncated."""
    assert told(s3.list_objects_v2(Bucket=BUCKET, Prefix="a/")) == ["a/1", "a/2"]
    assert told(s3.list_objects_v2(Bucket=BUCKET, StartAfter="b/1")) == ["z", "ü"]
    nothing = s3.list_objects_v2(Bucket=BUCKET, MaxKeys=0)
    assert (told(nothing), nothing["IsTruncated"]) == ([], False)


def test_bad_tokens_and_counts_are_refused(s3: Any) -> None:
    """InvalidArgument, with the argument's name."""
    for request in ({"ContinuationToken": "?"}, {"MaxKeys": -1}, {"EncodingType": "hex"}):
        with pytest.raises(ClientError) as refused:
            s3.list_objects_v2(Bucket=BUCKET, **request)
        assert refused.value.response["Error"]["Code"] == "InvalidArgument"


def test_deleted_keys_are_not_listed_but_their_versions_are(s3: Any) -> None:
    """A delete marker hides a key; versions come newest first, in pages of any size."""
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    ids = [s3.put_object(Bucket=BUCKET, Key="b", Body=b"2")["VersionId"] for _ in range(3)]
    s3.delete_object(Bucket=BUCKET, Key="b")
    assert "b" not in told(s3.list_objects_v2(Bucket=BUCKET))

    pages = list(
        s3.get_paginator("list_object_versions").paginate(
            Bucket=BUCKET, Prefix="b", PaginationConfig={"PageSize": 2}
        )
    )
    versions = [each for page in pages for each in page.get("Versions", []) if each["Key"] == "b"]
    assert [each["VersionId"] for each in versions] == [*reversed(ids), "null"]
    markers = [each for page in pages for each in page.get("DeleteMarkers", [])]
    assert [each["IsLatest"] for each in markers] == [True]
    s3.delete_object(Bucket=BUCKET, Key="b", VersionId=markers[0]["VersionId"])
    assert s3.get_object(Bucket=BUCKET, Key="b")["VersionId"] == ids[-1]


def test_uploads_are_listed_by_key_and_age(s3: Any) -> None:
    """Uploads of one key come in the order in which they began."""
    ids = [
        s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"] for key in ("y", "x", "x")
    ]
    first = s3.list_multipart_uploads(Bucket=BUCKET, MaxUploads=2)
    assert [each["UploadId"] for each in first["Uploads"]] == ids[1:]
    rest = s3.list_multipart_uploads(
        Bucket=BUCKET,
        KeyMarker=first["NextKeyMarker"],
        UploadIdMarker=first["NextUploadIdMarker"],
    )
    assert [each["UploadId"] for each in rest["Uploads"]] == ids[:1]

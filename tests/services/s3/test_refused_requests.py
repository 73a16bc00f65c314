"""What S3 refuses that is easily let pass: keys of KMS, overtaken uploads, and more."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

BUCKET = "refused"
KEY = {"Bucket": BUCKET, "Key": "k"}


@pytest.fixture
def s3(aws: Any) -> Any:
    client = aws.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def refusal(call: Any, **request: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as refused:
        call(**request)
    response = refused.value.response
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


def encrypted(key: str) -> dict[str, Any]:
    return {**KEY, "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}


def test_a_key_that_a_request_names_must_be_there(aws: Any, s3: Any) -> None:
    """KMS's own answers; the key of another account is nothing we could ask for."""
    arn = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    told = s3.put_object(**encrypted(arn), Body=b"x")
    assert told["SSEKMSKeyId"] == arn
    assert refusal(s3.put_object, **encrypted("fake-key-id")) == (
        400, "KMS.NotFoundException", "Invalid keyId 'fake-key-id'"
    )  # fmt: skip
    missing = arn[:-12] + "0" * 12
    assert refusal(s3.create_multipart_upload, **encrypted(missing)) == (
        400, "KMS.NotFoundException", f"Key '{missing}' does not exist"
    )  # fmt: skip
    copy = encrypted(arn.replace("us-east-1", "eu-west-1")) | {"CopySource": f"{BUCKET}/k"}
    assert refusal(s3.copy_object, **copy) == (
        400, "KMS.NotFoundException", "Invalid arn eu-west-1"
    )  # fmt: skip
    s3.put_object(**encrypted(arn.replace(":000000000000:", ":111122223333:")), Body=b"x")


def test_a_key_that_is_disabled_neither_writes_nor_reads(aws: Any, s3: Any) -> None:
    """Until it is enabled again; what was written stays."""
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]
    arn = key["Arn"]
    s3.put_object(**encrypted(arn), Body=b"x")
    kms.disable_key(KeyId=key["KeyId"])
    told = (400, "KMS.DisabledException", f"{arn} is disabled.")
    assert refusal(s3.put_object, **encrypted(arn)) == told
    assert refusal(s3.get_object, **KEY) == told
    kms.enable_key(KeyId=key["KeyId"])
    assert s3.get_object(**KEY)["Body"].read() == b"x"
    kms.schedule_key_deletion(KeyId=key["KeyId"])
    assert refusal(s3.get_object, **KEY)[1:] == (
        "KMS.KMSInvalidStateException", f"{arn} is pending deletion."
    )  # fmt: skip


@pytest.mark.parametrize("versioned", [False, True])
def test_an_upload_that_a_deletion_overtook_is_in_conflict(s3: Any, versioned: bool) -> None:
    """The condition cannot be judged any more; an upload that begins afterwards is fine."""
    if versioned:
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(**KEY, Body=b"1")
    complete = begun(s3)
    other = begun(s3, Key="other")
    s3.delete_object(**KEY)
    assert refusal(s3.complete_multipart_upload, **complete, IfNoneMatch="*")[:2] == (
        409, "ConditionalRequestConflict"
    )  # fmt: skip
    s3.complete_multipart_upload(**begun(s3), IfNoneMatch="*")
    s3.complete_multipart_upload(**other, IfNoneMatch="*")
    s3.complete_multipart_upload(**complete)


def begun(s3: Any, **where: str) -> dict[str, Any]:
    place = KEY | where
    upload = s3.create_multipart_upload(**place)["UploadId"]
    etag = s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"part")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    return {**place, "UploadId": upload, "MultipartUpload": parts}


def test_numbers_of_parts_that_cannot_be_are_no_bugs(s3: Any) -> None:
    """Refused, or of no part; a page of no parts has no next one."""
    upload = begun(s3)
    (part,) = upload.pop("MultipartUpload")["Parts"]
    for wrong in ({"PartNumberMarker": -5}, {"MaxParts": -1}, {"MaxParts": 1 << 40}):
        assert refusal(s3.list_parts, **upload, **wrong)[:2] == (400, "InvalidArgument")
    for marker, most, numbers in ((0, 0, []), (0, 5, [1]), (1, 5, []), (70_000, 5, [])):
        told = s3.list_parts(**upload, PartNumberMarker=marker, MaxParts=most)
        assert [one["PartNumber"] for one in told.get("Parts", [])] == numbers
        assert told["IsTruncated"] is False
    parts = {"Parts": [part | {"PartNumber": 1_000_000_000}]}
    told = refusal(s3.complete_multipart_upload, **upload, MultipartUpload=parts)
    assert told[:2] == (400, "InvalidPart")


@pytest.mark.parametrize("digits", ["9" * 30, "9" * 5000])
def test_a_range_beyond_all_sizes_is_beyond_this_one(s3: Any, digits: str) -> None:
    """However many digits say so."""
    s3.put_object(**KEY, Body=b"content")
    told = refusal(s3.get_object, **KEY, Range=f"bytes={digits}-")
    assert told[:2] == (416, "InvalidRange")
    assert s3.get_object(**KEY, Range=f"bytes=3-{digits}")["Body"].read() == b"tent"
    upload = begun(s3)
    del upload["MultipartUpload"]
    told = refusal(
        s3.upload_part_copy,
        **upload,
        PartNumber=1,
        CopySource=KEY,
        CopySourceRange=f"bytes=0-{digits}",
    )
    assert told[:2] == (400, "InvalidArgument")


def test_a_marker_of_another_key_is_refused(s3: Any) -> None:
    """An id that belongs elsewhere is a mistake; one of an upload that is over is a place."""
    ids = [begun(s3, Key=key)["UploadId"] for key in ("a", "b", "c")]
    listing = {"Bucket": BUCKET, "KeyMarker": "b"}
    assert refusal(s3.list_multipart_uploads, **listing, UploadIdMarker=ids[0]) == (
        400, "InvalidArgument", "Invalid uploadId marker"
    )  # fmt: skip
    s3.abort_multipart_upload(Bucket=BUCKET, Key="b", UploadId=ids[1])
    told = s3.list_multipart_uploads(**listing, UploadIdMarker=ids[1])
    assert [one["Key"] for one in told["Uploads"]] == ["c"]


def test_a_bucket_made_again_with_tags_is_taken(s3: Any) -> None:
    """In us-east-1 making one's own bucket again changes nothing, and tags would."""
    again = {"Bucket": BUCKET, "CreateBucketConfiguration": {"Tags": [{"Key": "a", "Value": "1"}]}}
    assert refusal(s3.create_bucket, **again)[:2] == (409, "BucketAlreadyOwnedByYou")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"Tags": []})
    assert refusal(s3.get_bucket_tagging, Bucket=BUCKET)[1] == "NoSuchTagSet"


def test_a_copy_may_name_its_source_by_url(s3: Any) -> None:
    """As recorded: whatever stands before bucket and key."""
    s3.put_object(**KEY, Body=b"1")
    s3.copy_object(Bucket=BUCKET, Key="c", CopySource=f"http://localhost:4566/{BUCKET}/k")
    assert s3.get_object(Bucket=BUCKET, Key="c")["Body"].read() == b"1"


def test_a_filter_rule_has_name_and_value(s3: Any) -> None:
    """S3 takes one without for XML that is malformed, and keeps what was configured."""
    function = "arn:aws:lambda:us-east-1:000000000000:function:f"
    for rule in ({}, {"Name": "prefix"}, {"Value": "a"}):
        entry = {
            "LambdaFunctionArn": function,
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [rule]}},
        }
        configuration = {"LambdaFunctionConfigurations": [entry]}
        told = refusal(
            s3.put_bucket_notification_configuration,
            Bucket=BUCKET,
            NotificationConfiguration=configuration,
        )
        assert told[:2] == (400, "MalformedXML")


def test_a_replaced_header_field_must_fit_into_one(s3: Any) -> None:
    """Latin-1 is what header fields carry."""
    s3.put_object(**KEY, Body=b"1")
    assert refusal(s3.get_object, **KEY, ResponseCacheControl="é — é") == (
        400, "InvalidArgument", "Header value cannot be represented using ISO-8859-1."
    )  # fmt: skip
    s3.get_object(**KEY, ResponseContentDisposition="é")


def test_a_request_without_what_it_is_about_is_refused(s3: Any) -> None:
    """A body, or the attributes that are asked for; no bug of ours."""
    assert refusal(s3.put_object_lock_configuration, Bucket=BUCKET) == (
        400, "MissingRequestBodyError", "Request Body is empty"
    )  # fmt: skip
    s3.put_object(**KEY)

    def empty(request: Any, **_kwargs: Any) -> None:
        request.headers["x-amz-object-attributes"] = ""

    def absent(request: Any, **_kwargs: Any) -> None:
        del request.headers["x-amz-object-attributes"]

    for change in (empty, absent):
        s3.meta.events.register("before-sign.s3.GetObjectAttributes", change)
        status, code, text = refusal(s3.get_object_attributes, **KEY, ObjectAttributes=["ETag"])
        s3.meta.events.unregister("before-sign.s3.GetObjectAttributes", change)
        assert (status, code) == (400, "InvalidRequest")
        assert text.endswith("is either missing or empty")


@pytest.mark.parametrize("body", [b"", b"<Unfinished", b"<Tagging/>"])
def test_a_bucket_that_is_not_there_is_told_before_what_is_wrong_with_a_body(
    s3: Any, body: bytes
) -> None:
    """And who may not change it hears that: whose body it is counts first (recorded)."""

    def unreadable(request: Any, **_kwargs: Any) -> None:
        request.data = body

    s3.meta.events.register("before-sign.s3", unreadable)
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    asked = {"ServerSideEncryptionConfiguration": rules}
    told = refusal(s3.put_bucket_encryption, Bucket="no-such-bucket", **asked)
    assert told[:2] == (404, "NoSuchBucket")
    told = refusal(s3.put_bucket_encryption, Bucket=BUCKET, **asked, ExpectedBucketOwner="1" * 12)
    assert told[:2] == (403, "AccessDenied")
    told = refusal(s3.put_bucket_encryption, Bucket=BUCKET, **asked)
    assert told[0] == 400
    named = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    if b"U" in body:
        told = refusal(s3.create_bucket, Bucket="new-bucket", **named)
        assert told[:2] == (400, "MalformedXML")


def test_tags_of_a_new_bucket_are_not_awss(s3: Any) -> None:
    """CreateBucket says so at length, PutBucketTagging of a bucket that is there does not."""
    tags = [{"Key": "aws:own", "Value": "1"}]
    asked = {"Bucket": "refused-tags", "CreateBucketConfiguration": {"Tags": tags}}
    text = refusal(s3.create_bucket, **asked)[2]
    assert text.startswith('User-defined tag keys can\'t start with "aws:".')
    text = refusal(s3.put_bucket_tagging, Bucket=BUCKET, Tagging={"TagSet": tags})[2]
    assert text == "System tags cannot be added/updated by requester"


def test_tags_of_no_object_name_bucket_and_key(s3: Any) -> None:
    """Whoever asks for them; who sets them is told the key alone (recorded)."""
    for call, request, key in (
        (s3.get_object_tagging, {}, f"{BUCKET}/k"),
        (s3.put_object_tagging, {"Tagging": {"TagSet": []}}, "k"),
    ):
        with pytest.raises(ClientError) as refused:
            call(**KEY, **request)
        assert refused.value.response["Error"]["Key"] == key


def test_a_read_with_what_is_no_key_is_a_read_with_another_key(s3: Any) -> None:
    """A write is told what is wrong with it (recorded)."""
    key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    short = key | {"SSECustomerKey": "k" * 31}
    s3.put_object(**KEY, **key)
    assert refusal(s3.get_object, **KEY, **short)[:2] == (403, "AccessDenied")
    assert refusal(s3.put_object, **KEY, **short) == (
        400, "InvalidArgument", "The secret key was invalid for the specified algorithm."
    )  # fmt: skip


@pytest.mark.parametrize("aws", ["http"], indirect=True)
@pytest.mark.parametrize("query", ["versionId=abc", "versionId="])
def test_no_version_can_be_asked_for_by_who_makes_it(s3: Any, query: str) -> None:
    """Its id is S3's to give, and nothing is made."""

    def named(params: dict[str, Any], **_: Any) -> None:
        params["url"] += f"?{query}"

    refused = (400, "InvalidArgument", "This operation does not accept a version-id.")
    s3.meta.events.register("before-call.s3.PutObject", named)
    assert refusal(s3.put_object, **KEY, Body=b"x") == refused
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0

    def named_too(params: dict[str, Any], **_: Any) -> None:
        params["url"] += f"&{query}"

    s3.meta.events.register("before-call.s3.CreateMultipartUpload", named_too)
    upload = s3.create_multipart_upload(**KEY)["UploadId"]  # makes no version yet
    s3.meta.events.register("before-call.s3.UploadPart", named_too)
    part = {**KEY, "UploadId": upload, "PartNumber": 1, "Body": b"x"}
    assert refusal(s3.upload_part, **part) == refused
    assert "Parts" not in s3.list_parts(**KEY, UploadId=upload)

"""Objects over both doors: what is stored comes back, however it was sent."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

BUCKET = "www.menus"  # "www." because moto takes it off the names it finds in hosts
SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
)
KEYS = ("plain", "with space", "a/b//c", "/leading", "ü/ñ", "a+b@c~(1)*'!", "50%", "q?x#y", "end/")


only_over_http = pytest.mark.parametrize("aws", ["http"], indirect=True)


@pytest.fixture
def s3(aws: Any) -> Any:
    client = aws.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def requests_session(aws: Any) -> Any:
    """A plain HTTP client, for what browsers and curl send."""
    import requests

    return requests.Session()


@pytest.mark.parametrize("key", KEYS)
def test_put_object_keeps_any_key(s3: Any, key: str) -> None:
    """A key comes back as it was put: read, listed, headed and deleted."""
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"content")

    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"content"
    assert s3.head_object(Bucket=BUCKET, Key=key)["ContentLength"] == 7
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == [key]
    s3.delete_object(Bucket=BUCKET, Key=key)
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET)


def test_put_object_tells_what_aws_tells(s3: Any) -> None:
    """The reply names checksum, its type and the encryption, as recorded on AWS."""
    reply = s3.put_object(Bucket=BUCKET, Key="k", Body=b"data")

    assert reply["ETag"] == '"8d777f385d3dfec8815d20f7496026dc"'
    assert reply["ChecksumCRC32"] == "rfPzYw=="
    assert reply["ChecksumType"] == "FULL_OBJECT"
    assert reply["ServerSideEncryption"] == "AES256"
    assert len(reply["ResponseMetadata"]["RequestId"]) == 16
    assert reply["ResponseMetadata"]["HostId"]


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_put_object_streams_with_trailing_checksum(s3: Any, algorithm: str) -> None:
    """A body of unknown content is sent in chunks with a trailer; neither gets into the object."""
    body = io.BytesIO(b"x" * 200_000)
    s3.put_object(Bucket=BUCKET, Key="stream", Body=body, ChecksumAlgorithm=algorithm)

    reply = s3.get_object(Bucket=BUCKET, Key="stream", ChecksumMode="ENABLED")
    assert reply["Body"].read() == b"x" * 200_000
    assert reply["ContentLength"] == 200_000
    assert reply[f"Checksum{algorithm}"]


def test_metadata_and_headers_come_back(s3: Any) -> None:
    """User metadata, content type and cache headers are kept."""
    s3.put_object(
        Bucket=BUCKET,
        Key="k",
        Body=b"{}",
        Metadata={"store": "store-7", "order_id": "o-1"},
        ContentType="application/json",
        CacheControl="no-store",
    )

    head = s3.head_object(Bucket=BUCKET, Key="k")
    assert head["Metadata"] == {"store": "store-7", "order_id": "o-1"}
    assert head["ContentType"] == "application/json"
    assert head["CacheControl"] == "no-store"


def test_get_object_in_ranges(s3: Any) -> None:
    """A range gives its bytes and says which; one past the end is refused."""
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"0123456789")

    part = s3.get_object(Bucket=BUCKET, Key="k", Range="bytes=2-4")
    assert part["Body"].read() == b"234"
    assert part["ContentRange"] == "bytes 2-4/10"
    assert s3.get_object(Bucket=BUCKET, Key="k", Range="bytes=-3")["Body"].read() == b"789"
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket=BUCKET, Key="k", Range="bytes=20-")
    assert refused.value.response["Error"]["Code"] == "InvalidRange"


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("get_object", {"Bucket": BUCKET, "Key": "missing"}, "NoSuchKey"),
        ("head_object", {"Bucket": BUCKET, "Key": "missing"}, "404"),
        ("get_object", {"Bucket": "no-such-bucket", "Key": "k"}, "NoSuchBucket"),
        ("list_objects_v2", {"Bucket": "no-such-bucket"}, "NoSuchBucket"),
        ("head_bucket", {"Bucket": "no-such-bucket"}, "404"),
        ("get_bucket_policy", {"Bucket": BUCKET}, "NoSuchBucketPolicy"),
    ],
)
def test_what_is_not_there_is_refused(
    s3: Any, operation: str, parameters: dict[str, Any], code: str
) -> None:
    """Missing things have S3's own codes."""
    with pytest.raises(ClientError) as refused:
        getattr(s3, operation)(**parameters)
    assert refused.value.response["Error"]["Code"] == code


def test_multipart_upload_of_a_file(s3: Any) -> None:
    """boto3's transfer sends parts and gets one object; reading it back in parts works, too."""
    content = bytes(range(256)) * 4096 * 12  # 12 MiB
    config = TransferConfig(
        multipart_threshold=5 << 20, multipart_chunksize=5 << 20, use_threads=False
    )
    s3.upload_fileobj(io.BytesIO(content), BUCKET, "big", Config=config)

    assert s3.head_object(Bucket=BUCKET, Key="big")["ETag"].endswith('-3"')
    fetched = io.BytesIO()
    s3.download_fileobj(BUCKET, "big", fetched, Config=config)
    assert fetched.getvalue() == content


def test_copy_object_between_buckets(s3: Any) -> None:
    """A copy has the source's content and metadata."""
    s3.create_bucket(Bucket="copies")
    s3.put_object(Bucket=BUCKET, Key="a b", Body=b"menu", Metadata={"v": "1"})
    s3.copy_object(Bucket="copies", Key="c", CopySource={"Bucket": BUCKET, "Key": "a b"})

    copied = s3.get_object(Bucket="copies", Key="c")
    assert (copied["Body"].read(), copied["Metadata"]) == (b"menu", {"v": "1"})


@only_over_http
def test_virtual_hosted_addresses(aws: Any) -> None:
    """The bucket may stand in the host name, on AWS's and on the usual local names."""
    http = requests_session(aws)
    port = urlsplit(aws._endpoint_url).port
    aws.client("s3").create_bucket(Bucket=BUCKET)
    for host in (f"{BUCKET}.s3.localhost.localstack.cloud:{port}", f"{BUCKET}.s3.amazonaws.com"):
        headers = {"Host": host, "Authorization": SIGNATURE}
        put = http.put(f"{aws._endpoint_url}/d/k?x=1", data=b"hosted", headers=headers)
        assert put.status_code == 200
        got = http.get(f"{aws._endpoint_url}/d/k", headers=headers)
        assert got.content == b"hosted"
    listed = aws.client("s3").list_objects_v2(Bucket=BUCKET)
    assert [each["Key"] for each in listed["Contents"]] == ["d/k"]


@pytest.mark.parametrize("version", ["s3v4", "s3"])
@only_over_http
def test_presigned_urls(aws: Any, version: str) -> None:
    """A URL signed in advance puts and gets without further credentials."""
    http = requests_session(aws)
    aws.client("s3").create_bucket(Bucket=BUCKET)
    signer = boto3.session.Session().client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        endpoint_url=aws._endpoint_url,
        config=Config(signature_version=version),
    )
    place = {"Bucket": BUCKET, "Key": "a b+c"}
    assert (
        http.put(signer.generate_presigned_url("put_object", place), data=b"1").status_code == 200
    )
    assert http.get(signer.generate_presigned_url("get_object", place)).content == b"1"


@only_over_http
def test_form_upload(aws: Any) -> None:
    """A browser's form with a presigned policy stores its file."""
    http = requests_session(aws)
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    post = s3.generate_presigned_post(BUCKET, "uploads/menu.csv")
    reply = http.post(
        post["url"], data=post["fields"], files={"file": ("x.csv", b"a,b\r\nc,d\r\n")}
    )

    assert reply.status_code == 204
    assert s3.get_object(Bucket=BUCKET, Key="uploads/menu.csv")["Body"].read() == b"a,b\r\nc,d\r\n"


def test_versions_of_a_key(s3: Any) -> None:
    """Delete markers, versions and suspended versioning follow AWS (recorded)."""
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=BUCKET, Key="k", Body=b"data")["VersionId"]
    second = s3.put_object(Bucket=BUCKET, Key="k", Body=b"data-version2")["VersionId"]
    marker = s3.delete_object(Bucket=BUCKET, Key="k")
    assert marker["DeleteMarker"] is True
    assert s3.delete_object(Bucket=BUCKET, Key="k", VersionId=first)["VersionId"] == first
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    assert "VersionId" not in s3.put_object(Bucket=BUCKET, Key="k", Body=b"data-version3")
    removed = s3.delete_object(Bucket=BUCKET, Key="k", VersionId=marker["VersionId"])
    assert (removed["DeleteMarker"], removed["VersionId"]) == (True, marker["VersionId"])

    versions = s3.list_object_versions(Bucket=BUCKET)["Versions"]
    assert {each["VersionId"] for each in versions} == {second, "null"}
    assert (
        s3.get_object(Bucket=BUCKET, Key="k", VersionId=second)["Body"].read() == b"data-version2"
    )
    assert s3.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"data-version3"


def test_delete_in_suspended_bucket_replaces_the_null_version(s3: Any) -> None:
    """The delete marker takes the place of version null; other versions stay."""
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    kept = s3.put_object(Bucket=BUCKET, Key="k", Body=b"1")["VersionId"]
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"2")
    assert s3.delete_object(Bucket=BUCKET, Key="k")["VersionId"] == "null"

    listed = s3.list_object_versions(Bucket=BUCKET)
    assert [each["VersionId"] for each in listed["Versions"]] == [kept]
    assert [each["VersionId"] for each in listed["DeleteMarkers"]] == ["null"]


def test_delete_marker_for_a_key_that_never_was(s3: Any) -> None:
    """In a versioned bucket even that leaves a marker (S3 user guide)."""
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    assert s3.delete_object(Bucket=BUCKET, Key="never")["DeleteMarker"] is True
    assert len(s3.list_object_versions(Bucket=BUCKET)["DeleteMarkers"]) == 1


def test_delete_objects_in_quiet_mode_tells_errors_only(s3: Any) -> None:
    """Quiet mode leaves the deleted keys out of the reply; they are deleted all the same."""
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"1")
    reply = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "k"}], "Quiet": True})

    assert "Deleted" not in reply
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_large_object(s3: Any) -> None:
    """50 MB in one request."""
    content = b"0123456789" * 5_000_000
    s3.put_object(Bucket=BUCKET, Key="large", Body=content)
    assert s3.head_object(Bucket=BUCKET, Key="large")["ContentLength"] == 50_000_000
    assert s3.get_object(Bucket=BUCKET, Key="large")["Body"].read() == content


def test_buckets_of_two_regions(aws: Any) -> None:
    """A bucket is where it was created, whoever asks from where."""
    west = aws.client("s3", region="us-west-2")
    west.create_bucket(Bucket="west", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    assert aws.client("s3").head_bucket(Bucket="west")["BucketRegion"] == "us-west-2"

"""What a bucket's policy allows others and denies its owner, with its conditions."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.parametrize("aws", ["http"], indirect=True)
ARN = "arn:aws:s3:::ruled"
OTHER = "111122223333"


class Ruled:
    """A bucket with a policy, its owner, and another account."""

    def __init__(self, aws: Any) -> None:
        self.owner = aws.client("s3")
        self.other = boto3.client(
            "s3",
            region_name="us-east-1",
            aws_access_key_id=OTHER,
            aws_secret_access_key="test",
            endpoint_url=self.owner.meta.endpoint_url,
        )
        self.owner.create_bucket(Bucket="ruled")

    def rule(self, *statements: dict[str, Any]) -> None:
        given = {"Principal": {"AWS": OTHER}, "Effect": "Allow", "Resource": f"{ARN}/*"}
        policy = {"Version": "2012-10-17", "Statement": [given | each for each in statements]}
        self.owner.put_bucket_policy(Bucket="ruled", Policy=json.dumps(policy))

    def may(self, client: Any, operation: str, key: str = "k", **options: Any) -> bool:
        try:
            getattr(client, operation)(Bucket="ruled", Key=key, **options)
        except ClientError as error:
            assert error.response["Error"]["Code"] in ("AccessDenied", "403")
            return False
        return True


@pytest.fixture
def ruled(aws: Any) -> Ruled:
    return Ruled(aws)


@pytest.mark.parametrize(
    ("condition", "options", "allowed"),
    [
        ({"StringEquals": {"s3:x-amz-storage-class": "STANDARD_IA"}},
         {"StorageClass": "STANDARD_IA"}, True),
        ({"StringEquals": {"s3:x-amz-storage-class": ["GLACIER", "STANDARD_IA"]}}, {}, False),
        ({"StringNotEquals": {"s3:x-amz-storage-class": "GLACIER"}}, {}, True),
        ({"StringEqualsIfExists": {"S3:X-Amz-Storage-Class": "GLACIER"}}, {}, True),
        ({"Null": {"s3:x-amz-server-side-encryption": "true"}}, {}, True),
        ({"Null": {"s3:x-amz-server-side-encryption": "false"}}, {}, False),
        ({"StringLike": {"s3:RequestObjectTag/team": "re?*"}}, {"Tagging": "team=red"}, True),
        ({"StringLike": {"s3:RequestObjectTag/team": "re?*"}}, {"Tagging": "team=re"}, False),
        ({"ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["a", "b"]}},
         {"Tagging": "a=1&b=2"}, True),
        ({"ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["a", "b"]}},
         {"Tagging": "a=1&c=2"}, False),
        ({"ForAnyValue:StringEquals": {"s3:RequestObjectTagKeys": "a"}},
         {"Tagging": "a=1&c=2"}, True),
        ({"Bool": {"aws:SecureTransport": True}}, {}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2001-01-01T00:00:00Z"}}, {}, True),
        ({"NumericLessThan": {"aws:EpochTime": "10"}}, {}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, {}, False),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.1/32"}}, {}, False),
    ],
)  # fmt: skip
def test_conditions_decide(
    ruled: Ruled, condition: dict[str, Any], options: dict[str, Any], allowed: bool
) -> None:
    """On header fields, tags, time; what is not known here allows nothing."""
    ruled.rule({"Action": "s3:PutObject", "Condition": condition})
    assert ruled.may(ruled.other, "put_object", **options) is allowed


def test_tags_of_the_object_decide(ruled: Ruled) -> None:
    """As they are at the time of the request."""
    ruled.owner.put_object(Bucket="ruled", Key="k", Tagging="kind=public")
    condition = {"StringEquals": {"s3:ExistingObjectTag/kind": "public"}}
    ruled.rule({"Action": "s3:GetObject", "Condition": condition})
    assert ruled.may(ruled.other, "get_object")
    ruled.owner.delete_object_tagging(Bucket="ruled", Key="k")
    assert not ruled.may(ruled.other, "get_object")


def test_listing_may_be_bound_to_a_prefix(ruled: Ruled) -> None:
    """A condition on the prefix lets others see that folder only."""
    ruled.rule(
        {
            "Action": "s3:ListBucket",
            "Resource": ARN,
            "Condition": {"StringLike": {"s3:prefix": "shared/*"}},
        }
    )
    ruled.other.list_objects_v2(Bucket="ruled", Prefix="shared/x")
    with pytest.raises(ClientError, match="AccessDenied"):
        ruled.other.list_objects_v2(Bucket="ruled")


def test_a_denial_counts_for_the_owner(ruled: Ruled) -> None:
    """What everybody is denied, the owner is, too; not what a role of theirs is denied."""
    ruled.rule(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
        },
        {"Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": f"{ARN}/*"},
        {
            "Effect": "Deny",
            "Principal": {"AWS": "arn:aws:iam::000000000000:role/r"},
            "Action": "s3:*",
        },
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
        },
    )
    assert not ruled.may(ruled.owner, "put_object")
    assert ruled.may(ruled.owner, "put_object", ServerSideEncryption="aws:kms")
    assert ruled.may(ruled.owner, "get_object")
    ruled.rule({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": [ARN, f"{ARN}/*"]})
    assert not ruled.may(ruled.owner, "get_object")
    ruled.owner.delete_bucket_policy(Bucket="ruled")
    assert ruled.may(ruled.owner, "get_object")


def test_who_is_not_named_may_be_denied_and_not_allowed(ruled: Ruled) -> None:
    """NotPrincipal is for denials: everybody but those that it names."""

    def put(effect: str, spared: str) -> None:
        statement = {
            "Effect": effect,
            "NotPrincipal": {"AWS": spared},
            "Action": "s3:GetObject",
            "Resource": f"{ARN}/*",
        }
        ruled.owner.put_bucket_policy(
            Bucket="ruled", Policy=json.dumps({"Version": "2012-10-17", "Statement": statement})
        )

    ruled.owner.put_object(Bucket="ruled", Key="k")
    with pytest.raises(ClientError, match=r"Allow with NotPrincipal is not allowed\."):
        put("Allow", OTHER)
    put("Deny", "000000000000")
    assert ruled.may(ruled.owner, "get_object")
    put("Deny", OTHER)
    assert not ruled.may(ruled.owner, "get_object")


@pytest.mark.parametrize("part", [{"Action": [5]}, {"Resource": [5]}])
def test_a_policy_of_other_json_is_malformed(ruled: Ruled, part: dict[str, Any]) -> None:
    """Whatever stands where a text should."""
    with pytest.raises(ClientError, match="MalformedPolicy"):
        ruled.rule({"Action": "s3:GetObject"} | part)


def test_versions_have_actions_of_their_own(ruled: Ruled) -> None:
    """GetObject does not give older versions away."""
    ruled.owner.put_bucket_versioning(Bucket="ruled", VersioningConfiguration={"Status": "Enabled"})
    version = ruled.owner.put_object(Bucket="ruled", Key="k")["VersionId"]
    ruled.rule({"Action": "s3:GetObject"})
    assert ruled.may(ruled.other, "get_object")
    assert not ruled.may(ruled.other, "get_object", VersionId=version)
    ruled.rule({"Action": "s3:GetObjectVersion"})
    assert ruled.may(ruled.other, "get_object", VersionId=version)


def test_a_star_in_a_resource_is_no_set_of_letters(ruled: Ruled) -> None:
    """Only * and ? stand for others; [ is a letter."""
    ruled.rule({"Action": "s3:PutObject", "Resource": f"{ARN}/[ab]*"})
    assert ruled.may(ruled.other, "put_object", "[ab]c")
    assert not ruled.may(ruled.other, "put_object", "a")


def test_who_may_not_list_does_not_learn_what_is_missing(ruled: Ruled) -> None:
    """403 for a key that is not there; 404 under a prefix that may be listed."""
    prefix = {"StringLike": {"s3:prefix": "public/*"}}
    ruled.rule(
        {"Action": "s3:GetObject"},
        {"Action": "s3:ListBucket", "Resource": ARN, "Condition": prefix},
    )
    assert not ruled.may(ruled.other, "get_object", "private/missing")
    with pytest.raises(ClientError, match="NoSuchKey"):
        ruled.other.get_object(Bucket="ruled", Key="public/missing")


def test_keys_are_deleted_as_far_as_allowed(ruled: Ruled) -> None:
    """DeleteObjects judges each key for itself."""
    for key in ("mine/k", "theirs/k"):
        ruled.owner.put_object(Bucket="ruled", Key=key)
    ruled.rule({"Action": "s3:DeleteObject", "Resource": f"{ARN}/theirs/*"})
    keys = {"Objects": [{"Key": "mine/k"}, {"Key": "theirs/k"}]}
    reply = ruled.other.delete_objects(Bucket="ruled", Delete=keys)
    assert [each["Key"] for each in reply["Deleted"]] == ["theirs/k"]
    assert [(each["Key"], each["Code"]) for each in reply["Errors"]] == [("mine/k", "AccessDenied")]
    ruled.rule({"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject"})
    assert "Deleted" not in ruled.owner.delete_objects(Bucket="ruled", Delete=keys)


def test_a_copy_needs_leave_to_read_its_source(ruled: Ruled) -> None:
    """Another account cannot copy what it may not read, whole or in part."""
    ruled.owner.put_object(Bucket="ruled", Key="k", Body=b"secret")
    ruled.other.create_bucket(Bucket="theirs")
    source = {"Bucket": "ruled", "Key": "k"}
    with pytest.raises(ClientError, match="AccessDenied"):
        ruled.other.copy_object(Bucket="theirs", Key="k", CopySource=source)
    upload = ruled.other.create_multipart_upload(Bucket="theirs", Key="k")["UploadId"]
    part = {"Bucket": "theirs", "Key": "k", "UploadId": upload, "PartNumber": 1}
    with pytest.raises(ClientError, match="AccessDenied"):
        ruled.other.upload_part_copy(**part, CopySource=source)
    ruled.rule({"Action": "s3:GetObject"})
    ruled.other.copy_object(Bucket="theirs", Key="k", CopySource=source)
    ruled.other.upload_part_copy(**part, CopySource=source)


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ({"Resource": ARN}, "Action does not apply to any resource(s) in statement"),
        ({"Action": ["s3:GetObject", "s3:ListBucket"]},
         "Action does not apply to any resource(s) in statement"),
        ({"Action": "s3:PutBucket*"}, "Action does not apply to any resource(s) in statement"),
        ({"Principal": ""}, "Invalid principal in policy"),
        ({"Principal": {"AWS": "somebody"}}, "Invalid principal in policy"),
        ({"Principal": {"AWS": []}}, "Invalid principal in policy"),
        ({"Condition": {"Bool": {"fine-weather": "true"}}}, "Policy has an invalid condition key"),
        ({"Condition": "aws:SecureTransport"}, "Invalid policy syntax."),
    ],
)  # fmt: skip
def test_a_statement_that_could_never_work_is_refused(
    ruled: Ruled, part: dict[str, Any], text: str
) -> None:
    """In S3's words, and the bucket stays without a policy."""
    with pytest.raises(ClientError) as refused:
        ruled.rule({"Action": "s3:GetObject"} | part)
    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("MalformedPolicy", text)
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        ruled.owner.get_bucket_policy(Bucket="ruled")


@pytest.mark.parametrize(
    "part",
    [
        {"Resource": [ARN, f"{ARN}/*"], "Action": ["s3:GetObject", "s3:ListBucket"]},
        {"Resource": ARN, "Action": "s3:*"},
        {"Resource": f"{ARN}*", "Action": ["s3:GetObject", "s3:ListBucket"]},
        {"Resource": ARN, "Action": "s3:SomethingThatCameLater"},
        {"NotResource": ARN, "Action": "s3:GetObject"},
        {"Principal": {"Service": "logging.s3.amazonaws.com"}},
        {"Principal": {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access E1"}},
    ],
)
def test_a_statement_that_can_work_is_taken(ruled: Ruled, part: dict[str, Any]) -> None:
    """Each action has a resource that it can be about."""
    ruled.rule({"Action": "s3:GetObject"} | part)
    assert ruled.owner.get_bucket_policy(Bucket="ruled")["Policy"]


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("[]", "Policies must be valid JSON and the first byte must be '{'"),
        ("{", "This policy contains invalid Json"),
        ('{"Statement": ' + "[" * 9_000, "This policy contains invalid Json"),
        ('{"Version": "2012-10-17"}', "Missing required field Statement"),
        ('{"Statement": []}', "Could not parse the policy: Statement is empty!"),
        ('{"Version": "2012-10-18", "Statement": [{}]}',
         "The policy must contain a valid version string"),
        ('{"Id": 59, "Statement": [{}]}', "Invalid policy syntax."),
    ],
)  # fmt: skip
def test_a_document_that_is_no_policy_is_refused(ruled: Ruled, document: str, text: str) -> None:
    """With the first thing that is wrong with it."""
    with pytest.raises(ClientError) as refused:
        ruled.owner.put_bucket_policy(Bucket="ruled", Policy=document)
    assert refused.value.response["Error"]["Message"] == text


def test_a_policy_is_its_owners_even_for_who_may_read_it(ruled: Ruled) -> None:
    """Another account that is allowed to read it gets 405, one that is not gets 403."""
    ruled.rule({"Action": "s3:GetObject"})
    with pytest.raises(ClientError, match="AccessDenied"):
        ruled.other.get_bucket_policy(Bucket="ruled")
    ruled.rule({"Action": "s3:GetBucketPolicy", "Resource": ARN})
    with pytest.raises(ClientError) as refused:
        ruled.other.get_bucket_policy(Bucket="ruled")
    assert refused.value.response["Error"]["Code"] == "MethodNotAllowed"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 405

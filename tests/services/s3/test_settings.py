"""Configurations of buckets that S3 refuses, in its words."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**request)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def s3(aws: Any) -> Any:
    client = aws.client("s3")
    for bucket in ("source", "target"):
        client.create_bucket(Bucket=bucket)
    return client


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"ExposeHeaders": ["x a"]}, 'ExposeHeader "x a" contains invalid character.'),
        ({"AllowedHeaders": ["x:y"]}, 'AllowedHeader "x:y" contains invalid character.'),
    ],
)
def test_cors_names_header_fields(s3: Any, rule: dict[str, Any], text: str) -> None:
    """Nothing else can be allowed or shown."""
    rules = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], **rule}]
    refused = refusal(s3.put_bucket_cors, Bucket="source", CORSConfiguration={"CORSRules": rules})
    assert refused == ("InvalidRequest", text)


@pytest.mark.parametrize(
    ("rule", "code", "text"),
    [
        ({"Redirect": {"HttpRedirectCode": "moved"}}, "MalformedXML", "was not well-formed"),
        ({"Redirect": {"HttpRedirectCode": "9" * 5_000}}, "MalformedXML", "was not well-formed"),
        (
            {"Redirect": {"HttpRedirectCode": "300"}},
            "InvalidRequest",
            "redirect code (300) is not valid. Valid codes are 3XX except 300.",
        ),
        (
            {"Condition": {"HttpErrorCodeReturnedEquals": "302"}, "Redirect": {"HostName": "a"}},
            "InvalidRequest",
            "error code (302) is not valid. Valid codes are 4XX or 5XX.",
        ),
    ],
)
def test_routing_rules_have_codes_of_their_kind(
    s3: Any, rule: dict[str, Any], code: str, text: str
) -> None:
    """A redirect answers with 3XX, and an error is 4XX or 5XX."""
    website = {"IndexDocument": {"Suffix": "index.html"}, "RoutingRules": [rule]}
    refused = refusal(s3.put_bucket_website, Bucket="source", WebsiteConfiguration=website)
    assert refused[0] == code
    assert text in refused[1]


def test_a_website_has_fifty_routing_rules_at_most(s3: Any) -> None:
    """The 51st is one too many."""
    rule = {"Redirect": {"HostName": "a", "HttpRedirectCode": "302"}}
    website = {"IndexDocument": {"Suffix": "index.html"}, "RoutingRules": [rule] * 51}
    code, text = refusal(s3.put_bucket_website, Bucket="source", WebsiteConfiguration=website)
    assert code == "InvalidRequest"
    assert text.startswith("51 routing rules provided,")
    website["RoutingRules"] = [rule] * 50
    s3.put_bucket_website(Bucket="source", WebsiteConfiguration=website)
    assert len(s3.get_bucket_website(Bucket="source")["RoutingRules"]) == 50


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"Status": "On"}, "MalformedXML"),
        ({"Destination": {"Bucket": "arn:aws:s3:::target", "StorageClass": "FAST"}},
         "MalformedXML"),
        ({"ID": "i" * 256}, "InvalidArgument"),
        ({"Prefix": "p" * 1025}, "InvalidArgument"),
        ({"Destination": {"Bucket": "target"}}, "InvalidArgument"),
        ({"Destination": {"Bucket": ""}}, "InvalidArgument"),
        ({}, "InvalidRequest"),  # the target keeps no versions
    ],
)  # fmt: skip
def test_replication_rules_are_judged_before_buckets_are_looked_for(
    s3: Any, rule: dict[str, Any], code: str
) -> None:
    """What is wrong with a rule itself is told first."""
    s3.put_bucket_versioning(Bucket="source", VersioningConfiguration={"Status": "Enabled"})
    whole = {
        "Status": "Enabled",
        "Prefix": "",
        "Destination": {"Bucket": "arn:aws:s3:::target"},
        **rule,
    }
    configuration = {"Role": "arn:aws:iam::000000000000:role/r", "Rules": [whole]}
    call = s3.put_bucket_replication
    assert refusal(call, Bucket="source", ReplicationConfiguration=configuration)[0] == code


def test_an_unknown_checksum_is_answered_with_those_there_are(s3: Any) -> None:
    """All ten, in the order of the alphabet."""
    call = s3.create_multipart_upload
    code, text = refusal(call, Bucket="source", Key="k", ChecksumAlgorithm="CRC16")
    assert code == "InvalidRequest"
    assert text.endswith(
        "[CRC32, CRC32C, CRC64NVME, MD5, SHA1, SHA256, SHA512, XXHASH128, XXHASH3, XXHASH64]"
    )

"""Terraform's calls for S3, in its order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.terraform import Terraform

BUCKET = {"Bucket": "shop-files"}


@pytest.fixture
def terraform(aws: Any) -> Terraform:
    made = Terraform(aws.client("s3"), "NoSuchBucket")
    made.client.create_bucket(**BUCKET)
    made.client.put_bucket_tagging(**BUCKET, Tagging={"TagSet": [{"Key": "team", "Value": "shop"}]})
    return made


def test_aws_s3_bucket_is_read_with_all_its_settings(terraform: Terraform) -> None:
    """Each refresh reads everything; what is not set is an error of its own that it knows."""
    terraform.read("head_bucket", **BUCKET)
    assert terraform.read("get_bucket_location", **BUCKET)["LocationConstraint"] is None
    assert terraform.read("get_bucket_acl", **BUCKET)["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert "Status" not in terraform.read("get_bucket_versioning", **BUCKET)
    assert "Status" not in terraform.read("get_bucket_accelerate_configuration", **BUCKET)
    assert terraform.read("get_bucket_request_payment", **BUCKET)["Payer"] == "BucketOwner"
    assert "LoggingEnabled" not in terraform.read("get_bucket_logging", **BUCKET)
    (rule,) = terraform.read("get_bucket_encryption", **BUCKET)[
        "ServerSideEncryptionConfiguration"
    ]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    tags = terraform.read("get_bucket_tagging", **BUCKET)["TagSet"]
    assert tags == [{"Key": "team", "Value": "shop"}]
    for operation, code in (
        ("get_bucket_policy", "NoSuchBucketPolicy"),
        ("get_bucket_cors", "NoSuchCORSConfiguration"),
        ("get_bucket_website", "NoSuchWebsiteConfiguration"),
        ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
        ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
        ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError"),
    ):
        terraform.is_gone(operation, code, **BUCKET)


def test_aws_s3_bucket_is_deleted_with_force(terraform: Terraform) -> None:
    """All versions in one call, then the bucket; the provider waits until HeadBucket is 404."""
    client = terraform.client
    client.put_bucket_versioning(**BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        client.put_object(**BUCKET, Key="a", Body=body)
    client.delete_object(**BUCKET, Key="a")
    terraform.is_gone("delete_bucket", "BucketNotEmpty", **BUCKET)
    page = client.list_object_versions(**BUCKET)
    keys = [
        {"Key": one["Key"], "VersionId": one["VersionId"]}
        for one in page["Versions"] + page["DeleteMarkers"]
    ]
    reply = client.delete_objects(**BUCKET, Delete={"Objects": keys, "Quiet": True})
    assert "Errors" not in reply
    client.delete_bucket(**BUCKET)
    terraform.is_gone("head_bucket", "404", **BUCKET)
    terraform.is_gone("get_bucket_acl", **BUCKET)


def test_settings_of_a_bucket_are_resources_of_their_own(terraform: Terraform) -> None:
    """Put, read as it was put, deleted, not there: each with its own error."""
    client = terraform.client
    cors = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://shop.example"], "ID": "web"}]
    client.put_bucket_cors(**BUCKET, CORSConfiguration={"CORSRules": cors})
    assert terraform.read("get_bucket_cors", **BUCKET)["CORSRules"] == cors
    client.delete_bucket_cors(**BUCKET)
    terraform.is_gone("get_bucket_cors", "NoSuchCORSConfiguration", **BUCKET)

    statement = {
        "Sid": "read",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::shop-files/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    client.put_bucket_policy(**BUCKET, Policy=json.dumps(policy))
    assert json.loads(terraform.read("get_bucket_policy", **BUCKET)["Policy"]) == policy
    client.delete_bucket_policy(**BUCKET)
    terraform.is_gone("get_bucket_policy", "NoSuchBucketPolicy", **BUCKET)

    rules = [
        {
            "ID": "old",
            "Status": "Enabled",
            "Filter": {"Prefix": "logs/"},
            "Expiration": {"Days": 30},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
        }
    ]
    client.put_bucket_lifecycle_configuration(**BUCKET, LifecycleConfiguration={"Rules": rules})
    assert terraform.read("get_bucket_lifecycle_configuration", **BUCKET)["Rules"] == rules
    client.delete_bucket_lifecycle(**BUCKET)
    terraform.is_gone(
        "get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration", **BUCKET
    )

    site = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}}
    client.put_bucket_website(**BUCKET, WebsiteConfiguration=site)
    assert terraform.read("get_bucket_website", **BUCKET) == site
    client.delete_bucket_website(**BUCKET)
    terraform.is_gone("get_bucket_website", "NoSuchWebsiteConfiguration", **BUCKET)


def test_access_encryption_versioning_and_ownership(terraform: Terraform) -> None:
    """The settings that a module for private buckets makes."""
    client = terraform.client
    block = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    client.put_public_access_block(**BUCKET, PublicAccessBlockConfiguration=block)
    found = terraform.read("get_public_access_block", **BUCKET)
    assert found["PublicAccessBlockConfiguration"] == block
    client.delete_public_access_block(**BUCKET)
    terraform.is_gone("get_public_access_block", "NoSuchPublicAccessBlockConfiguration", **BUCKET)

    owner = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    client.put_bucket_ownership_controls(**BUCKET, OwnershipControls=owner)
    assert terraform.read("get_bucket_ownership_controls", **BUCKET)["OwnershipControls"] == owner
    client.delete_bucket_ownership_controls(**BUCKET)
    terraform.is_gone("get_bucket_ownership_controls", "OwnershipControlsNotFoundError", **BUCKET)

    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    client.put_bucket_encryption(
        **BUCKET,
        ServerSideEncryptionConfiguration={"Rules": [default | {"BucketKeyEnabled": True}]},
    )
    (rule,) = terraform.read("get_bucket_encryption", **BUCKET)[
        "ServerSideEncryptionConfiguration"
    ]["Rules"]
    assert rule["BucketKeyEnabled"] is True
    client.delete_bucket_encryption(**BUCKET)

    for status in ("Enabled", "Suspended"):
        client.put_bucket_versioning(**BUCKET, VersioningConfiguration={"Status": status})
        assert terraform.read("get_bucket_versioning", **BUCKET)["Status"] == status


def test_aws_s3_bucket_notification(terraform: Terraform, aws: Any) -> None:
    """Queues and EventBridge are told; the resource is destroyed with an empty configuration."""
    sqs, client = aws.client("sqs"), terraform.client
    url = sqs.create_queue(QueueName="files")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = found["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    rules = [{"Name": "Prefix", "Value": "in/"}]
    wanted = {
        "QueueConfigurations": [
            {
                "Id": "tf-s3-queue-1",
                "QueueArn": arn,
                "Events": ["s3:ObjectCreated:*"],
                "Filter": {"Key": {"FilterRules": rules}},
            }
        ],
        "EventBridgeConfiguration": {},
    }
    client.put_bucket_notification_configuration(**BUCKET, NotificationConfiguration=wanted)
    assert terraform.read("get_bucket_notification_configuration", **BUCKET) == wanted
    client.put_bucket_notification_configuration(**BUCKET, NotificationConfiguration={})
    assert terraform.read("get_bucket_notification_configuration", **BUCKET) == {}


def test_aws_s3_object(terraform: Terraform) -> None:
    """PutObject, HeadObject and its tags; deleted, HeadObject is 404."""
    client = terraform.client
    named = BUCKET | {"Key": "menu.json"}
    client.put_object(
        **named,
        Body=b"{}",
        ContentType="application/json",
        ChecksumAlgorithm="CRC32",
        Metadata={"team": "shop"},
        Tagging="team=shop",
    )
    found = terraform.read("head_object", **named, ChecksumMode="ENABLED")
    assert (found["ContentType"], found["Metadata"]) == ("application/json", {"team": "shop"})
    assert found["ETag"] == '"99914b932bd37a50b983c5e7c90ae93b"'
    assert found["ChecksumCRC32"]
    tags = terraform.read("get_object_tagging", **named)["TagSet"]
    assert tags == [{"Key": "team", "Value": "shop"}]
    client.put_object_tagging(**named, Tagging={"TagSet": []})
    client.delete_object(**named)
    terraform.is_gone("head_object", "404", **named)

"""Resource types whose properties are more than one call: what a template says is what is set."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

SETTINGS = {
    "Tags": [{"Key": "team", "Value": "shop"}],
    "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "BlockPublicPolicy": "false"},
    "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]},
    "CorsConfiguration": {
        "CorsRules": [
            {
                "AllowedMethods": ["GET"],
                "AllowedOrigins": ["https://example.com"],
                "ExposedHeaders": ["etag"],
                "MaxAge": 60,
            }
        ]
    },
    "BucketEncryption": {
        "ServerSideEncryptionConfiguration": [
            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}}
        ]
    },
    "LifecycleConfiguration": {
        "Rules": [
            {
                "Id": "old",
                "Status": "Enabled",
                "Prefix": "alerts/",
                "ExpirationInDays": "7",
                "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 3}],
            }
        ]
    },
    "WebsiteConfiguration": {"IndexDocument": "index.html", "ErrorDocument": "404.html"},
}


def with_bucket(properties: dict[str, Any]) -> dict[str, Any]:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "things"} | properties}
    return {"Resources": {"Bucket": bucket}}


def test_bucket_has_the_settings_of_its_template(stacks: Any) -> None:
    """Each is set as S3 spells it, and taken away when the template no longer has it."""
    assert stacks.create("shop", with_bucket(SETTINGS)) == "CREATE_COMPLETE"
    s3 = stacks.aws.client("s3")
    name = {"Bucket": "things"}
    assert s3.get_bucket_tagging(**name)["TagSet"] == SETTINGS["Tags"]
    block = s3.get_public_access_block(**name)["PublicAccessBlockConfiguration"]
    assert (block["BlockPublicAcls"], block["BlockPublicPolicy"]) == (True, False)
    (rule,) = s3.get_bucket_ownership_controls(**name)["OwnershipControls"]["Rules"]
    assert rule == {"ObjectOwnership": "BucketOwnerPreferred"}
    (rule,) = s3.get_bucket_cors(**name)["CORSRules"]
    assert (rule["ExposeHeaders"], rule["MaxAgeSeconds"]) == (["etag"], 60)
    (rule,) = s3.get_bucket_encryption(**name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    (rule,) = s3.get_bucket_lifecycle_configuration(**name)["Rules"]
    assert (rule["ID"], rule["Filter"]) == ("old", {"Prefix": "alerts/"})
    assert rule["Expiration"] == {"Days": 7}
    assert rule["Transitions"] == [{"Days": 3, "StorageClass": "GLACIER"}]
    website = s3.get_bucket_website(**name)
    assert website["IndexDocument"] == {"Suffix": "index.html"}
    assert website["ErrorDocument"] == {"Key": "404.html"}

    assert stacks.update("shop", with_bucket({})) == "UPDATE_COMPLETE"
    for look in (
        s3.get_bucket_tagging,
        s3.get_bucket_cors,
        s3.get_bucket_lifecycle_configuration,
        s3.get_bucket_website,
    ):
        with pytest.raises(ClientError):
            look(**name)


def test_bucket_with_a_wrong_setting_is_not_made(stacks: Any) -> None:
    """S3 refuses the rule, and the bucket is taken back."""
    bad = {"LifecycleConfiguration": {"Rules": [{"Id": "x", "Status": "Perhaps"}]}}
    assert stacks.create("shop", with_bucket(bad)) == "ROLLBACK_COMPLETE"
    assert stacks.aws.client("s3").list_buckets()["Buckets"] == []


def test_bucket_keeps_versions_locked_where_the_template_says_so(stacks: Any) -> None:
    """ObjectLockEnabled is of the creation, the rule of a call after it."""
    lock = {
        "ObjectLockEnabled": True,
        "ObjectLockConfiguration": {
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
        },
    }
    assert stacks.create("shop", with_bucket(lock)) == "CREATE_COMPLETE"
    found = stacks.aws.client("s3").get_object_lock_configuration(Bucket="things")
    retention = found["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert retention == {"Mode": "GOVERNANCE", "Days": 1}


def test_state_machine_comes_out_of_a_bucket_with_its_substitutions(stacks: Any) -> None:
    """As SAM and CDK write it: a file in S3, and values put into it."""
    s3 = stacks.aws.client("s3")
    s3.create_bucket(Bucket="code")
    definition = {
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Result": "${What}", "End": True}},
    }
    s3.put_object(Bucket="code", Key="machine.json", Body=json.dumps(definition).encode())
    properties = {
        "StateMachineName": "machine",
        "RoleArn": "arn:aws:iam::000000000000:role/r",
        "DefinitionS3Location": {"Bucket": "code", "Key": "machine.json"},
        "DefinitionSubstitutions": {"What": "this"},
    }
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    assert stacks.create("shop", {"Resources": {"Machine": machine}}) == "CREATE_COMPLETE"
    steps = stacks.aws.client("stepfunctions")
    (made,) = steps.list_state_machines()["stateMachines"]
    described = steps.describe_state_machine(stateMachineArn=made["stateMachineArn"])
    assert json.loads(described["definition"])["States"]["A"]["Result"] == "this"


def test_stream_has_its_consumer(stacks: Any) -> None:
    """Registered with the stack, gone with it."""
    stream = {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "clicks", "ShardCount": 1}}
    properties = {"ConsumerName": "reader", "StreamARN": {"Fn::GetAtt": ["Stream", "Arn"]}}
    consumer = {"Type": "AWS::Kinesis::StreamConsumer", "Properties": properties}
    template = {"Resources": {"Stream": stream, "Consumer": consumer}}
    assert stacks.create("shop", template) == "CREATE_COMPLETE"
    arn = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
    kinesis = stacks.aws.client("kinesis")
    (found,) = kinesis.list_stream_consumers(StreamARN=arn)["Consumers"]
    assert found["ConsumerName"] == "reader"
    stacks.client.delete_stack(StackName="shop")
    stacks.aws.settle()  # a stream is DELETING for a moment
    assert kinesis.list_streams()["StreamNames"] == []


def global_table(**more: Any) -> dict[str, Any]:
    properties = {
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "TimeToLiveSpecification": {"AttributeName": "gone", "Enabled": True},
        "Replicas": [{"Region": "us-east-1", "Tags": [{"Key": "team", "Value": "shop"}]}],
    }
    table = {"Type": "AWS::DynamoDB::GlobalTable", "Properties": properties | more}
    stream = {"Value": {"Fn::GetAtt": ["Table", "StreamArn"]}}
    return {"Resources": {"Table": table}, "Outputs": {"Stream": stream}}


def test_global_table_is_the_table_of_its_region(stacks: Any) -> None:
    """A table with stream, time to live and the replica's tags; its capacity follows an update."""
    assert stacks.create("shop", global_table()) == "CREATE_COMPLETE"
    dynamodb = stacks.aws.client("dynamodb")
    table = dynamodb.describe_table(TableName="orders")["Table"]
    assert table["LatestStreamArn"] == stacks.outputs("shop")["Stream"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    lives = dynamodb.describe_time_to_live(TableName="orders")["TimeToLiveDescription"]
    assert lives == {"TimeToLiveStatus": "ENABLED", "AttributeName": "gone"}
    tags = dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    assert {"Key": "team", "Value": "shop"} in tags
    scaled = {"WriteCapacityAutoScalingSettings": {"MinCapacity": 3, "MaxCapacity": 9}}
    replica = {
        "Region": "us-east-1",
        "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 5},
    }
    provisioned = global_table(
        BillingMode="PROVISIONED", WriteProvisionedThroughputSettings=scaled, Replicas=[replica]
    )
    assert stacks.update("shop", provisioned) == "UPDATE_COMPLETE"
    throughput = dynamodb.describe_table(TableName="orders")["Table"]["ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) == (5, 3)


def test_global_table_with_a_replica_elsewhere_is_refused(stacks: Any) -> None:
    """Nothing would be replicated: the stack fails and says of which region."""
    replicas = [{"Region": "us-east-1"}, {"Region": "eu-west-1"}]
    assert stacks.create("shop", global_table(Replicas=replicas)) == "ROLLBACK_COMPLETE"
    assert any("eu-west-1" in reason for reason in stacks.reasons("shop"))


@pytest.mark.parametrize("kind", ["Table", "GlobalTable"])
@pytest.mark.parametrize("off", [False, "false"])
def test_time_to_live_that_a_template_leaves_off_is_off(stacks: Any, kind: str, off: Any) -> None:
    """A template may name the attribute and not use it yet."""

    def template(*, enabled: Any) -> dict[str, Any]:
        made = global_table(
            TimeToLiveSpecification={"AttributeName": "gone", "Enabled": enabled},
            Replicas=[{"Region": "us-east-1"}],
        )
        made["Resources"]["Table"]["Type"] = f"AWS::DynamoDB::{kind}"
        if kind == "Table":
            del made["Resources"]["Table"]["Properties"]["Replicas"]
        return made

    def status() -> str:
        described = stacks.aws.client("dynamodb").describe_time_to_live(TableName="orders")
        return str(described["TimeToLiveDescription"]["TimeToLiveStatus"])

    assert stacks.create("shop", template(enabled=off)) == "CREATE_COMPLETE"
    assert status() == "DISABLED"
    assert stacks.update("shop", template(enabled="true")) == "UPDATE_COMPLETE"
    assert status() == "ENABLED"

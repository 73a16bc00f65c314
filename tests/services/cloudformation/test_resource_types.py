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
    assert stacks.tags(s3.get_bucket_tagging(**name)["TagSet"]) == {"team": "shop"}
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
    assert stacks.tags(s3.get_bucket_tagging(**name)["TagSet"]) == {}
    for look in (
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


def _resources(**resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "Resources": {
            name: {"Type": f"AWS::{kind}", "Properties": properties}
            for name, (kind, properties) in resources.items()
        }
    }


def test_a_policy_need_not_name_its_version(stacks: Any) -> None:
    """Of a role, in it and beside it: templates of AWS's own documentation often do not."""
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    written = {"PolicyName": "sends", "PolicyDocument": {"Statement": [statement]}}
    trusted = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "lambda.amazonaws.com"},
    }
    role = {"AssumeRolePolicyDocument": {"Statement": [trusted]}, "Policies": [written]}
    beside = written | {"PolicyName": "beside", "Roles": [{"Ref": "Role"}]}
    template = _resources(Role=("IAM::Role", role), Policy=("IAM::Policy", beside))
    may = ["CAPABILITY_IAM"]
    assert stacks.create("shop", template, Capabilities=may) == "CREATE_COMPLETE"
    iam = stacks.aws.client("iam")
    (made,) = iam.list_roles()["Roles"]
    assert made["AssumeRolePolicyDocument"]["Statement"] == [trusted]
    names = iam.list_role_policies(RoleName=made["RoleName"])["PolicyNames"]
    assert sorted(names) == ["beside", "sends"]


def test_usage_plan_is_changed_in_place(stacks: Any) -> None:
    """It has a name where the template gives none, and keeps its id: keys belong to it."""
    plan = {"Quota": {"Limit": 5000, "Period": "MONTH", "Offset": 1}, "Description": "few"}
    template = _resources(Plan=("ApiGateway::UsagePlan", plan))
    assert stacks.create("shop", template) == "CREATE_COMPLETE"
    gateway = stacks.aws.client("apigateway")
    (before,) = gateway.get_usage_plans()["items"]
    assert before["name"].startswith("shop-Plan-")
    changed = {
        "Quota": {"Limit": 7000, "Period": "MONTH"},
        "Throttle": {"RateLimit": 5, "BurstLimit": 9},
        "UsagePlanName": "many",
    }
    template = _resources(Plan=("ApiGateway::UsagePlan", changed))
    assert stacks.update("shop", template) == "UPDATE_COMPLETE"
    (after,) = gateway.get_usage_plans()["items"]
    assert (after["id"], after["name"]) == (before["id"], "many")
    assert after["quota"] == {"limit": 7000, "period": "MONTH", "offset": 0}
    assert after["throttle"] == {"rateLimit": 5.0, "burstLimit": 9}
    assert not after.get("description")


def test_topic_without_its_policy_has_the_usual_one_again(stacks: Any) -> None:
    """That of a new topic, when the stack has the policy no more."""
    sns = stacks.aws.client("sns")
    arn = sns.create_topic(Name="news")["TopicArn"]

    def policy() -> dict[str, Any]:
        attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        found: dict[str, Any] = json.loads(attributes["Policy"])
        return found

    usual = policy()
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": arn}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    named = ("SNS::TopicPolicy", {"Topics": [arn], "PolicyDocument": document})
    assert stacks.create("shop", _resources(Policy=named)) == "CREATE_COMPLETE"
    assert policy() == document
    stacks.client.delete_stack(StackName="shop")
    assert policy() == usual


def test_state_machine_logs_as_its_template_says(stacks: Any) -> None:
    """And no more when the template says so no longer; activities are made beside it."""
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    group = {"Fn::GetAtt": ["Group", "Arn"]}
    logging = {
        "Level": "ALL",
        "IncludeExecutionData": "true",
        "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": group}}],
    }
    machine = {
        "RoleArn": "arn:aws:iam::000000000000:role/r",
        "DefinitionString": definition,
        "TracingConfiguration": {"Enabled": True},
    }
    others = {"Group": ("Logs::LogGroup", {}), "Step": ("StepFunctions::Activity", {"Name": "s"})}

    def with_machine(**more: Any) -> dict[str, Any]:
        return _resources(Machine=("StepFunctions::StateMachine", machine | more), **others)

    logs = with_machine(LoggingConfiguration=logging)
    assert stacks.create("shop", logs) == "CREATE_COMPLETE"
    steps = stacks.aws.client("stepfunctions")
    (made,) = steps.list_state_machines()["stateMachines"]

    def described() -> dict[str, Any]:
        found: dict[str, Any] = steps.describe_state_machine(
            stateMachineArn=made["stateMachineArn"]
        )
        return found

    found = described()
    assert found["loggingConfiguration"]["level"] == "ALL"
    assert found["loggingConfiguration"]["includeExecutionData"] is True
    assert found["tracingConfiguration"] == {"enabled": True}
    assert [one["name"] for one in steps.list_activities()["activities"]] == ["s"]
    assert stacks.update("shop", with_machine()) == "UPDATE_COMPLETE"
    assert described()["loggingConfiguration"]["level"] == "OFF"


def test_secret_has_its_policy_and_a_parameter_its_tags(stacks: Any) -> None:
    """Set with the stack, changed with it."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    policy = {"SecretId": {"Ref": "Secret"}, "ResourcePolicy": document}

    def tagged(**tags: str) -> dict[str, Any]:
        parameter = {"Name": "/shop/a", "Type": "String", "Value": "1", "Tags": tags}
        return _resources(
            Secret=("SecretsManager::Secret", {"Name": "key"}),
            Policy=("SecretsManager::ResourcePolicy", policy),
            Parameter=("SSM::Parameter", parameter),
        )

    assert stacks.create("shop", tagged(team="a", old="x")) == "CREATE_COMPLETE"
    secrets, ssm = stacks.aws.client("secretsmanager"), stacks.aws.client("ssm")
    found = secrets.get_resource_policy(SecretId="key")
    assert json.loads(found["ResourcePolicy"]) == document
    assert stacks.update("shop", tagged(team="b")) == "UPDATE_COMPLETE"
    named = {"ResourceType": "Parameter", "ResourceId": "/shop/a"}
    assert stacks.tags(ssm.list_tags_for_resource(**named)["TagList"]) == {"team": "b"}


def test_an_api_has_the_name_that_its_template_gives(stacks: Any) -> None:
    """It goes before the title of the document that the API is made of."""
    body = {"swagger": "2.0", "info": {"title": "theirs", "version": "1"}, "paths": {}}
    api = ("ApiGateway::RestApi", {"Name": "ours", "Body": body})
    assert stacks.create("shop", _resources(Api=api)) == "CREATE_COMPLETE"
    (made,) = stacks.aws.client("apigateway").get_rest_apis()["items"]
    assert made["name"] == "ours"


def test_a_creation_that_was_taken_back_is_described_as_deleted(stacks: Any) -> None:
    """When, and of no change set any more."""
    stacks.aws.client("logs").create_log_group(logGroupName="taken")
    template = _resources(Group=("Logs::LogGroup", {"LogGroupName": "taken"}))
    made = {"StackName": "shop", "ChangeSetName": "first"}
    body = json.dumps(template)
    stacks.client.create_change_set(**made, ChangeSetType="CREATE", TemplateBody=body)
    stacks.client.execute_change_set(**made)
    (found,) = stacks.client.describe_stacks(StackName="shop")["Stacks"]
    assert (found["StackStatus"], "DeletionTime" in found) == ("ROLLBACK_COMPLETE", True)
    assert "ChangeSetId" not in found

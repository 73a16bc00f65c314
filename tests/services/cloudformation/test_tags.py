"""The tags that CloudFormation adds: its own, which no client may set, and those of the stack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

OWN = "aws:cloudformation:"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
    ],
}
MACHINE = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
ALARM = {
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
    "MetricName": "orders",
    "Namespace": "shop",
    "Period": 60,
    "Statistic": "Sum",
    "Threshold": 1,
}
FUNCTION = {
    "Code": {"ZipFile": "def handler(event, context): pass"},
    "Handler": "index.handler",
    "Role": "arn:aws:iam::000000000000:role/shop",
    "Runtime": "python3.12",
}
API = {"RestApiId": {"Ref": "Rest"}}
METHOD = API | {
    "ResourceId": {"Fn::GetAtt": ["Rest", "RootResourceId"]},
    "HttpMethod": "GET",
    "Integration": {"Type": "MOCK"},
}

#: A resource of each type that has tags, and then what some of them need.
RESOURCES: dict[str, tuple[str, dict[str, Any]]] = {
    "Topic": ("SNS::Topic", {}),
    "Bucket": ("S3::Bucket", {}),
    "Bus": ("Events::EventBus", {"Name": "orders"}),
    "Rule": ("Events::Rule", {"Name": "kitchen", "EventPattern": {"source": ["shop"]}}),
    "Group": ("Scheduler::ScheduleGroup", {"Name": "nightly"}),
    "Stream": ("Kinesis::Stream", {"Name": "orders", "ShardCount": 1}),
    "Function": ("Lambda::Function", FUNCTION | {"FunctionName": "greet"}),
    "Mapping": (
        "Lambda::EventSourceMapping",
        {
            "FunctionName": {"Ref": "Function"},
            "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
        },
    ),
    "Rest": ("ApiGateway::RestApi", {"Name": "shop"}),
    "Stage": ("ApiGateway::Stage", API | {"DeploymentId": {"Ref": "Version"}, "StageName": "v1"}),
    "Key": ("ApiGateway::ApiKey", {"Enabled": True}),
    "Plan": ("ApiGateway::UsagePlan", {"UsagePlanName": "many"}),
    "Name": ("ApiGateway::DomainName", {"DomainName": "api.example.com"}),
    "Http": ("ApiGatewayV2::Api", {"Name": "shop", "ProtocolType": "HTTP"}),
    "Step": ("StepFunctions::Activity", {"Name": "pack"}),
    "Machine": (
        "StepFunctions::StateMachine",
        {
            "StateMachineName": "orders",
            "Definition": MACHINE,
            "RoleArn": "arn:aws:iam::000000000000:role/shop",
        },
    ),
    "Secret": ("SecretsManager::Secret", {"Name": "pin", "SecretString": "1"}),
    "Parameter": ("SSM::Parameter", {"Name": "/shop/a", "Type": "String", "Value": "1"}),
    "Logs": ("Logs::LogGroup", {"LogGroupName": "orders"}),
    "Alarm": ("CloudWatch::Alarm", ALARM | {"AlarmName": "quiet"}),
    "Pool": ("Cognito::UserPool", {"UserPoolName": "guests"}),
    "Identities": (
        "Cognito::IdentityPool",
        {"IdentityPoolName": "guests", "AllowUnauthenticatedIdentities": True},
    ),
}
#: These have tags, too, and get none of CloudFormation's own (their schemas say so).
WITHOUT_OWN: dict[str, tuple[str, dict[str, Any]]] = {
    "Queue": ("SQS::Queue", {"QueueName": "orders"}),
    "Role": ("IAM::Role", {"RoleName": "cook", "AssumeRolePolicyDocument": TRUST}),
    "Table": (
        "DynamoDB::Table",
        {
            "TableName": "orders",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    ),
    "Crypt": ("KMS::Key", {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}}),
}
NEEDED: dict[str, tuple[str, dict[str, Any]]] = {
    "Get": ("ApiGateway::Method", METHOD),
    "Version": ("ApiGateway::Deployment", API),
}


def template(**resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    declared: dict[str, Any] = {
        name: {"Type": f"AWS::{kind}", "Properties": properties}
        for name, (kind, properties) in resources.items()
    }
    if "Version" in declared:
        declared["Version"]["DependsOn"] = "Get"
    return {"Resources": declared}


def listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tags_of(stacks: Any, name: str) -> dict[str, str]:
    """Return all tags of one of `RESOURCES`, asked of its own service."""
    client = stacks.aws.client
    found = stacks.client.describe_stack_resource(StackName="shop", LogicalResourceId=name)
    told = found["StackResourceDetail"]["PhysicalResourceId"]
    arn = f"arn:aws:{{}}:us-east-1:000000000000:{{}}{told}"
    rest = f"arn:aws:apigateway:us-east-1::/{{}}{told}"

    def gateway(resource: str) -> Any:
        return client("apigateway").get_tags(resourceArn=resource)["tags"]

    def v2(resource: str) -> Any:
        return client("apigatewayv2").get_tags(ResourceArn=resource)["Tags"]

    def lambda_(resource: str) -> Any:
        return client("lambda").list_tags(Resource=resource)["Tags"]

    def steps(resource: str) -> Any:
        return client("stepfunctions").list_tags_for_resource(resourceArn=resource)["tags"]

    def by_arn(service: str, resource: str) -> Any:
        member = "ResourceArn" if service in ("sns", "scheduler") else "ResourceARN"
        return client(service).list_tags_for_resource(**{member: resource})["Tags"]

    asked: dict[str, Callable[[], Any]] = {
        "Topic": lambda: by_arn("sns", told),
        "Bucket": lambda: client("s3").get_bucket_tagging(Bucket=told)["TagSet"],
        "Bus": lambda: by_arn("events", arn.format("events", "event-bus/")),
        "Rule": lambda: by_arn("events", arn.format("events", "rule/")),
        "Group": lambda: by_arn("scheduler", arn.format("scheduler", "schedule-group/")),
        "Stream": lambda: by_arn("kinesis", arn.format("kinesis", "stream/")),
        "Function": lambda: lambda_(arn.format("lambda", "function:")),
        "Mapping": lambda: lambda_(arn.format("lambda", "event-source-mapping:")),
        "Rest": lambda: gateway(rest.format("restapis/")),
        "Stage": lambda: client("apigateway").get_stage(
            restApiId=client("apigateway").get_rest_apis()["items"][0]["id"], stageName="v1"
        )["tags"],
        "Key": lambda: gateway(rest.format("apikeys/")),
        "Plan": lambda: gateway(rest.format("usageplans/")),
        "Name": lambda: gateway(rest.format("domainnames/")),
        "Http": lambda: v2(rest.format("apis/")),
        "Step": lambda: steps(told),
        "Machine": lambda: steps(told),
        "Secret": lambda: client("secretsmanager").describe_secret(SecretId=told)["Tags"],
        "Parameter": lambda: client("ssm").list_tags_for_resource(
            ResourceType="Parameter", ResourceId=told
        )["TagList"],
        "Logs": lambda: client("logs").list_tags_log_group(logGroupName=told)["tags"],
        "Alarm": lambda: by_arn("cloudwatch", arn.format("cloudwatch", "alarm:")),
        "Pool": lambda: client("cognito-idp").describe_user_pool(UserPoolId=told)["UserPool"][
            "UserPoolTags"
        ],
        "Identities": lambda: client("cognito-identity").describe_identity_pool(
            IdentityPoolId=told
        )["IdentityPoolTags"],
        "Queue": lambda: client("sqs").list_queue_tags(QueueUrl=told).get("Tags", {}),
        "Role": lambda: client("iam").list_role_tags(RoleName=told)["Tags"],
        "Table": lambda: client("dynamodb").list_tags_of_resource(
            ResourceArn=arn.format("dynamodb", "table/")
        )["Tags"],
        "Crypt": lambda: client("kms").list_resource_tags(KeyId=told)["Tags"],
    }
    answer = asked[name]()
    if isinstance(answer, dict):
        return answer
    lowered = ({key.lower(): value for key, value in one.items()} for one in answer)
    return {
        one.get("key", one.get("tagkey", "")): one.get("value", one.get("tagvalue", ""))
        for one in lowered
    }


MAY = {"Capabilities": ["CAPABILITY_NAMED_IAM"]}


def test_what_a_stack_makes_tells_which_it_is_of(stacks: Any) -> None:
    """Stack and logical id, on every type that AWS tags so; a stack's own tags on all that can."""
    whole = template(**RESOURCES, **WITHOUT_OWN, **NEEDED)
    assert stacks.create("shop", whole, Tags=listed({"team": "a"}), **MAY) == "CREATE_COMPLETE"
    stack_id = stacks.client.describe_stacks(StackName="shop")["Stacks"][0]["StackId"]
    own = {f"{OWN}stack-name": "shop", f"{OWN}stack-id": stack_id}
    for name in RESOURCES:
        expected = {"team": "a", f"{OWN}logical-id": name} | own
        assert (name, tags_of(stacks, name)) == (name, expected)
    for name in WITHOUT_OWN:
        assert (name, tags_of(stacks, name)) == (name, {"team": "a"})

    with pytest.raises(ClientError, match="No updates are to be performed"):
        stacks.update("shop", whole, **MAY)
    other = listed({"team": "b", "shift": "late"})
    assert stacks.update("shop", whole, Tags=other, **MAY) == "UPDATE_COMPLETE"
    for name in RESOURCES:
        expected = {"team": "b", "shift": "late", f"{OWN}logical-id": name} | own
        assert (name, tags_of(stacks, name)) == (name, expected)
    for name in WITHOUT_OWN:
        assert (name, tags_of(stacks, name)) == (name, {"team": "b", "shift": "late"})
    events = stacks.events("shop")
    assert ("Queue", "UPDATE_COMPLETE") in events
    assert ("Get", "UPDATE_COMPLETE") not in events, "a method has no tags"


def test_a_template_says_more_of_a_tag_than_its_stack(stacks: Any) -> None:
    """A key that both give has the template's value, and the stack's once it is there no more."""
    queue = ("SQS::Queue", {"QueueName": "orders", "Tags": listed({"team": "cooks"})})
    tags = {"Tags": listed({"team": "a", "cost": "low"})}
    assert stacks.create("shop", template(Queue=queue), **tags) == "CREATE_COMPLETE"
    assert tags_of(stacks, "Queue") == {"team": "cooks", "cost": "low"}
    bare = template(Queue=WITHOUT_OWN["Queue"])
    assert stacks.update("shop", bare, **tags) == "UPDATE_COMPLETE"
    assert tags_of(stacks, "Queue") == {"team": "a", "cost": "low"}


def test_a_change_of_tags_that_failed_is_taken_back(stacks: Any) -> None:
    """The stack's tags before are on its resources again."""
    first = {"Tags": listed({"team": "a"})}
    topic = template(Topic=RESOURCES["Topic"])
    assert stacks.create("shop", topic, **first) == "CREATE_COMPLETE"
    before = tags_of(stacks, "Topic")
    bad = template(Topic=RESOURCES["Topic"], Bad=("SQS::Queue", {"DelaySeconds": -1}))
    bad["Resources"]["Bad"]["DependsOn"] = "Topic"
    other = {"Tags": listed({"shift": "late"})}
    assert stacks.update("shop", bad, **other) == "UPDATE_ROLLBACK_COMPLETE"
    assert ("Topic", "UPDATE_COMPLETE") in stacks.events("shop")
    assert tags_of(stacks, "Topic") == before


def test_a_change_set_tells_of_the_stacks_tags(stacks: Any) -> None:
    """Each resource that has tags is modified, and only in its tags."""
    whole = template(Topic=RESOURCES["Topic"], Group=("IAM::Group", {"GroupName": "cooks"}))
    assert stacks.create("shop", whole, **MAY) == "CREATE_COMPLETE"
    named = {"StackName": "shop", "ChangeSetName": "tags"}
    stacks.client.create_change_set(
        **named, UsePreviousTemplate=True, Tags=listed({"team": "a"}), **MAY
    )
    (change,) = stacks.client.describe_change_set(**named)["Changes"]
    told = change["ResourceChange"]
    assert (told["LogicalResourceId"], told["Replacement"]) == ("Topic", "False")
    assert told["Scope"] == ["Tags"]
    assert told["Details"][0]["Target"] == {"Attribute": "Tags", "RequiresRecreation": "Never"}


@pytest.mark.parametrize("where", ["stack", "template"])
def test_tags_of_aws_itself_are_refused(stacks: Any, where: str) -> None:
    """Whichever case they are spelled in; and nothing is made."""
    reserved = listed({"AWS:team": "a"})
    if where == "stack":
        with pytest.raises(ClientError, match="not allowed for external use"):
            stacks.create("shop", template(Topic=RESOURCES["Topic"]), Tags=reserved)
    else:
        topic = ("SNS::Topic", {"Tags": reserved})
        assert stacks.create("shop", template(Topic=topic)) == "ROLLBACK_COMPLETE"
        assert any("not allowed for external use" in reason for reason in stacks.reasons("shop"))
    assert stacks.aws.client("sns").list_topics()["Topics"] == []


def test_own_tags_do_not_count(stacks: Any) -> None:
    """A resource may have fifty tags of its template, and has AWS's besides."""
    fifty = listed({f"tag-{number}": "x" for number in range(50)})
    kinds = ("Topic", "Bucket", "Stream", "Function", "Step", "Logs", "Secret")
    full = {name: (RESOURCES[name][0], RESOURCES[name][1] | {"Tags": fifty}) for name in kinds}
    assert stacks.create("shop", template(**full)) == "CREATE_COMPLETE"
    assert {name: len(tags_of(stacks, name)) for name in kinds} == dict.fromkeys(kinds, 53)


def test_a_bucket_keeps_the_tags_that_aws_put_there(stacks: Any) -> None:
    """A client replaces the others; it has to repeat AWS's, unchanged."""
    bucket = {"Bucket": "shop-of-ours"}
    declared = template(Bucket=("S3::Bucket", {"BucketName": "shop-of-ours"}))
    assert stacks.create("shop", declared) == "CREATE_COMPLETE"
    s3 = stacks.aws.client("s3")
    theirs = s3.get_bucket_tagging(**bucket)["TagSet"]
    assert len(theirs) == 3
    mine = listed({"team": "a"})
    with pytest.raises(ClientError, match="System tags cannot be removed by requester"):
        s3.put_bucket_tagging(**bucket, Tagging={"TagSet": mine})
    with pytest.raises(ClientError, match="System tags cannot be added/updated by requester"):
        changed = [one | {"Value": "x"} for one in theirs]
        s3.put_bucket_tagging(**bucket, Tagging={"TagSet": changed})
    s3.put_bucket_tagging(**bucket, Tagging={"TagSet": theirs + mine})
    assert s3.get_bucket_tagging(**bucket)["TagSet"] == theirs + mine
    s3.delete_bucket_tagging(**bucket)
    assert s3.get_bucket_tagging(**bucket)["TagSet"] == theirs


def test_a_nested_stacks_resources_tell_of_the_nested_stack(stacks: Any) -> None:
    """Tags of the outer stack go on; whose part a resource is, the inner one says."""
    inner = template(Topic=("SNS::Topic", {"TopicName": "orders"}))
    stacks.aws.client("s3").create_bucket(Bucket="templates")
    stacks.aws.client("s3").put_object(Bucket="templates", Key="inner.json", Body=json.dumps(inner))
    url = "https://templates.s3.amazonaws.com/inner.json"
    outer = template(Inner=("CloudFormation::Stack", {"TemplateURL": url}))
    assert stacks.create("shop", outer, Tags=listed({"team": "a"})) == "CREATE_COMPLETE"
    (nested,) = [one for one in stacks.client.describe_stacks()["Stacks"] if one.get("ParentId")]
    told = {tag["Key"]: tag["Value"] for tag in nested["Tags"]}
    assert (told["team"], told[f"{OWN}logical-id"], told[f"{OWN}stack-name"]) == (
        "a", "Inner", "shop",
    )  # fmt: skip
    arn = "arn:aws:sns:us-east-1:000000000000:orders"
    tags = stacks.aws.client("sns").list_tags_for_resource(ResourceArn=arn)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "team": "a",
        f"{OWN}logical-id": "Topic",
        f"{OWN}stack-name": nested["StackName"],
        f"{OWN}stack-id": nested["StackId"],
    }
    mine = listed({"team": "b"})
    inner_id = nested["StackId"]
    stacks.client.update_stack(StackName=inner_id, UsePreviousTemplate=True, Tags=mine)
    (changed,) = stacks.client.describe_stacks(StackName=inner_id)["Stacks"]
    assert {tag["Key"]: tag["Value"] for tag in changed["Tags"]} == told | {"team": "b"}

"""Resources that are changed, taken back and deleted together with what else they belong to."""

from __future__ import annotations

import json
from typing import Any

import pytest

INTEGRATION = {"x-amazon-apigateway-integration": {"type": "MOCK"}}
BODY = {"openapi": "3.0.1", "info": {"title": "pets"}, "paths": {"/pets": {"get": INTEGRATION}}}


def resources(**resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "Resources": {
            name: {"Type": f"AWS::{kind}", "Properties": properties}
            for name, (kind, properties) in resources.items()
        }
    }


def with_plan(*stages: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """A stack with an API, its stage "prod", and a plan for some stages with a key."""
    api = {"RestApiId": {"Ref": "Api"}}
    stage = api | {"DeploymentId": {"Ref": "Deployment"}, "StageName": "prod"}
    key = {"KeyId": {"Ref": "Key"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "Plan"}}
    plan = {"ApiStages": [{"ApiId": {"Ref": "Api"}, **one} for one in stages]} | settings
    return resources(
        Api=("ApiGateway::RestApi", {"Body": BODY}),
        Deployment=("ApiGateway::Deployment", api),
        Stage=("ApiGateway::Stage", stage),
        Key=("ApiGateway::ApiKey", {"Enabled": True}),
        Plan=("ApiGateway::UsagePlan", plan),
        PlanKey=("ApiGateway::UsagePlanKey", key),
    )


ROOT = {"AWS": "arn:aws:iam::000000000000:root"}
PROD = {"Stage": {"Ref": "Stage"}}


def limited(**limits: Any) -> dict[str, Any]:
    return PROD | {"Throttle": {"/pets/GET": limits}}


def test_a_usage_plan_is_deleted_with_its_stages(stacks: Any) -> None:
    """API Gateway keeps a plan that still has any: CloudFormation takes it from them first."""
    assert stacks.create("shop", with_plan(PROD)) == "CREATE_COMPLETE"
    gateway = stacks.aws.client("apigateway")
    assert len(gateway.get_usage_plans()["items"]) == 1
    stacks.client.delete_stack(StackName="shop")
    assert gateway.get_usage_plans()["items"] == []
    assert gateway.get_rest_apis()["items"] == []


def test_limits_of_a_plans_methods_are_changed_with_it(stacks: Any) -> None:
    """Set, changed, and taken away again."""
    assert stacks.create("shop", with_plan(limited(RateLimit=5, BurstLimit="2"))) == (
        "CREATE_COMPLETE"
    )
    gateway = stacks.aws.client("apigateway")

    def throttle() -> Any:
        (plan,) = gateway.get_usage_plans()["items"]
        (stage,) = plan["apiStages"]
        return stage.get("throttle")

    assert throttle() == {"/pets/GET": {"rateLimit": 5.0, "burstLimit": 2}}
    assert stacks.update("shop", with_plan(limited(RateLimit=7, BurstLimit=2))) == (
        "UPDATE_COMPLETE"
    )
    assert throttle() == {"/pets/GET": {"rateLimit": 7.0, "burstLimit": 2}}
    assert stacks.update("shop", with_plan(PROD)) == "UPDATE_COMPLETE"
    assert not throttle()


def test_a_change_of_a_plan_that_failed_is_taken_back(stacks: Any) -> None:
    """It never had the stage that it was to have; what somebody else gave it, it keeps."""
    gateway = stacks.aws.client("apigateway")
    assert stacks.create("shop", with_plan(PROD)) == "CREATE_COMPLETE"
    (plan,) = gateway.get_usage_plans()["items"]
    (prod,) = plan["apiStages"]
    gateway.create_deployment(restApiId=prod["apiId"], stageName="beta")
    more = {"op": "add", "path": "/apiStages", "value": f"{prod['apiId']}:beta"}
    gateway.update_usage_plan(usagePlanId=plan["id"], patchOperations=[more])

    assert stacks.update("shop", with_plan({"Stage": "none"})) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.events("shop").count(("Plan", "UPDATE_FAILED")) == 1
    (plan,) = gateway.get_usage_plans()["items"]
    assert [one["stage"] for one in plan["apiStages"]] == ["prod", "beta"]


def test_an_activity_has_the_tags_of_its_template(stacks: Any) -> None:
    """They are changed in place: an activity that a template names cannot be replaced."""

    def tagged(**tags: str) -> dict[str, Any]:
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        return resources(Step=("StepFunctions::Activity", {"Name": "pack", "Tags": listed}))

    assert stacks.create("shop", tagged(team="a", old="x")) == "CREATE_COMPLETE"
    steps = stacks.aws.client("stepfunctions")
    arn = steps.list_activities()["activities"][0]["activityArn"]
    tags = steps.list_tags_for_resource(resourceArn=arn)["tags"]
    assert stacks.tags(tags) == {"team": "a", "old": "x"}
    assert stacks.update("shop", tagged(team="b")) == "UPDATE_COMPLETE"
    tags = steps.list_tags_for_resource(resourceArn=arn)["tags"]
    assert stacks.tags(tags) == {"team": "b"}


def test_an_activity_that_somebody_has_made_is_not_taken_over(stacks: Any) -> None:
    """Creating one that is there would say nothing of it."""
    stacks.aws.client("stepfunctions").create_activity(name="pack")
    template = resources(Step=("StepFunctions::Activity", {"Name": "pack"}))
    assert stacks.create("shop", template) == "ROLLBACK_COMPLETE"
    assert stacks.aws.client("stepfunctions").list_activities()["activities"]


@pytest.mark.parametrize("kind", ["topic", "queue", "bucket"])
def test_a_policy_may_be_given_as_text(stacks: Any, kind: str) -> None:
    """As CloudFormation's schema has it: an object or a string."""
    sns, sqs, s3 = (stacks.aws.client(name) for name in ("sns", "sqs", "s3"))
    arn = sns.create_topic(Name="news")["TopicArn"]
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    s3.create_bucket(Bucket="things")
    action, on = {
        "topic": ("sns:Publish", arn),
        "queue": ("sqs:SendMessage", "*"),
        "bucket": ("s3:GetObject", "arn:aws:s3:::things/*"),
    }[kind]
    statement = {"Effect": "Allow", "Principal": ROOT, "Action": action, "Resource": on}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    name, holder = {
        "topic": ("SNS::TopicPolicy", {"Topics": [arn]}),
        "queue": ("SQS::QueuePolicy", {"Queues": [url]}),
        "bucket": ("S3::BucketPolicy", {"Bucket": "things"}),
    }[kind]
    policy = holder | {"PolicyDocument": json.dumps(document)}
    assert stacks.create("shop", resources(Policy=(name, policy))) == "CREATE_COMPLETE"
    if kind == "topic":
        found = sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    elif kind == "queue":
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
        found = found["Attributes"]["Policy"]
    else:
        found = s3.get_bucket_policy(Bucket="things")["Policy"]
    assert json.loads(found) == document


def test_a_role_trusts_whom_a_text_without_a_version_names(stacks: Any) -> None:
    """Its policies may be texts, too."""
    principal = {"Service": "lambda.amazonaws.com"}
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    role = {
        "AssumeRolePolicyDocument": json.dumps({"Statement": [trusted]}),
        "Policies": [
            {"PolicyName": "sends", "PolicyDocument": json.dumps({"Statement": [allowed]})}
        ],
    }
    template = resources(Role=("IAM::Role", role))
    assert stacks.create("shop", template, Capabilities=["CAPABILITY_IAM"]) == "CREATE_COMPLETE"
    iam = stacks.aws.client("iam")
    (made,) = iam.list_roles()["Roles"]
    assert made["AssumeRolePolicyDocument"]["Statement"] == [trusted]
    written = iam.get_role_policy(RoleName=made["RoleName"], PolicyName="sends")
    assert written["PolicyDocument"]["Statement"] == [allowed]


@pytest.mark.parametrize("kind", ["topic", "queue"])
def test_a_policy_leaves_its_other_holders_when_one_is_gone(stacks: Any, kind: str) -> None:
    """Somebody deleted the first: the second has the policy no more all the same."""
    sns, sqs = stacks.aws.client("sns"), stacks.aws.client("sqs")
    statement = {"Effect": "Allow", "Principal": "*", "Action": f"{kind}s", "Resource": "*"}
    if kind == "topic":
        holders = [sns.create_topic(Name=name)["TopicArn"] for name in ("first", "second")]
        name, member, statement["Action"] = "SNS::TopicPolicy", "Topics", "sns:Publish"
    else:
        holders = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("first", "second")]
        name, member, statement["Action"] = "SQS::QueuePolicy", "Queues", "sqs:SendMessage"

    def policy() -> Any:
        if kind == "topic":
            return sns.get_topic_attributes(TopicArn=holders[1])["Attributes"]["Policy"]
        found = sqs.get_queue_attributes(QueueUrl=holders[1], AttributeNames=["Policy"])
        return found.get("Attributes", {}).get("Policy")

    usual = policy()
    document = {"Version": "2012-10-17", "Statement": [statement]}
    template = resources(Policy=(name, {member: holders, "PolicyDocument": document}))
    assert stacks.create("shop", template) == "CREATE_COMPLETE"
    assert json.loads(policy()) == document
    if kind == "topic":
        sns.delete_topic(TopicArn=holders[0])
    else:
        sqs.delete_queue(QueueUrl=holders[0])
    stacks.client.delete_stack(StackName="shop")
    assert stacks.client.list_stacks()["StackSummaries"][0]["StackStatus"] == "DELETE_COMPLETE"
    assert policy() == usual


def test_an_api_key_is_changed_in_place(stacks: Any) -> None:
    """Its value, which clients have, stays; also one that has a name can be changed."""

    def with_key(**settings: Any) -> dict[str, Any]:
        return resources(Key=("ApiGateway::ApiKey", {"Name": "partner"} | settings))

    tags = [{"Key": "team", "Value": "a"}]
    first = with_key(Enabled=True, Description="of ours", Tags=tags)
    assert stacks.create("shop", first) == "CREATE_COMPLETE"
    gateway = stacks.aws.client("apigateway")
    (before,) = gateway.get_api_keys(includeValues=True)["items"]
    assert (before["enabled"], stacks.tags(before["tags"])) == (True, {"team": "a"})
    assert stacks.update("shop", with_key(Description="of theirs")) == "UPDATE_COMPLETE"
    (after,) = gateway.get_api_keys(includeValues=True)["items"]
    assert (after["id"], after["value"]) == (before["id"], before["value"])
    assert (after["enabled"], after["description"]) == (False, "of theirs")
    assert not stacks.tags(after.get("tags", {}))


def _tags_of(stacks: Any, kind: str) -> dict[str, str]:
    client = stacks.aws.client
    if kind == "SecretsManager::Secret":
        listed = client("secretsmanager").describe_secret(SecretId="it").get("Tags", [])
    elif kind == "Logs::LogGroup":
        found: dict[str, str] = client("logs").list_tags_log_group(logGroupName="it")["tags"]
        return found
    elif kind == "KMS::Key":
        key = client("kms").list_keys()["Keys"][0]["KeyId"]
        listed = client("kms").list_resource_tags(KeyId=key)["Tags"]
        listed = [{"Key": one["TagKey"], "Value": one["TagValue"]} for one in listed]
    else:
        steps = client("stepfunctions")
        arn = steps.list_state_machines()["stateMachines"][0]["stateMachineArn"]
        listed = steps.list_tags_for_resource(resourceArn=arn)["tags"]
        listed = [{"Key": one["key"], "Value": one["value"]} for one in listed]
    return {one["Key"]: one["Value"] for one in listed}


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("SecretsManager::Secret", {"Name": "it"}),
        ("Logs::LogGroup", {"LogGroupName": "it"}),
        ("KMS::Key", {"Description": "it"}),
        (
            "StepFunctions::StateMachine",
            {
                "RoleArn": "arn:aws:iam::000000000000:role/r",
                "Definition": {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}},
            },
        ),
    ],
)
def test_tags_are_those_of_the_template(stacks: Any, kind: str, properties: dict[str, Any]) -> None:
    """Set, changed and taken away."""

    def tagged(**tags: str) -> dict[str, Any]:
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        return resources(It=(kind, properties | {"Tags": listed}))

    assert stacks.create("shop", tagged(team="a", old="x")) == "CREATE_COMPLETE"
    assert stacks.tags(_tags_of(stacks, kind)) == {"team": "a", "old": "x"}
    assert stacks.update("shop", tagged(team="b")) == "UPDATE_COMPLETE"
    assert stacks.tags(_tags_of(stacks, kind)) == {"team": "b"}


def test_a_keys_policy_is_changed_with_its_template(stacks: Any) -> None:
    """The one that KMS calls default."""

    def with_key(*actions: str) -> dict[str, Any]:
        statement = {"Effect": "Allow", "Principal": ROOT, "Action": list(actions), "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        return resources(Key=("KMS::Key", {"KeyPolicy": document}))

    assert stacks.create("shop", with_key("kms:*")) == "CREATE_COMPLETE"
    assert stacks.update("shop", with_key("kms:Encrypt", "kms:PutKeyPolicy")) == "UPDATE_COMPLETE"
    kms = stacks.aws.client("kms")
    key = kms.list_keys()["Keys"][0]["KeyId"]
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    assert policy["Statement"][0]["Action"] == ["kms:Encrypt", "kms:PutKeyPolicy"]


def test_a_secrets_description_is_changed_without_its_value(stacks: Any) -> None:
    """What it is worth, and which version that is, stays."""

    def with_secret(description: str) -> dict[str, Any]:
        secret = {"Name": "it", "SecretString": "1", "Description": description}
        return resources(Secret=("SecretsManager::Secret", secret))

    assert stacks.create("shop", with_secret("a")) == "CREATE_COMPLETE"
    secrets = stacks.aws.client("secretsmanager")
    before = secrets.get_secret_value(SecretId="it")
    assert stacks.update("shop", with_secret("b")) == "UPDATE_COMPLETE"
    after = secrets.get_secret_value(SecretId="it")
    assert (after["SecretString"], after["VersionId"]) == ("1", before["VersionId"])
    assert secrets.describe_secret(SecretId="it")["Description"] == "b"


def test_roles_and_users_are_changed_with_their_template(stacks: Any) -> None:
    """Tags, groups and the boundary of what a role may do: set, changed and taken away."""
    iam = stacks.aws.client("iam")
    allowed = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    made = iam.create_policy(PolicyName="most", PolicyDocument=document)
    bounded = {"PermissionsBoundary": made["Policy"]["Arn"]}
    trusted = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "lambda.amazonaws.com"},
    }

    def template(*groups: str, tags: dict[str, str], **both: Any) -> dict[str, Any]:
        both["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        role = {"RoleName": "role", "AssumeRolePolicyDocument": {"Statement": [trusted]}}
        user = {"UserName": "user", "Groups": [{"Ref": group} for group in groups]}
        return resources(
            Cooks=("IAM::Group", {"GroupName": "cooks"}),
            Hosts=("IAM::Group", {"GroupName": "hosts"}),
            Role=("IAM::Role", role | both),
            User=("IAM::User", user | both),
        )

    def found() -> list[Any]:
        role, user = iam.get_role(RoleName="role")["Role"], iam.get_user(UserName="user")["User"]
        groups = iam.list_groups_for_user(UserName="user")["Groups"]
        return [
            [one["GroupName"] for one in groups],
            *({tag["Key"]: tag["Value"] for tag in one.get("Tags", ())} for one in (role, user)),
            "PermissionsBoundary" in role,
        ]

    may = {"Capabilities": ["CAPABILITY_NAMED_IAM"]}
    tags = {"team": "a", "old": "x"}
    assert stacks.create("shop", template("Cooks", tags=tags), **may) == "CREATE_COMPLETE"
    assert found() == [["cooks"], tags, tags, False]
    changed = template("Cooks", "Hosts", tags={"team": "b"}, **bounded)
    assert stacks.update("shop", changed, **may) == "UPDATE_COMPLETE"
    assert found() == [["cooks", "hosts"], {"team": "b"}, {"team": "b"}, True]
    assert stacks.update("shop", template(tags={}), **may) == "UPDATE_COMPLETE"
    assert found() == [[], {}, {}, False]

"""What AWS changes without interruption keeps its id, and everybody who names it goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

TOKEN = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"
API = {"RestApiId": {"Ref": "Api"}}


def template(**resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "Resources": {
            name: {"Type": f"AWS::{kind}", "Properties": properties}
            for name, (kind, properties) in resources.items()
        }
    }


def with_authorizer(**more: Any) -> dict[str, Any]:
    authorizer = {"Name": "guard", "Type": "TOKEN", "IdentitySource": "method.request.header.A"}
    authorizer |= {"AuthorizerUri": TOKEN.format("one")} | API | more
    method = API | {
        "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
        "HttpMethod": "GET",
        "AuthorizationType": "CUSTOM",
        "AuthorizerId": {"Ref": "Guard"},
        "Integration": {"Type": "MOCK"},
    }
    return template(
        Api=("ApiGateway::RestApi", {"Name": "shop"}),
        Guard=("ApiGateway::Authorizer", authorizer),
        Get=("ApiGateway::Method", method),
    )


def id_of(stacks: Any, name: str) -> str:
    found = stacks.client.describe_stack_resource(StackName="shop", LogicalResourceId=name)
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def test_an_authorizer_is_changed_in_place(stacks: Any) -> None:
    """It could not be replaced: a method names it, and its name is to be unique."""
    changed = with_authorizer(AuthorizerUri=TOKEN.format("two"), AuthorizerResultTtlInSeconds=0)
    assert stacks.create("shop", with_authorizer()) == "CREATE_COMPLETE"
    guard = id_of(stacks, "Guard")
    gateway = stacks.aws.client("apigateway")

    def found() -> tuple[str, int]:
        one = gateway.get_authorizer(restApiId=id_of(stacks, "Api"), authorizerId=guard)
        return one["authorizerUri"], one["authorizerResultTtlInSeconds"]

    assert stacks.update("shop", changed) == "UPDATE_COMPLETE"
    assert found() == (TOKEN.format("two"), 0)
    assert stacks.update("shop", with_authorizer()) == "UPDATE_COMPLETE"
    assert found() == (TOKEN.format("one"), 300), "without a time to live it has AWS's own"
    assert id_of(stacks, "Guard") == guard


def test_user_pools_of_an_authorizer_are_exchanged(stacks: Any) -> None:
    """Added and removed; what fails later in the update is taken back."""
    pools = [f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_{n}" for n in "abc"]

    def of(*arns: str) -> dict[str, Any]:
        guard = API | {"Name": "guard", "Type": "COGNITO_USER_POOLS", "ProviderARNs": [*arns]}
        guard |= {"IdentitySource": "method.request.header.Authorization"}
        return template(
            Api=("ApiGateway::RestApi", {"Name": "shop"}),
            Guard=("ApiGateway::Authorizer", guard),
        )

    def found() -> list[str]:
        api = id_of(stacks, "Api")
        (one,) = stacks.aws.client("apigateway").get_authorizers(restApiId=api)["items"]
        return sorted(one["providerARNs"])

    assert stacks.create("shop", of(*pools[:2])) == "CREATE_COMPLETE"
    assert stacks.update("shop", of(*pools[1:])) == "UPDATE_COMPLETE"
    assert found() == pools[1:]
    failing = of(pools[0])
    failing["Resources"]["Bad"] = {
        "Type": "AWS::SQS::Queue", "DependsOn": "Guard", "Properties": {"DelaySeconds": -1},
    }  # fmt: skip
    assert stacks.update("shop", failing) == "UPDATE_ROLLBACK_COMPLETE"
    assert found() == pools[1:]


def test_a_validator_is_changed_in_place_and_another_name_makes_another(stacks: Any) -> None:
    """As its documentation says of each property."""

    def of(**settings: Any) -> dict[str, Any]:
        return template(
            Api=("ApiGateway::RestApi", {"Name": "shop"}),
            Checks=("ApiGateway::RequestValidator", API | settings),
        )

    def found() -> tuple[str, bool, bool]:
        api = id_of(stacks, "Api")
        (one,) = stacks.aws.client("apigateway").get_request_validators(restApiId=api)["items"]
        return one["name"], one["validateRequestBody"], one["validateRequestParameters"]

    assert stacks.create("shop", of(Name="all", ValidateRequestBody=True)) == "CREATE_COMPLETE"
    first = id_of(stacks, "Checks")
    assert stacks.update("shop", of(Name="all", ValidateRequestParameters=True)) == (
        "UPDATE_COMPLETE"
    )
    assert (id_of(stacks, "Checks"), found()) == (first, ("all", False, True))
    assert stacks.update("shop", of(Name="some")) == "UPDATE_COMPLETE"
    assert id_of(stacks, "Checks") != first
    assert found() == ("some", False, False)


def test_a_domain_name_is_changed_in_place_and_keeps_its_mappings(stacks: Any) -> None:
    """From the edge to the region, with another certificate and back."""
    name = {"DomainName": "api.example.com"}
    certificate = "arn:aws:acm:us-east-1:000000000000:certificate/{}"
    edge = name | {"CertificateArn": certificate.format("one")}
    region = name | {
        "RegionalCertificateArn": certificate.format("two"),
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
        "SecurityPolicy": "TLS_1_0",
        "MutualTlsAuthentication": {"TruststoreUri": "s3://trust/store.pem"},
        "Tags": [{"Key": "team", "Value": "a"}],
    }

    def of(properties: dict[str, Any], api: str) -> dict[str, Any]:
        made = template(
            One=("ApiGateway::RestApi", {"Name": "one"}),
            Two=("ApiGateway::RestApi", {"Name": "two"}),
            Name=("ApiGateway::DomainName", properties),
            Path=(
                "ApiGateway::BasePathMapping",
                {"DomainName": {"Ref": "Name"}, "BasePath": "v1", "RestApiId": {"Ref": api}},
            ),
        )
        target = "RegionalDomainName" if "Tags" in properties else "DistributionDomainName"
        return made | {"Outputs": {"Target": {"Value": {"Fn::GetAtt": ["Name", target]}}}}

    gateway = stacks.aws.client("apigateway")
    assert stacks.create("shop", of(edge, "One")) == "CREATE_COMPLETE"
    assert stacks.outputs("shop")["Target"].endswith(".cloudfront.net")
    assert stacks.update("shop", of(region, "Two")) == "UPDATE_COMPLETE"
    assert stacks.outputs("shop")["Target"].endswith(".execute-api.us-east-1.amazonaws.com")
    found = gateway.get_domain_name(domainName="api.example.com")
    assert found["endpointConfiguration"]["types"] == ["REGIONAL"]
    assert (found["securityPolicy"], found["regionalCertificateArn"]) == (
        "TLS_1_0",
        certificate.format("two"),
    )
    assert found["mutualTlsAuthentication"] == {"truststoreUri": "s3://trust/store.pem"}
    assert "distributionDomainName" not in found
    assert stacks.tags(found["tags"]) == {"team": "a"}
    (mapping,) = gateway.get_base_path_mappings(domainName="api.example.com")["items"]
    assert (mapping["basePath"], mapping["restApiId"]) == ("v1", id_of(stacks, "Two"))

    assert stacks.update("shop", of(edge, "One")) == "UPDATE_COMPLETE"
    found = gateway.get_domain_name(domainName="api.example.com")
    assert (found["endpointConfiguration"]["types"], found["securityPolicy"]) == (
        ["EDGE"],
        "TLS_1_2",
    )
    assert "mutualTlsAuthentication" not in found
    assert stacks.tags(found["tags"]) == {}


def test_a_deployment_begins_a_canary_and_goes_with_it(stacks: Any) -> None:
    """The stage goes on to serve what it did, and some requests the new one."""

    def of(*, canary: bool) -> dict[str, Any]:
        settings = {"PercentTraffic": 25, "StageVariableOverrides": {"colour": "red"}}
        made = template(
            Api=("ApiGateway::RestApi", {"Name": "shop"}),
            Get=(
                "ApiGateway::Method",
                API
                | {
                    "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                    "HttpMethod": "GET",
                    "AuthorizationType": "NONE",
                    "Integration": {"Type": "MOCK"},
                },
            ),
            First=("ApiGateway::Deployment", API),
            Stage=(
                "ApiGateway::Stage",
                API | {"DeploymentId": {"Ref": "First"}, "StageName": "prod"},
            ),
            Next=(
                "ApiGateway::Deployment",
                API | {"StageName": {"Ref": "Stage"}, "DeploymentCanarySettings": settings},
            ),
        )
        made["Resources"]["First"]["DependsOn"] = "Get"
        if not canary:
            del made["Resources"]["Next"]
        return made

    assert stacks.create("shop", of(canary=True)) == "CREATE_COMPLETE"
    stage = {"restApiId": id_of(stacks, "Api"), "stageName": "prod"}
    gateway = stacks.aws.client("apigateway")
    found = gateway.get_stage(**stage)
    assert found["deploymentId"] == id_of(stacks, "First")
    assert found["canarySettings"] == {
        "deploymentId": id_of(stacks, "Next"),
        "percentTraffic": 25.0,
        "stageVariableOverrides": {"colour": "red"},
        "useStageCache": False,
    }
    assert stacks.update("shop", of(canary=False)) == "UPDATE_COMPLETE"
    assert "canarySettings" not in gateway.get_stage(**stage)
    assert len(gateway.get_deployments(restApiId=stage["restApiId"])["items"]) == 1


def with_policy(secret: str | dict[str, Any], *, fails: bool = False) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    made = template(
        Pin=("SecretsManager::Secret", {"Name": "pin", "SecretString": "1"}),
        Other=("SecretsManager::Secret", {"Name": "other", "SecretString": "1"}),
        Policy=(
            "SecretsManager::ResourcePolicy",
            {"SecretId": secret, "ResourcePolicy": policy},
        ),
        Bad=("SQS::Queue", {"DelaySeconds": -1 if fails else 0}),
    )
    made["Resources"]["Policy"]["DependsOn"] = ["Pin", "Other"]
    made["Resources"]["Bad"]["DependsOn"] = "Policy"
    return made


@pytest.mark.parametrize("fails", [False, True], ids=["done", "taken back"])
def test_a_secrets_policy_stays_when_its_secret_is_named_otherwise(
    stacks: Any, *, fails: bool
) -> None:
    """By its ARN instead of its name: it is a replacement, of one and the same policy."""

    def has_policy(secret: str) -> bool:
        secrets = stacks.aws.client("secretsmanager")
        return "Allow" in secrets.get_resource_policy(SecretId=secret).get("ResourcePolicy", "")

    ended = "UPDATE_ROLLBACK_COMPLETE" if fails else "UPDATE_COMPLETE"
    assert stacks.create("shop", with_policy("pin")) == "CREATE_COMPLETE"
    assert stacks.update("shop", with_policy({"Ref": "Pin"}, fails=fails)) == ended
    assert has_policy("pin")
    assert stacks.update("shop", with_policy("other", fails=fails)) == ended
    assert (has_policy("pin"), has_policy("other")) == (fails, not fails)


def test_a_subscription_may_be_to_a_topic_in_another_region(stacks: Any) -> None:
    """Made, changed and deleted where the topic is."""
    there = stacks.aws.client("sns", region="eu-west-1")
    topic = there.create_topic(Name="orders")["TopicArn"]
    subscription = {"TopicArn": topic, "Protocol": "sqs", "Region": "eu-west-1"}
    queue = ("SQS::Queue", {"QueueName": "orders"})

    def of(**more: Any) -> dict[str, Any]:
        wanted = subscription | {"Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]}} | more
        return template(Queue=queue, Subscription=("SNS::Subscription", wanted))

    def raw() -> list[str]:
        listed = there.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        arns = [one["SubscriptionArn"] for one in listed]
        found = [there.get_subscription_attributes(SubscriptionArn=arn) for arn in arns]
        return [one["Attributes"].get("RawMessageDelivery", "") for one in found]

    assert stacks.create("shop", of()) == "CREATE_COMPLETE"
    assert raw() == ["false"]
    assert stacks.update("shop", of(RawMessageDelivery=True)) == "UPDATE_COMPLETE"
    assert raw() == ["true"]
    there.publish(TopicArn=topic, Message=json.dumps({"order": 1}))
    sqs = stacks.aws.client("sqs")
    (message,) = sqs.receive_message(
        QueueUrl=sqs.get_queue_url(QueueName="orders")["QueueUrl"], WaitTimeSeconds=1
    )["Messages"]
    assert json.loads(message["Body"]) == {"order": 1}
    stacks.client.delete_stack(StackName="shop")
    assert raw() == []

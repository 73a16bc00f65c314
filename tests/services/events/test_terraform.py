"""Terraform's calls for EventBridge, in its order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.terraform import Terraform

QUEUE = "arn:aws:sqs:us-east-1:000000000000:work"


@pytest.fixture
def terraform(aws: Any) -> Terraform:
    return Terraform(aws.client("events"), "ResourceNotFoundException")


def test_aws_cloudwatch_event_rule_and_target(terraform: Terraform) -> None:
    """A rule with tags, its targets with every kind of input; targets go before the rule."""
    client = terraform.client
    made = client.put_rule(
        Name="placed",
        EventBusName="default",
        EventPattern='{"source":["shop"]}',
        Description="first",
        State="ENABLED",
        Tags=[{"Key": "team", "Value": "shop"}],
    )
    rule = {"Name": "placed", "EventBusName": "default"}
    found = terraform.read("describe_rule", **rule)
    assert (found["Arn"], found["State"]) == (made["RuleArn"], "ENABLED")
    assert json.loads(found["EventPattern"]) == {"source": ["shop"]}
    tags = terraform.read("list_tags_for_resource", ResourceARN=made["RuleArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "shop"}]
    client.put_rule(**rule, EventPattern='{"source":["store"]}', State="DISABLED")
    found = terraform.read("describe_rule", **rule)
    assert (found["State"], found.get("Description", "")) == ("DISABLED", "")

    targets: list[dict[str, Any]] = [
        {"Id": "plain", "Arn": QUEUE, "Input": '{"a":1}'},
        {"Id": "path", "Arn": QUEUE, "InputPath": "$.detail"},
        {
            "Id": "made",
            "Arn": f"{QUEUE}.fifo",
            "SqsParameters": {"MessageGroupId": "g"},
            "InputTransformer": {"InputPathsMap": {"a": "$.detail.a"}, "InputTemplate": '"<a>"'},
            "RetryPolicy": {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 5},
            "DeadLetterConfig": {"Arn": f"{QUEUE}-dead"},
        },
    ]
    named = {"Rule": "placed", "EventBusName": "default"}
    for target in targets:
        reply = client.put_targets(**named, Targets=[target])
        assert reply["FailedEntryCount"] == 0
    found = terraform.read("list_targets_by_rule", **named)["Targets"]
    assert sorted(found, key=lambda one: one["Id"]) == sorted(targets, key=lambda one: one["Id"])
    for target in targets:
        reply = client.remove_targets(**named, Ids=[target["Id"]])
        assert reply["FailedEntryCount"] == 0
    assert terraform.read("list_targets_by_rule", **named)["Targets"] == []
    client.delete_rule(**rule)
    terraform.is_gone("describe_rule", **rule)
    terraform.is_gone("list_targets_by_rule", **named)


def test_aws_cloudwatch_event_bus_and_policy(terraform: Terraform) -> None:
    """A bus, its policy as a whole and by statements, and tags."""
    client = terraform.client
    made = client.create_event_bus(Name="shop", Tags=[{"Key": "team", "Value": "shop"}])
    bus = {"Name": "shop"}
    assert terraform.read("describe_event_bus", **bus)["Arn"] == made["EventBusArn"]
    tags = terraform.read("list_tags_for_resource", ResourceARN=made["EventBusArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "shop"}]
    client.put_permission(
        EventBusName="shop",
        StatementId="other",
        Action="events:PutEvents",
        Principal="111111111111",
    )
    policy = json.loads(terraform.read("describe_event_bus", **bus)["Policy"])
    assert policy["Statement"][0]["Sid"] == "other"
    client.remove_permission(EventBusName="shop", StatementId="other")
    statement = {
        "Sid": "all",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
        "Action": "events:PutEvents",
        "Resource": made["EventBusArn"],
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    client.put_permission(EventBusName="shop", Policy=json.dumps(policy))
    assert json.loads(terraform.read("describe_event_bus", **bus)["Policy"]) == policy
    client.remove_permission(EventBusName="shop", RemoveAllPermissions=True)
    assert not terraform.read("describe_event_bus", **bus).get("Policy")
    client.delete_event_bus(**bus)
    terraform.is_gone("describe_event_bus", **bus)


def test_aws_cloudwatch_event_archive(terraform: Terraform) -> None:
    """Created for a bus, changed, deleted."""
    client = terraform.client
    bus = client.create_event_bus(Name="shop")["EventBusArn"]
    archive = {"ArchiveName": "kept"}
    client.create_archive(**archive, EventSourceArn=bus, RetentionDays=7, Description="first")
    found = terraform.read("describe_archive", **archive)
    assert (found["EventSourceArn"], found["RetentionDays"]) == (bus, 7)
    client.update_archive(**archive, RetentionDays=8, EventPattern='{"source":["shop"]}')
    found = terraform.read("describe_archive", **archive)
    assert (found["RetentionDays"], json.loads(found["EventPattern"])) == (8, {"source": ["shop"]})
    client.delete_archive(**archive)
    terraform.is_gone("describe_archive", **archive)


def test_aws_cloudwatch_event_connection_and_api_destination(terraform: Terraform) -> None:
    """The provider waits until the connection is authorized, and until it is gone."""
    client = terraform.client
    key = {"ApiKeyName": "x-key", "ApiKeyValue": "secret"}
    connection = client.create_connection(
        Name="partner", AuthorizationType="API_KEY", AuthParameters={"ApiKeyAuthParameters": key}
    )
    found = terraform.read("describe_connection", Name="partner")
    assert found["ConnectionState"] == "AUTHORIZED"
    assert found["AuthParameters"]["ApiKeyAuthParameters"] == {"ApiKeyName": "x-key"}
    client.create_api_destination(
        Name="orders",
        ConnectionArn=connection["ConnectionArn"],
        InvocationEndpoint="https://partner.example/orders",
        HttpMethod="POST",
        InvocationRateLimitPerSecond=300,
    )
    found = terraform.read("describe_api_destination", Name="orders")
    assert (found["HttpMethod"], found["InvocationRateLimitPerSecond"]) == ("POST", 300)
    client.update_api_destination(Name="orders", HttpMethod="PUT")
    assert terraform.read("describe_api_destination", Name="orders")["HttpMethod"] == "PUT"
    client.delete_api_destination(Name="orders")
    terraform.is_gone("describe_api_destination", Name="orders")
    client.delete_connection(Name="partner")
    terraform.is_gone("describe_connection", Name="partner")

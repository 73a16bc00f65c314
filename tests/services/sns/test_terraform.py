"""Terraform's calls for SNS, in its order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.terraform import Terraform

QUEUE = "arn:aws:sqs:us-east-1:000000000000:work"


@pytest.fixture
def terraform(aws: Any) -> Terraform:
    return Terraform(aws.client("sns"), "NotFound")


def set_topic(terraform: Terraform, arn: str, **values: str) -> None:
    """Set attributes as the provider does: a call each."""
    for name, value in values.items():
        terraform.client.set_topic_attributes(
            TopicArn=arn, AttributeName=name, AttributeValue=value
        )


def topic(terraform: Terraform, arn: str) -> dict[str, str]:
    return dict(terraform.read("get_topic_attributes", TopicArn=arn)["Attributes"])


def test_aws_sns_topic(terraform: Terraform) -> None:
    """Create with tags, one call an attribute, read, delete."""
    client = terraform.client
    created = client.create_topic(Name="orders", Tags=[{"Key": "team", "Value": "shop"}])
    arn = created["TopicArn"]
    retries = {"minDelayTarget": 1, "maxDelayTarget": 2, "numRetries": 5}
    policy = {"http": {"defaultHealthyRetryPolicy": retries}}
    set_topic(
        terraform,
        arn,
        DisplayName="Orders",
        DeliveryPolicy=json.dumps(policy),
        TracingConfig="Active",
        SignatureVersion="2",
        SQSSuccessFeedbackSampleRate="50",
        SQSFailureFeedbackRoleArn="arn:aws:iam::000000000000:role/logs",
    )
    found = topic(terraform, arn)
    assert (found["DisplayName"], found["TopicArn"]) == ("Orders", arn)
    assert (found["TracingConfig"], found["SignatureVersion"]) == ("Active", "2")
    assert found["SQSSuccessFeedbackSampleRate"] == "50"
    assert (
        json.loads(found["DeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 5
    )
    # The provider waits until every principal of the policy is an account or an ARN.
    (statement,) = json.loads(found["Policy"])["Statement"]
    assert statement["Principal"] == {"AWS": "*"}
    tags = terraform.read("list_tags_for_resource", ResourceArn=arn)["Tags"]
    assert tags == [{"Key": "team", "Value": "shop"}]
    client.untag_resource(ResourceArn=arn, TagKeys=["team"])
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "owner", "Value": "kitchen"}])
    client.delete_topic(TopicArn=arn)
    terraform.is_gone("get_topic_attributes", TopicArn=arn)


def test_aws_sns_fifo_topic(terraform: Terraform) -> None:
    """FifoTopic is said at creation; the rest is set."""
    arn = terraform.client.create_topic(Name="orders.fifo", Attributes={"FifoTopic": "true"})[
        "TopicArn"
    ]
    set_topic(terraform, arn, ContentBasedDeduplication="true")
    found = topic(terraform, arn)
    assert (found["FifoTopic"], found["ContentBasedDeduplication"]) == ("true", "true")


def test_aws_sns_topic_policy(terraform: Terraform) -> None:
    """Set, and on destroy set to the default policy."""
    arn = terraform.client.create_topic(Name="orders")["TopicArn"]
    statement = {
        "Sid": "bucket",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "SNS:Publish",
        "Resource": arn,
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    set_topic(terraform, arn, Policy=json.dumps(policy))
    assert json.loads(topic(terraform, arn)["Policy"]) == policy


def test_aws_sns_topic_subscription(terraform: Terraform) -> None:
    """Subscribe, wait until it is confirmed, change its attributes, unsubscribe, wait."""
    client = terraform.client
    arn = client.create_topic(Name="orders")["TopicArn"]
    made = client.subscribe(
        TopicArn=arn,
        Protocol="sqs",
        Endpoint=QUEUE,
        Attributes={"FilterPolicy": '{"kind":["new"]}', "FilterPolicyScope": "MessageAttributes"},
        ReturnSubscriptionArn=True,
    )
    named = {"SubscriptionArn": made["SubscriptionArn"]}
    found = terraform.read("get_subscription_attributes", **named)["Attributes"]
    assert (found["PendingConfirmation"], found["Endpoint"]) == ("false", QUEUE)
    assert json.loads(found["FilterPolicy"]) == {"kind": ["new"]}
    for name, value in (
        ("RawMessageDelivery", "true"),
        ("FilterPolicyScope", "MessageBody"),
        ("FilterPolicy", '{"kind":["old"]}'),
        ("RedrivePolicy", json.dumps({"deadLetterTargetArn": f"{QUEUE}-dead"})),
    ):
        client.set_subscription_attributes(**named, AttributeName=name, AttributeValue=value)
    found = terraform.read("get_subscription_attributes", **named)["Attributes"]
    assert (found["RawMessageDelivery"], found["FilterPolicyScope"]) == ("true", "MessageBody")
    assert json.loads(found["RedrivePolicy"]) == {"deadLetterTargetArn": f"{QUEUE}-dead"}
    client.set_subscription_attributes(**named, AttributeName="FilterPolicy", AttributeValue="{}")
    assert (
        terraform.read("get_subscription_attributes", **named)["Attributes"].get(
            "FilterPolicy", "{}"
        )
        == "{}"
    )
    client.unsubscribe(**named)
    terraform.is_gone("get_subscription_attributes", **named)

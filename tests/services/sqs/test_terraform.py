"""Terraform's calls for SQS, in its order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.terraform import Terraform

ACCOUNT = "000000000000"


@pytest.fixture
def terraform(aws: Any) -> Terraform:
    return Terraform(aws.client("sqs"), "AWS.SimpleQueueService.NonExistentQueue")


def attributes(terraform: Terraform, url: str) -> dict[str, str]:
    """Return what a refresh of the state reads."""
    found = terraform.read("get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
    return dict(found["Attributes"])


def test_aws_sqs_queue(terraform: Terraform) -> None:
    """Create with attributes and tags, wait until they are as asked, update, delete."""
    client = terraform.client
    asked = {
        "DelaySeconds": "90",
        "KmsDataKeyReusePeriodSeconds": "300",
        "MaximumMessageSize": "2048",
        "MessageRetentionPeriod": "86400",
        "ReceiveMessageWaitTimeSeconds": "10",
        "SqsManagedSseEnabled": "true",
        "VisibilityTimeout": "30",
    }
    url = client.create_queue(QueueName="work", Attributes=asked, tags={"team": "shop"})["QueueUrl"]
    found = attributes(terraform, url)
    assert {name: found.get(name) for name in asked if name[:3] != "Kms"} == {
        name: value for name, value in asked.items() if name[:3] != "Kms"
    }
    assert found["QueueArn"] == f"arn:aws:sqs:us-east-1:{ACCOUNT}:work"
    assert terraform.read("list_queue_tags", QueueUrl=url)["Tags"] == {"team": "shop"}
    client.set_queue_attributes(
        QueueUrl=url, Attributes={"DelaySeconds": "0", "VisibilityTimeout": "60"}
    )
    found = attributes(terraform, url)
    assert (found["DelaySeconds"], found["VisibilityTimeout"]) == ("0", "60")
    client.untag_queue(QueueUrl=url, TagKeys=["team"])
    client.tag_queue(QueueUrl=url, Tags={"owner": "kitchen"})
    assert terraform.read("list_queue_tags", QueueUrl=url)["Tags"] == {"owner": "kitchen"}
    assert client.get_queue_url(QueueName="work")["QueueUrl"] == url
    client.delete_queue(QueueUrl=url)
    terraform.is_gone("get_queue_attributes", QueueUrl=url, AttributeNames=["All"])


def test_aws_sqs_fifo_queue(terraform: Terraform) -> None:
    """FIFO attributes are read as they were set; a standard queue has none."""
    asked = {
        "FifoQueue": "true",
        "ContentBasedDeduplication": "true",
        "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
    }
    created = terraform.client.create_queue(QueueName="work.fifo", Attributes=asked)
    found = attributes(terraform, created["QueueUrl"])
    assert {name: found[name] for name in asked} == asked
    standard = terraform.client.create_queue(QueueName="work")["QueueUrl"]
    assert not asked.keys() & attributes(terraform, standard).keys()


def test_policies_of_a_queue_are_resources_of_their_own(terraform: Terraform) -> None:
    """Policy, redrive policy and redrive allow policy: set, read as equal JSON, set to nothing."""
    client = terraform.client
    url = client.create_queue(QueueName="work")["QueueUrl"]
    dead = client.create_queue(QueueName="dead")["QueueUrl"]
    dead_arn = attributes(terraform, dead)["QueueArn"]
    statement = {
        "Sid": "topic",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:work",
    }
    for name, value in (
        ("Policy", {"Version": "2012-10-17", "Statement": [statement]}),
        ("RedrivePolicy", {"deadLetterTargetArn": dead_arn, "maxReceiveCount": 4}),
        ("RedriveAllowPolicy", {"redrivePermission": "denyAll"}),
    ):
        client.set_queue_attributes(QueueUrl=url, Attributes={name: json.dumps(value)})
        assert json.loads(attributes(terraform, url)[name]) == value
        client.set_queue_attributes(QueueUrl=url, Attributes={name: ""})
        assert not attributes(terraform, url).get(name)

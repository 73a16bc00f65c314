"""The life of a stack: created, updated, deleted, and taken back when something fails."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs", "DelaySeconds": 1}}
# No queue takes such an attribute, so it fails when it is its turn.
BROKEN = {
    "Type": "AWS::SQS::Queue",
    "DependsOn": "Queue",
    "Properties": {"QueueName": "broken", "Nonsense": 1},
}


def resources(**declared: Any) -> dict[str, Any]:
    return {"Resources": declared}


def delayed(seconds: int) -> dict[str, Any]:
    return QUEUE | {"Properties": {"QueueName": "jobs", "DelaySeconds": seconds}}


def delay(stacks: Any) -> str:
    sqs = stacks.aws.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])
    return str(found["Attributes"]["DelaySeconds"])


def test_creation_is_told_event_by_event(stacks: Any) -> None:
    """Begun, initiated with its physical id, complete; the stack around it."""
    assert stacks.create("shop", resources(Queue=QUEUE)) == "CREATE_COMPLETE"
    stacks.client.get_waiter("stack_create_complete").wait(StackName="shop")
    assert stacks.events("shop") == [
        ("shop", "CREATE_IN_PROGRESS"),
        ("Queue", "CREATE_IN_PROGRESS"),
        ("Queue", "CREATE_IN_PROGRESS"),
        ("Queue", "CREATE_COMPLETE"),
        ("shop", "CREATE_COMPLETE"),
    ]
    assert stacks.reasons("shop") == ["User Initiated", "Resource creation Initiated"]
    (found,) = stacks.client.describe_stack_resources(StackName="shop")["StackResources"]
    assert found["PhysicalResourceId"].endswith("/000000000000/jobs")


@pytest.mark.parametrize(
    ("wish", "status", "left"),
    [
        ({}, "ROLLBACK_COMPLETE", []),
        ({"OnFailure": "DO_NOTHING"}, "CREATE_FAILED", ["jobs"]),
        ({"DisableRollback": True}, "CREATE_FAILED", ["jobs"]),
    ],
)
def test_failed_creation_is_taken_back_unless_told_otherwise(
    stacks: Any, wish: dict[str, Any], status: str, left: list[str]
) -> None:
    """The resource says why, the stack which resource it was."""
    assert stacks.create("shop", resources(Queue=QUEUE, Broken=BROKEN), **wish) == status
    assert stacks.queues() == left
    assert ("Broken", "CREATE_FAILED") in stacks.events("shop")
    assert any("Unknown Attribute Nonsense" in reason for reason in stacks.reasons("shop"))
    words = "The following resource(s) failed to create: [Broken]. "
    assert any(reason.startswith(words) for reason in stacks.reasons("shop"))


def test_failed_creation_with_delete_leaves_no_stack(stacks: Any) -> None:
    """OnFailure DELETE: the name is free again."""
    template = '{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"Nonsense": 1}}}}'
    created = stacks.client.create_stack(
        StackName="shop", TemplateBody=template, OnFailure="DELETE"
    )
    assert stacks.status(created["StackId"]) == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="Stack with id shop does not exist"):
        stacks.status("shop")


def test_failed_update_is_taken_back(stacks: Any) -> None:
    """What was changed is changed back, what was new is deleted."""
    stacks.create("shop", resources(Queue=QUEUE))
    status = stacks.update("shop", resources(Queue=delayed(9), Broken=BROKEN))
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert delay(stacks) == "1"
    found = stacks.client.describe_stack_resources(StackName="shop")["StackResources"]
    assert [one["LogicalResourceId"] for one in found] == ["Queue"]
    assert stacks.update("shop", resources(Queue=delayed(9))) == "UPDATE_COMPLETE"
    assert delay(stacks) == "9"


def test_update_without_a_change_is_refused(stacks: Any) -> None:
    """In the words that deploying tools look for."""
    stacks.create("shop", resources(Queue=QUEUE))
    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        stacks.update("shop", resources(Queue=QUEUE))


def test_replaced_resource_is_deleted_last(stacks: Any) -> None:
    """Another name is another queue, made before the old one goes."""
    stacks.create("shop", resources(Queue=QUEUE))
    renamed = QUEUE | {"Properties": {"QueueName": "work"}}
    assert stacks.update("shop", resources(Queue=renamed)) == "UPDATE_COMPLETE"
    assert stacks.queues() == ["work"]
    events = stacks.events("shop")
    clean_up = events.index(("shop", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
    assert events.index(("Queue", "DELETE_COMPLETE")) > clean_up


def test_deletion_skips_what_is_retained_and_names_what_stays(stacks: Any) -> None:
    """A bucket that holds something fails; it can be left behind in a second try."""
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "files-of-shop"}}
    template = resources(Queue=QUEUE | {"DeletionPolicy": "Retain"}, Files=bucket)
    stacks.create("shop", template)
    s3 = stacks.aws.client("s3")
    s3.put_object(Bucket="files-of-shop", Key="k", Body=b"x")
    stacks.client.delete_stack(StackName="shop")
    assert stacks.status("shop") == "DELETE_FAILED"
    assert "The following resource(s) failed to delete: [Files]. " in stacks.reasons("shop")
    stack_id = stacks.client.describe_stacks(StackName="shop")["Stacks"][0]["StackId"]
    stacks.client.delete_stack(StackName="shop", RetainResources=["Files"])
    assert stacks.status(stack_id) == "DELETE_COMPLETE"
    assert stacks.queues() == ["jobs"]
    stacks.client.delete_stack(StackName="shop")  # one that is not there is fine


def test_protected_stack_is_not_deleted(stacks: Any) -> None:
    """Until its protection ends."""
    stacks.create("shop", resources(Queue=QUEUE), EnableTerminationProtection=True)
    with pytest.raises(ClientError, match="while TerminationProtection is enabled"):
        stacks.client.delete_stack(StackName="shop")
    stacks.client.update_termination_protection(StackName="shop", EnableTerminationProtection=False)
    stacks.client.delete_stack(StackName="shop")
    assert stacks.queues() == []


def test_export_in_use_keeps_its_stack(stacks: Any) -> None:
    """One stack's output is another's value, and is listed with who imports it."""
    exports = resources(Queue=QUEUE)
    exports["Outputs"] = {
        "Arn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}, "Export": {"Name": "arn"}}
    }
    stacks.create("one", exports)
    parameter = {"Name": "/arn", "Type": "String", "Value": {"Fn::ImportValue": "arn"}}
    stacks.create("two", resources(P={"Type": "AWS::SSM::Parameter", "Properties": parameter}))
    stored = stacks.aws.client("ssm").get_parameter(Name="/arn")["Parameter"]["Value"]
    assert stored == stacks.outputs("one")["Arn"]
    assert stacks.client.list_imports(ExportName="arn")["Imports"] == ["two"]
    with pytest.raises(ClientError, match="Export arn cannot be deleted as it is in use by two"):
        stacks.client.delete_stack(StackName="one")


def test_stacks_are_named_once_and_found_by_their_words(stacks: Any) -> None:
    """Each operation has its own sentence for a stack that is not there."""
    stacks.create("shop", resources(Queue=QUEUE))
    with pytest.raises(ClientError, match=r"Stack \[shop\] already exists"):
        stacks.create("shop", resources(Queue=QUEUE))
    for operation, words in (
        ("describe_stacks", "Stack with id none does not exist"),
        ("describe_stack_events", r"Stack \[none\] does not exist"),
        ("get_template", "Stack with id none does not exist"),
    ):
        with pytest.raises(ClientError, match=words):
            getattr(stacks.client, operation)(StackName="none")
    with pytest.raises(ClientError, match="failed to satisfy constraint"):
        stacks.create("no_name!", resources(Queue=QUEUE))


def test_unknown_type_is_one_sentence_and_a_placeholder(stacks: Any) -> None:
    """It names the type and the resource; what refers to it can be made all the same."""
    allowed = {"Effect": "Allow", "Action": "es:*", "Resource": {"Fn::GetAtt": ["Domain", "Arn"]}}
    policy = {"PolicyDocument": {"Version": "2012-10-17", "Statement": [allowed]}}
    template = resources(
        Domain={"Type": "AWS::OpenSearchService::Domain"},
        Policy={"Type": "AWS::IAM::ManagedPolicy", "Properties": policy},
    )
    template["Outputs"] = {"Arn": {"Value": {"Fn::GetAtt": ["Domain", "Arn"]}}}
    created = stacks.create("shop", template, Capabilities=["CAPABILITY_IAM"])
    assert created == "CREATE_COMPLETE"
    words = "AWS::OpenSearchService::Domain of Domain is not created offline"
    assert any(reason.startswith(words) for reason in stacks.reasons("shop"))
    assert stacks.outputs("shop") == {"Arn": "arn:aws:offline:::shop-Domain.Arn"}

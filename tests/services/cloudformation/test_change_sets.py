"""Change sets: found out, looked at, executed, and what `aws cloudformation deploy` relies on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError


def template(**names: str) -> str:
    return json.dumps(
        {
            "Resources": {
                logical: {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}
                for logical, name in names.items()
            }
        }
    )


def make(stacks: Any, body: str, kind: str, name: str = "first") -> Any:
    created = stacks.client.create_change_set(
        StackName="shop", ChangeSetName=name, ChangeSetType=kind, TemplateBody=body
    )
    return stacks.client.describe_change_set(ChangeSetName=created["Id"])


def test_new_stack_waits_for_its_change_set(stacks: Any) -> None:
    """REVIEW_IN_PROGRESS, with nothing made, until it is executed."""
    found = make(stacks, template(A="a"), "CREATE")
    assert (found["Status"], found["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    (change,) = found["Changes"]
    assert change["ResourceChange"]["Action"] == "Add"
    assert (stacks.status("shop"), stacks.queues()) == ("REVIEW_IN_PROGRESS", [])
    stacks.client.execute_change_set(ChangeSetName=found["ChangeSetId"])
    assert (stacks.status("shop"), stacks.queues()) == ("CREATE_COMPLETE", ["a"])


def test_change_set_tells_what_is_added_replaced_and_removed(stacks: Any) -> None:
    """With the property that asks for it."""
    stacks.create("shop", template(A="a", B="b"))
    found = make(stacks, template(A="other", C="c"), "UPDATE")
    told = {
        one["ResourceChange"]["LogicalResourceId"]: (
            one["ResourceChange"]["Action"],
            one["ResourceChange"].get("Replacement"),
        )
        for one in found["Changes"]
    }
    assert told == {"A": ("Modify", "True"), "B": ("Remove", None), "C": ("Add", None)}
    stacks.client.execute_change_set(ChangeSetName=found["ChangeSetId"])
    assert stacks.queues() == ["c", "other"]


def test_change_set_without_changes_fails_in_the_words_that_tools_know(stacks: Any) -> None:
    """FAILED, and it cannot be executed."""
    stacks.create("shop", template(A="a"))
    found = make(stacks, template(A="a"), "UPDATE")
    assert found["Status"] == "FAILED"
    assert found["StatusReason"].startswith("The submitted information didn't contain changes.")
    with pytest.raises(ClientError, match="cannot be executed in its current status"):
        stacks.client.execute_change_set(ChangeSetName=found["ChangeSetId"])


def test_change_sets_are_listed_and_deleted(stacks: Any) -> None:
    """A name is taken while it is there."""
    stacks.create("shop", template(A="a"))
    make(stacks, template(A="a", B="b"), "UPDATE")
    with pytest.raises(ClientError, match="already exists"):
        make(stacks, template(A="a", B="b"), "UPDATE")
    listed = stacks.client.list_change_sets(StackName="shop")["Summaries"]
    assert [one["ChangeSetName"] for one in listed] == ["first"]
    stacks.client.delete_change_set(StackName="shop", ChangeSetName="first")
    with pytest.raises(ClientError, match=r"ChangeSet \[first\] does not exist"):
        stacks.client.describe_change_set(StackName="shop", ChangeSetName="first")


def test_change_set_says_as_aws_does_what_is_known_later(stacks: Any) -> None:
    """A value of a resource to come is one text, and what nobody asked for is left out."""
    names = {"Type": "AWS::SQS::Queue"}
    tags = [{"Key": "of", "Value": {"Fn::GetAtt": ["First", "Arn"]}}]
    second = {"Type": "AWS::SQS::Queue", "Properties": {"Tags": tags}}
    body = json.dumps({"Resources": {"First": names, "Second": second}})
    stacks.client.create_change_set(
        StackName="shop", ChangeSetName="new", ChangeSetType="CREATE", TemplateBody=body
    )
    described = stacks.client.describe_change_set(
        StackName="shop", ChangeSetName="new", IncludePropertyValues=True
    )
    assert not {"Tags", "ImportExistingResources"} & described.keys()
    change = described["Changes"][1]["ResourceChange"]
    (tag,) = json.loads(change["AfterContext"])["Properties"]["Tags"]
    assert tag["Value"] == "{{changeSet:KNOWN_AFTER_APPLY}}"


def test_events_can_be_sorted_by_their_time(stacks: Any) -> None:
    """No two events of a stack have the same: clients sort by it."""
    stacks.create("shop", template(A="a", B="b"))
    events = stacks.client.describe_stack_events(StackName="shop")["StackEvents"]
    times = [event["Timestamp"] for event in events]
    assert times == sorted(set(times), reverse=True)

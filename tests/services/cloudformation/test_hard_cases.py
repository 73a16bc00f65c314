"""What goes wrong between stacks, and between what is asked and what is under way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

HANDLE = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
SLOW = {
    "Type": "AWS::CloudFormation::WaitCondition",
    "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "600"},
}


def queue(name: str, **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}, **more}


def exporting(value: str, export: str = "shared") -> dict[str, Any]:
    outputs = {"Out": {"Value": value, "Export": {"Name": export}}}
    return {"Resources": {"Queue": queue("exporting")}, "Outputs": outputs}


def importing(*, imports: bool = True) -> dict[str, Any]:
    value: Any = {"Fn::ImportValue": "shared"} if imports else "none"
    tags = [{"Key": "from", "Value": value}]
    return {"Resources": {"Queue": queue("importing") | {"Properties": {"Tags": tags}}}}


def test_import_that_an_update_gives_up_lets_the_export_go(stacks: Any) -> None:
    """What is imported now counts, not what ever was."""
    stacks.create("from", exporting("1"))
    stacks.create("to", importing())
    with pytest.raises(ClientError, match="Export shared cannot be deleted as it is in use by to"):
        stacks.client.delete_stack(StackName="from")
    stacks.update("to", importing(imports=False))
    stacks.client.delete_stack(StackName="from")
    assert stacks.client.list_exports()["Exports"] == []


def test_change_set_that_nobody_executes_imports_nothing(stacks: Any) -> None:
    """Looking at what would be changed holds no export."""
    stacks.create("from", exporting("1"))
    stacks.create("to", importing(imports=False))
    stacks.client.create_change_set(
        StackName="to", ChangeSetName="later", TemplateBody=json.dumps(importing())
    )
    stacks.client.delete_stack(StackName="from")
    assert stacks.client.list_exports()["Exports"] == []


@pytest.mark.parametrize(
    ("template", "words"),
    [
        (exporting("2"), "Export shared cannot be updated as it is in use by to"),
        (exporting("1", "other"), "Export shared cannot be deleted as it is in use by to"),
    ],
)
def test_export_in_use_stays_as_it_is(stacks: Any, template: dict[str, Any], words: str) -> None:
    """An update that changes or drops it is taken back."""
    stacks.create("from", exporting("1"))
    stacks.create("to", importing())
    assert stacks.update("from", template) == "UPDATE_ROLLBACK_COMPLETE"
    assert any(words in reason for reason in stacks.reasons("from"))
    (export,) = stacks.client.list_exports()["Exports"]
    assert (export["Name"], export["Value"]) == ("shared", "1")


def test_export_has_one_owner(stacks: Any) -> None:
    """A second stack with the same export is taken back; another region has its own."""
    stacks.create("from", exporting("1"))
    second = {"Resources": {"Queue": queue("second")}, "Outputs": exporting("2")["Outputs"]}
    assert stacks.create("second", second) == "ROLLBACK_COMPLETE"
    words = "Export with name shared is already exported by stack from"
    assert any(words in reason for reason in stacks.reasons("second"))
    (export,) = stacks.client.list_exports()["Exports"]
    assert export["Value"] == "1"
    elsewhere = stacks.aws.client("cloudformation", region="eu-west-1")
    elsewhere.create_stack(StackName="from", TemplateBody=json.dumps(exporting("3")))
    assert elsewhere.list_exports()["Exports"][0]["Value"] == "3"


def test_stack_of_another_account_or_region_is_not_found_by_its_arn(stacks: Any) -> None:
    """Neither read nor deleted."""
    stacks.create("mine", {"Resources": {"Queue": queue("mine")}})
    arn = stacks.client.describe_stacks(StackName="mine")["Stacks"][0]["StackId"]
    for place in ({"account": "111111111111"}, {"region": "eu-west-1"}):
        stranger = stacks.aws.client("cloudformation", **place)
        with pytest.raises(ClientError, match="does not exist"):
            stranger.describe_stacks(StackName=arn)
        stranger.delete_stack(StackName=arn)
    assert stacks.status("mine") == "CREATE_COMPLETE"


def change_set(stacks: Any, name: str, template: dict[str, Any], kind: str = "UPDATE") -> str:
    made = stacks.client.create_change_set(
        StackName="shop",
        ChangeSetName=name,
        ChangeSetType=kind,
        TemplateBody=json.dumps(template),
    )
    return str(made["Id"])


def test_change_set_is_not_executed_while_the_stack_is_busy(stacks: Any) -> None:
    """One operation at a time, whichever way it is asked for."""
    small = {"Resources": {"Queue": queue("one"), "Handle": HANDLE}}
    stacks.create("shop", small)
    slow = {"Resources": {**small["Resources"], "Slow": SLOW}}
    change_set(stacks, "a", slow)
    third = {"Resources": {**small["Resources"], "Third": queue("three")}}
    change_set(stacks, "b", third)
    stacks.client.execute_change_set(StackName="shop", ChangeSetName="a")
    assert stacks.status("shop") == "UPDATE_IN_PROGRESS"
    with pytest.raises(ClientError):  # gone with the first that was executed
        stacks.client.execute_change_set(StackName="shop", ChangeSetName="b")
    with pytest.raises(ClientError, match="UPDATE_IN_PROGRESS state and can not be updated"):
        change_set(stacks, "c", third)
    with pytest.raises(ClientError, match="UPDATE_IN_PROGRESS state and can not be updated"):
        stacks.update("shop", third)
    assert stacks.queues() == ["one"]


def test_change_set_is_obsolete_after_another_update_and_goes_with_its_stack(stacks: Any) -> None:
    """It was made for a stack that is no longer so."""
    stacks.create("shop", {"Resources": {"Queue": queue("one")}})
    made = change_set(stacks, "late", {"Resources": {"Queue": queue("two")}})
    stacks.update("shop", {"Resources": {"Queue": queue("three")}})
    described = stacks.client.describe_change_set(ChangeSetName=made)
    assert described["ExecutionStatus"] == "OBSOLETE"
    with pytest.raises(ClientError, match="OBSOLETE"):
        stacks.client.execute_change_set(ChangeSetName=made)
    stacks.client.delete_stack(StackName="shop")
    with pytest.raises(ClientError, match="does not exist"):
        stacks.client.execute_change_set(ChangeSetName=made)
    assert stacks.queues() == []


def test_stack_may_be_created_over_a_change_set_that_nobody_executed(stacks: Any) -> None:
    """There is one stack of a name, and its change set is gone."""
    change_set(stacks, "first", {"Resources": {"Queue": queue("one")}}, "CREATE")
    assert stacks.create("shop", {"Resources": {"Queue": queue("two")}}) == "CREATE_COMPLETE"
    assert len(stacks.client.describe_stacks()["Stacks"]) == 1
    assert stacks.client.list_change_sets(StackName="shop")["Summaries"] == []


def test_what_is_under_way_when_a_stack_is_deleted_never_comes(stacks: Any) -> None:
    """The wait ends with the stack: its later end writes no event, and makes no resource."""
    slow = {"Resources": {"Queue": queue("one"), "Handle": HANDLE, "Slow": SLOW}}
    assert stacks.create("shop", slow) == "CREATE_IN_PROGRESS"
    arn = stacks.client.describe_stacks(StackName="shop")["Stacks"][0]["StackId"]
    stacks.client.delete_stack(StackName="shop")
    assert stacks.status(arn) == "DELETE_COMPLETE"
    assert stacks.queues() == []
    events = stacks.events(arn)
    stacks.aws.advance(seconds=601)
    assert stacks.events(arn) == events
    assert stacks.status(arn) == "DELETE_COMPLETE"


def test_replacement_that_fails_leaves_the_old_one(stacks: Any) -> None:
    """The new queue is made first and taken back; the old one was never touched."""
    stacks.create("shop", {"Resources": {"Queue": queue("old")}})
    bad = {"Type": "AWS::SQS::Queue", "DependsOn": "Queue", "Properties": {"Nonsense": 1}}
    template = {"Resources": {"Queue": queue("new"), "Bad": bad}}
    assert stacks.update("shop", template) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.queues() == ["old"]
    found = stacks.client.describe_stack_resources(StackName="shop")["StackResources"]
    assert [one["PhysicalResourceId"].rpartition("/")[2] for one in found] == ["old"]


def test_deletion_that_fails_names_what_is_left_and_can_be_tried_again(stacks: Any) -> None:
    """A bucket with something in it stays; retained or emptied, the stack goes."""
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full-of-things"}}
    stacks.create("shop", {"Resources": {"Bucket": bucket, "Queue": queue("one")}})
    s3 = stacks.aws.client("s3")
    s3.put_object(Bucket="full-of-things", Key="a", Body=b"a")
    stacks.client.delete_stack(StackName="shop")
    assert stacks.status("shop") == "DELETE_FAILED"
    assert any("failed to delete: [Bucket]" in reason for reason in stacks.reasons("shop"))
    assert stacks.queues() == []
    s3.delete_object(Bucket="full-of-things", Key="a")
    stacks.client.delete_stack(StackName="shop")
    with pytest.raises(ClientError, match="does not exist"):
        stacks.status("shop")

"""What CloudFormation has of its own: nested stacks, custom resources, wait conditions."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

INNER = {
    "Parameters": {"Names": {"Type": "CommaDelimitedList"}, "Delay": {"Type": "Number"}},
    "Resources": {
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": {"Fn::Select": [0, {"Ref": "Names"}]},
                "DelaySeconds": {"Ref": "Delay"},
            },
        }
    },
    "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["Queue", "QueueName"]}}},
}


def nested(stacks: Any, inner: dict[str, Any], delay: int = 1) -> dict[str, Any]:
    """Return a template with one nested stack, whose own template is in a bucket."""
    s3 = stacks.aws.client("s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="inner.json", Body=json.dumps(inner).encode())
    properties = {
        "TemplateURL": "https://templates.s3.amazonaws.com/inner.json",
        "Parameters": {"Names": ["inner", "spare"], "Delay": delay},
    }
    inside = {"Type": "AWS::CloudFormation::Stack", "Properties": properties}
    return {
        "Resources": {"Inside": inside},
        "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["Inside", "Outputs.Name"]}}},
    }


def names(stacks: Any) -> list[str]:
    listed = stacks.client.describe_stacks()["Stacks"]
    return sorted(stack["StackName"] for stack in listed)


def test_nested_stack_is_made_changed_and_deleted_with_its_parent(stacks: Any) -> None:
    """Its outputs are attributes, its parameters texts, and it is listed with its parent."""
    assert stacks.create("outer", nested(stacks, INNER)) == "CREATE_COMPLETE"
    assert stacks.outputs("outer") == {"Name": "inner"}
    inside = next(name for name in names(stacks) if name != "outer")
    assert inside.startswith("outer-Inside-")
    described = stacks.client.describe_stacks(StackName=inside)["Stacks"][0]
    parent = stacks.client.describe_stacks(StackName="outer")["Stacks"][0]["StackId"]
    assert (described["ParentId"], described["RootId"]) == (parent, parent)

    assert stacks.update("outer", nested(stacks, INNER, delay=7)) == "UPDATE_COMPLETE"
    assert stacks.status(inside) == "UPDATE_COMPLETE"
    sqs = stacks.aws.client("sqs")
    url = sqs.get_queue_url(QueueName="inner")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])
    assert found["Attributes"] == {"DelaySeconds": "7"}

    stacks.client.delete_stack(StackName="outer")
    assert names(stacks) == []
    assert stacks.queues() == []


def test_nested_stack_that_fails_leaves_nothing(stacks: Any) -> None:
    """The parent names it as the one that failed, and is taken back with it."""
    broken = INNER | {
        "Resources": INNER["Resources"]
        | {"Bad": {"Type": "AWS::SQS::Queue", "Properties": {"Nonsense": 1}, "DependsOn": "Queue"}}
    }
    assert stacks.create("outer", nested(stacks, broken)) == "ROLLBACK_COMPLETE"
    reasons = stacks.reasons("outer")
    assert any("was not successfully created" in reason for reason in reasons)
    assert names(stacks) == ["outer"]
    assert stacks.queues() == []


def test_nested_stack_without_its_template_fails(stacks: Any) -> None:
    """A template that is not in the bucket, and none at all."""
    template = nested(stacks, INNER)
    properties = template["Resources"]["Inside"]["Properties"]
    properties["TemplateURL"] = "https://templates.s3.amazonaws.com/other.json"
    assert stacks.create("outer", template) == "ROLLBACK_COMPLETE"
    assert any("S3 error" in reason for reason in stacks.reasons("outer"))
    del properties["TemplateURL"]
    assert stacks.create("second", template) == "ROLLBACK_COMPLETE"
    assert any("[TemplateURL] not found" in reason for reason in stacks.reasons("second"))


# ---- custom resources ----------------------------------------------------------------------------


class Maker:
    """A function behind a custom resource: keeps its requests, and answers at once or never."""

    def __init__(self, stacks: Any) -> None:
        self.stacks = stacks
        self.requests: list[dict[str, Any]] = []
        self.answer: dict[str, Any] | None = {"Status": "SUCCESS", "PhysicalResourceId": "thing-1"}
        self.arn = stacks.aws.function("maker", self.handle)

    def handle(self, event: dict[str, Any]) -> None:
        self.requests.append(event)
        if self.answer is not None:
            self.tell(event["ResponseURL"], self.answer)

    def tell(self, url: str, answer: dict[str, Any]) -> None:
        """Send an answer where it is waited for, as an HTTP client does."""
        from chalice_offline.core.context import Caller

        sent = {"Query": urlsplit(url).query, "Body": json.dumps(answer).encode()}
        caller = Caller("000000000000", "us-east-1")
        self.stacks.aws.emulator.call("cloudformation-own", "ReceiveResponse", sent, caller)

    def template(self, **properties: Any) -> dict[str, Any]:
        custom = {"Type": "Custom::Thing", "Properties": {"ServiceToken": self.arn, **properties}}
        return {
            "Resources": {"Thing": custom},
            "Outputs": {"Address": {"Value": {"Fn::GetAtt": ["Thing", "Address"]}}},
        }


@pytest.fixture
def maker(stacks: Any) -> Maker:
    return Maker(stacks)


def test_custom_resource_is_what_its_function_answers(stacks: Any, maker: Maker) -> None:
    """Created with its data as attributes; every property is sent as a text."""
    maker.answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": "thing-1",
        "Data": {"Address": "here"},
    }
    stacks.create("shop", maker.template(Size=3, Deep={"On": True, "List": [1, 2]}))
    stacks.aws.settle()
    assert stacks.status("shop") == "CREATE_COMPLETE"
    assert stacks.outputs("shop") == {"Address": "here"}
    (request,) = maker.requests
    assert request["RequestType"] == "Create"
    assert request["ResourceType"] == "Custom::Thing"
    assert request["LogicalResourceId"] == "Thing"
    assert request["ResourceProperties"] == {
        "ServiceToken": maker.arn,
        "Size": "3",
        "Deep": {"On": "true", "List": ["1", "2"]},
    }
    assert "PhysicalResourceId" not in request


def test_custom_resource_with_another_id_is_replaced(stacks: Any, maker: Maker) -> None:
    """An update that answers with another id has the old one deleted; the same id does not."""
    data = {"Data": {"Address": "here"}}
    maker.answer = {"Status": "SUCCESS", "PhysicalResourceId": "thing-1", **data}
    stacks.create("shop", maker.template(Size=1))
    stacks.aws.settle()
    stacks.update("shop", maker.template(Size=2))
    stacks.aws.settle()
    assert [r["RequestType"] for r in maker.requests] == ["Create", "Update"]
    assert maker.requests[1]["PhysicalResourceId"] == "thing-1"
    assert maker.requests[1]["OldResourceProperties"]["Size"] == "1"
    maker.answer = {"Status": "SUCCESS", "PhysicalResourceId": "thing-2", **data}
    stacks.update("shop", maker.template(Size=3))
    stacks.aws.settle()
    assert stacks.status("shop") == "UPDATE_COMPLETE"
    asked = [(r["RequestType"], r.get("PhysicalResourceId")) for r in maker.requests[2:]]
    assert asked == [("Update", "thing-1"), ("Delete", "thing-1")]
    stacks.client.delete_stack(StackName="shop")
    stacks.aws.settle()
    assert maker.requests[-1]["RequestType"] == "Delete"
    assert maker.requests[-1]["PhysicalResourceId"] == "thing-2"
    assert names(stacks) == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            {"Status": "FAILED", "PhysicalResourceId": "x", "Reason": "no space"},
            "Received response status [FAILED] from custom resource. Message returned: no space",
        ),
        ({"Status": "SUCCESS"}, "Invalid PhysicalResourceId"),
        ({"Status": "SUCCESS", "PhysicalResourceId": "x", "Data": "text"}, "Invalid Data"),
        (None, "did not receive a response from your Custom Resource"),
    ],
)
def test_custom_resource_that_fails_takes_its_stack_back(
    stacks: Any, maker: Maker, answer: dict[str, Any] | None, words: str
) -> None:
    """Said so, said badly, or not said in time."""
    maker.answer = answer
    stacks.create("shop", maker.template(ServiceTimeout=60))
    stacks.aws.advance(seconds=61)
    assert stacks.status("shop") == "ROLLBACK_COMPLETE"
    assert any(words in reason for reason in stacks.reasons("shop"))


def test_update_while_another_pends_is_refused(stacks: Any, maker: Maker) -> None:
    """The stack says which state it is in; the answer that comes then ends what was begun."""
    maker.answer = None
    assert stacks.create("shop", maker.template()) == "CREATE_IN_PROGRESS"
    with pytest.raises(ClientError, match="is in CREATE_IN_PROGRESS state and can not be updated"):
        stacks.update("shop", maker.template(Size=2))
    stacks.aws.advance(seconds=1)
    answer = {"Status": "SUCCESS", "PhysicalResourceId": "x", "Data": {"Address": "a"}}
    maker.tell(maker.requests[0]["ResponseURL"], answer)
    assert stacks.status("shop") == "CREATE_COMPLETE"


def test_topic_is_told_as_a_function_is(stacks: Any, maker: Maker) -> None:
    """A service token may be a topic: the request is a message with AWS's subject."""
    sns, sqs = stacks.aws.client("sns"), stacks.aws.client("sqs")
    topic = sns.create_topic(Name="makers")["TopicArn"]
    url = sqs.create_queue(QueueName="requests")["QueueUrl"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint="arn:aws:sqs:us-east-1:000000000000:requests",
        Attributes={"RawMessageDelivery": "true"},
    )
    template = maker.template()
    template["Resources"]["Thing"]["Properties"]["ServiceToken"] = topic
    stacks.create("shop", template)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    request = json.loads(message["Body"])
    answer = {"Status": "SUCCESS", "PhysicalResourceId": "x", "Data": {"Address": "a"}}
    maker.tell(request["ResponseURL"], answer)
    assert stacks.outputs("shop") == {"Address": "a"}


# ---- wait conditions -----------------------------------------------------------------------------


def waiting(count: int) -> dict[str, Any]:
    condition = {"Handle": {"Ref": "Handle"}, "Timeout": "60", "Count": count}
    return {
        "Resources": {
            "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
            "Ready": {"Type": "AWS::CloudFormation::WaitCondition", "Properties": condition},
        },
        "Outputs": {"Told": {"Value": {"Fn::GetAtt": ["Ready", "Data"]}}},
    }


def handle_of(stacks: Any) -> str:
    found = stacks.client.describe_stack_resource(StackName="shop", LogicalResourceId="Handle")
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def test_wait_condition_waits_for_its_signals(stacks: Any, maker: Maker) -> None:
    """Each unique id counts once; the data of all is an attribute."""
    assert stacks.create("shop", waiting(2)) == "CREATE_IN_PROGRESS"
    url = handle_of(stacks)
    for name, data in (("a", "1"), ("a", "2"), ("b", "3")):
        assert stacks.status("shop") == "CREATE_IN_PROGRESS"
        maker.tell(url, {"Status": "SUCCESS", "UniqueId": name, "Data": data, "Reason": ""})
    assert stacks.status("shop") == "CREATE_COMPLETE"
    assert json.loads(stacks.outputs("shop")["Told"]) == {"a": "2", "b": "3"}


def test_wait_condition_ends_without_its_signals(stacks: Any, maker: Maker) -> None:
    """Too few in time, and one that says that it failed."""
    stacks.create("shop", waiting(2))
    stacks.aws.advance(seconds=61)
    assert stacks.status("shop") == "ROLLBACK_COMPLETE"
    words = "WaitCondition timed out. Received 0 conditions when expecting 2"
    assert words in stacks.reasons("shop")
    stacks.client.delete_stack(StackName="shop")
    stacks.create("shop", waiting(1))
    maker.tell(handle_of(stacks), {"Status": "FAILURE", "UniqueId": "a", "Reason": "broke"})
    assert stacks.status("shop") == "ROLLBACK_COMPLETE"
    assert any("received failed message: 'broke'" in one for one in stacks.reasons("shop"))

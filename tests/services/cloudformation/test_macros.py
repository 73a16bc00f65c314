"""Macros: functions that make a template of a template, and AWS::Include beside them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

EXPAND = {"Capabilities": ["CAPABILITY_AUTO_EXPAND"]}
QUEUE = {"Type": "AWS::SQS::Queue"}


class Macro:
    """A function behind a macro: what it was asked, and what it answers."""

    def __init__(self, stacks: Any, name: str, change: Callable[[dict[str, Any]], Any]) -> None:
        self.events: list[dict[str, Any]] = []
        self.change = change
        stacks.aws.function(f"function-of-{name}", self.handler)
        properties = {"Name": name, "FunctionName": f"function-of-{name}"}
        macro = {"Type": "AWS::CloudFormation::Macro", "Properties": properties}
        outputs = {"Ref": {"Value": {"Ref": "Macro"}}}
        template = {"Resources": {"Macro": macro}, "Outputs": outputs}
        assert stacks.create(f"macro-{name}", template) == "CREATE_COMPLETE"
        assert stacks.outputs(f"macro-{name}") == {"Ref": name}

    def handler(self, event: dict[str, Any]) -> Any:
        self.events.append(event)
        answer = self.change(event)
        if isinstance(answer, dict) and "status" in answer:
            return {"requestId": event["requestId"]} | answer
        return {"requestId": event["requestId"], "status": "success", "fragment": answer}


def with_word(event: dict[str, Any]) -> Any:
    """Put the parameter Word behind each "<words>"."""
    text = json.dumps(event["fragment"])
    return json.loads(text.replace("<words>", f"{event['params'].get('Word', '')} <words>"))


def created(stacks: Any, template: dict[str, Any], **more: Any) -> str:
    """Create the stack "shop", let its macros run, and return its status."""
    stacks.client.create_stack(
        StackName="shop", TemplateBody=json.dumps(template), **(EXPAND | more)
    )
    stacks.aws.settle()
    return str(stacks.status("shop"))


def processed(stacks: Any) -> dict[str, Any]:
    told = stacks.client.get_template(StackName="shop", TemplateStage="Processed")
    body: dict[str, Any] = told["TemplateBody"]
    return body


def test_a_macro_is_asked_with_the_template_and_answers_another(stacks: Any) -> None:
    """It is told what is around it; the template that counts is what it answers."""

    def add(event: dict[str, Any]) -> Any:
        return event["fragment"] | {"Resources": {"Added": QUEUE} | event["fragment"]["Resources"]}

    macro = Macro(stacks, "AddQueue", add)
    template = {
        "Transform": [{"Name": "AddQueue", "Parameters": {"Note": {"Ref": "Team"}}}],
        "Parameters": {"Team": {"Type": "String", "Default": "cooks"}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
    }
    assert created(stacks, template) == "CREATE_COMPLETE"
    (event,) = macro.events
    assert event["fragment"] == {name: template[name] for name in ("Parameters", "Resources")}
    assert (event["accountId"], event["region"]) == ("000000000000", "us-east-1")
    assert event["transformId"] == "000000000000::AddQueue"
    assert event["params"] == {"Note": "cooks"}
    assert event["templateParameterValues"] == {"Team": "cooks"}
    assert set(processed(stacks)["Resources"]) == {"Added", "Topic"}
    original = stacks.client.get_template(StackName="shop", TemplateStage="Original")
    assert original["TemplateBody"] == template
    assert len(stacks.queues()) == 1


def test_the_inner_macros_come_first_and_each_list_in_its_order(stacks: Any) -> None:
    """Then those of the whole template."""
    Macro(stacks, "Say", with_word)

    def say(word: str) -> dict[str, Any]:
        return {"Name": "Say", "Parameters": {"Word": word}}

    properties = {"Type": "String", "Value": "<words>", "Fn::Transform": [say("a"), say("b")]}
    template = {
        "Transform": [say("c"), say("d")],
        "Resources": {"Word": {"Type": "AWS::SSM::Parameter", "Properties": properties}},
    }
    assert created(stacks, template) == "CREATE_COMPLETE"
    assert processed(stacks)["Resources"]["Word"]["Properties"] == {
        "Type": "String",
        "Value": "a b c d <words>",
    }


def test_a_macro_may_stand_for_one_value(stacks: Any) -> None:
    """Alone in an object, it makes whatever it answers of it; its parameters are resolved."""
    Macro(stacks, "Shout", lambda event: event["params"]["Text"].upper())
    text = {"Fn::Join": ["-", ["pack", {"Ref": "AWS::Region"}]]}
    shout = {"Fn::Transform": {"Name": "Shout", "Parameters": {"Text": text}}}
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": shout}}
    assert created(stacks, {"Resources": {"Queue": queue}}) == "CREATE_COMPLETE"
    assert stacks.queues() == ["PACK-US-EAST-1"]


def test_macros_are_to_be_acknowledged_before_they_run(stacks: Any) -> None:
    """And so is what they add."""
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": "cook",
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
        },
    }
    macro = Macro(stacks, "AddRole", lambda event: {"Resources": {"Role": role}})
    template = json.dumps({"Transform": "AddRole", "Resources": {"Queue": QUEUE}})
    with pytest.raises(ClientError, match=r"Requires capabilities : \[CAPABILITY_AUTO_EXPAND\]"):
        stacks.client.create_stack(StackName="shop", TemplateBody=template)
    assert macro.events == []
    assert created(stacks, json.loads(template)) == "ROLLBACK_COMPLETE"
    assert any("CAPABILITY_NAMED_IAM" in reason for reason in stacks.reasons("shop"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            {"status": "failure", "errorMessage": "no such dish"},
            "Transform 000000000000::Fails failed with: no such dish. ",
        ),
        (
            {"status": "failure"},
            "Transform 000000000000::Fails failed without an error message.. ",
        ),
        ("no template", "Template format error: unsupported structure.. "),
        ({"status": 7}, "Received malformed response from transform 000000000000::Fails. "),
        (
            {"status": "success", "requestId": "another"},
            "Received malformed response from transform 000000000000::Fails. ",
        ),
    ],
)
def test_a_macro_that_fails_fails_the_stack(stacks: Any, answer: Any, said: str) -> None:
    """In the words recorded on AWS; nothing is made."""
    Macro(stacks, "Fails", lambda _event: answer)
    template = {"Transform": "Fails", "Resources": {"Queue": QUEUE}}
    assert created(stacks, template) == "ROLLBACK_COMPLETE"
    assert f"{said}Rollback requested by user." in stacks.reasons("shop")
    assert stacks.queues() == []


def test_a_macro_that_raises_or_is_not_there_fails_the_stack(stacks: Any) -> None:
    """Its function's error is no answer; without a macro of the name there is nobody to ask."""

    def burn(_event: dict[str, Any]) -> Any:
        raise RuntimeError("burnt")

    Macro(stacks, "Burns", burn)
    template = {"Transform": "Burns", "Resources": {"Queue": QUEUE}}
    assert created(stacks, template) == "ROLLBACK_COMPLETE"
    assert any("malformed response" in reason for reason in stacks.reasons("shop"))
    stacks.client.delete_stack(StackName="shop")
    stacks.client.delete_stack(StackName="macro-Burns")
    assert created(stacks, template) == "ROLLBACK_COMPLETE"
    said = "No transform named 000000000000::Burns found."
    assert any(reason.startswith(said) for reason in stacks.reasons("shop"))


def test_an_update_asks_again_and_a_failure_takes_it_back(stacks: Any) -> None:
    """The template before stays the stack's."""
    macro = Macro(stacks, "Say", with_word)
    say = {"Name": "Say", "Parameters": {"Word": "a"}}

    def template(text: str) -> dict[str, Any]:
        properties = {"Type": "String", "Name": "word", "Value": text}
        word = {"Type": "AWS::SSM::Parameter", "Properties": properties}
        return {"Transform": [say], "Resources": {"Word": word}}

    def value() -> str:
        found = stacks.aws.client("ssm").get_parameter(Name="word")["Parameter"]["Value"]
        return str(found)

    assert created(stacks, template("<words>")) == "CREATE_COMPLETE"
    assert value() == "a <words>"
    stacks.update("shop", template("b <words>"), **EXPAND)
    stacks.aws.settle()
    assert (stacks.status("shop"), value()) == ("UPDATE_COMPLETE", "b a <words>")
    macro.change = lambda _event: {"status": "failure", "errorMessage": "out of words"}
    stacks.update("shop", template("c <words>"), **EXPAND)
    stacks.aws.settle()
    assert (stacks.status("shop"), value()) == ("UPDATE_ROLLBACK_COMPLETE", "b a <words>")
    assert processed(stacks)["Resources"]["Word"]["Properties"]["Value"] == "b a <words>"


def test_a_change_set_is_made_of_what_its_macros_answer(stacks: Any) -> None:
    """It is being made while they run, needs no acknowledgement, and tells how they failed."""
    macro = Macro(stacks, "Say", with_word)
    named = {"StackName": "shop", "ChangeSetName": "first"}
    properties = {"Type": "String", "Value": "<words>"}
    word = {"Type": "AWS::SSM::Parameter", "Properties": properties}
    transform = [{"Name": "Say", "Parameters": {"Word": "a"}}]
    body = json.dumps({"Transform": transform, "Resources": {"Word": word}})
    stacks.client.create_change_set(**named, ChangeSetType="CREATE", TemplateBody=body)
    stacks.aws.settle()
    told = stacks.client.describe_change_set(**named, IncludePropertyValues=True)
    assert (told["Status"], told["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    (change,) = told["Changes"]
    after = json.loads(change["ResourceChange"]["AfterContext"])
    assert after["Properties"]["Value"] == "a <words>"
    stacks.client.execute_change_set(**named)
    assert stacks.status("shop") == "CREATE_COMPLETE"
    assert len(macro.events) == 1, "what was shown is what is done"

    macro.change = lambda _event: {"status": "failure", "errorMessage": "out of words"}
    named["ChangeSetName"] = "second"
    stacks.client.create_change_set(**named, TemplateBody=body)
    stacks.aws.settle()
    told = stacks.client.describe_change_set(**named)
    assert (told["Status"], told["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert told["StatusReason"] == "Transform 000000000000::Say failed with: out of words"
    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        stacks.client.execute_change_set(**named)


def test_a_name_is_one_macros_and_goes_with_its_stack(stacks: Any) -> None:
    """In an account and region; another function behind it is a change in place."""
    Macro(stacks, "Say", with_word)
    properties = {"Name": "Say", "FunctionName": "another"}
    macro = {"Type": "AWS::CloudFormation::Macro", "Properties": properties}
    template = {"Resources": {"Macro": macro}}
    assert stacks.create("second", template) == "ROLLBACK_COMPLETE"
    assert any("already exists" in reason for reason in stacks.reasons("second"))
    stacks.aws.function("another", lambda event: {"requestId": event["requestId"], "status": "no"})
    assert stacks.update("macro-Say", template) == "UPDATE_COMPLETE"
    assert created(stacks, {"Transform": "Say", "Resources": {"Queue": QUEUE}}) == (
        "ROLLBACK_COMPLETE"
    )


def test_a_template_that_is_only_looked_at_runs_no_macro(stacks: Any) -> None:
    """What it declares is told, and that it expands."""
    macro = Macro(stacks, "Say", with_word)
    template = {
        "Transform": "Say",
        "Resources": {"Queue": QUEUE | {"Properties": {"Fn::Transform": "Say"}}},
    }
    told = stacks.client.get_template_summary(TemplateBody=json.dumps(template))
    assert told["DeclaredTransforms"] == ["Say"]
    assert told["Capabilities"] == ["CAPABILITY_AUTO_EXPAND"]
    assert told["ResourceTypes"] == ["AWS::SQS::Queue"]
    stacks.client.validate_template(TemplateBody=json.dumps(template))
    assert macro.events == []


def test_parameters_without_values_are_told_at_once(stacks: Any) -> None:
    """Before a macro runs: they are the request's, whatever the macro makes."""
    macro = Macro(stacks, "Say", with_word)
    template = {
        "Transform": "Say",
        "Parameters": {"Team": {"Type": "String"}},
        "Resources": {"Queue": QUEUE},
    }
    with pytest.raises(ClientError, match=r"Parameters: \[Team\] must have values"):
        created(stacks, template)
    assert macro.events == []


def test_a_whole_template_may_be_included(stacks: Any) -> None:
    """Its sections are joined with those that are there; the place may be a parameter's value."""
    stacks.aws.client("s3").create_bucket(Bucket="parts")
    more = {"Resources": {"Second": QUEUE}, "Outputs": {"Name": {"Value": {"Ref": "Second"}}}}
    s3 = stacks.aws.client("s3")
    s3.put_object(Bucket="parts", Key="more.json", Body=json.dumps(more))
    location = {"Fn::Sub": "s3://${Bucket}/more.json"}
    template = {
        "Transform": {"Name": "AWS::Include", "Parameters": {"Location": location}},
        "Parameters": {"Bucket": {"Type": "String", "Default": "parts"}},
        "Resources": {"First": QUEUE},
    }
    assert stacks.create("shop", template) == "CREATE_COMPLETE"
    assert len(stacks.queues()) == 2
    assert "shop-Second" in stacks.outputs("shop")["Name"]


def test_a_change_set_tells_that_what_it_includes_is_not_there(stacks: Any) -> None:
    """A stack is refused for it."""
    include = {"Name": "AWS::Include", "Parameters": {"Location": "s3://nowhere/part.json"}}
    body = json.dumps({"Transform": include, "Resources": {"Queue": QUEUE}})
    named = {"StackName": "shop", "ChangeSetName": "first"}
    stacks.client.create_change_set(**named, ChangeSetType="CREATE", TemplateBody=body)
    told = stacks.client.describe_change_set(**named)
    said = "Transform AWS::Include failed with: S3 bucket [nowhere] does not exist."
    assert (told["Status"], told["StatusReason"]) == ("FAILED", said)
    with pytest.raises(ClientError, match="does not exist"):
        stacks.client.create_stack(StackName="other", TemplateBody=body)
    assert [one["StackName"] for one in stacks.client.describe_stacks()["Stacks"]] == ["shop"]


def test_a_stack_can_be_deleted_while_its_macro_is_asked(stacks: Any) -> None:
    """What the macro answers later is nobody's."""
    Macro(stacks, "Say", with_word)
    body = json.dumps({"Transform": "Say", "Resources": {"Queue": QUEUE}})
    made = stacks.client.create_stack(StackName="shop", TemplateBody=body, **EXPAND)
    stacks.client.delete_stack(StackName="shop")
    stacks.aws.settle()
    assert stacks.status(made["StackId"]) == "DELETE_COMPLETE"
    assert stacks.queues() == []


def test_an_update_can_be_cancelled_while_its_macro_is_asked(stacks: Any) -> None:
    """The stack stays what it was."""
    said: list[str] = []

    def cancel(event: dict[str, Any]) -> Any:
        if said:
            stacks.client.cancel_update_stack(StackName="shop")
        said.append("asked")
        return event["fragment"]

    Macro(stacks, "Say", cancel)
    template = {"Transform": "Say", "Resources": {"Queue": QUEUE}}
    assert created(stacks, template) == "CREATE_COMPLETE"
    stacks.update("shop", template | {"Resources": {"Other": QUEUE}}, **EXPAND)
    stacks.aws.settle()
    assert stacks.status("shop") == "UPDATE_ROLLBACK_COMPLETE"
    assert set(processed(stacks)["Resources"]) == {"Queue"}


def nested(depth: int) -> dict[str, Any]:
    return {"In": nested(depth - 1)} if depth else {}


@pytest.mark.parametrize("metadata", [nested(300), float("nan")], ids=["deep", "no number"])
def test_what_is_no_template_of_json_fails_the_stack(stacks: Any, metadata: Any) -> None:
    """However it is made: too deep to be walked through, or with what JSON has no word for."""
    more = {"Metadata": {"More": metadata}, "Resources": {"Queue": QUEUE}}
    Macro(stacks, "Grows", lambda _event: more)
    template = {"Transform": ["Grows", "Grows"], "Resources": {"Queue": QUEUE}}
    assert created(stacks, template) == "ROLLBACK_COMPLETE"
    assert stacks.queues() == []


def test_what_is_included_in_a_part_takes_the_place_of_what_has_its_name(stacks: Any) -> None:
    """Only sections of a whole template are joined."""
    s3 = stacks.aws.client("s3")
    s3.create_bucket(Bucket="parts")
    topic = {"Type": "AWS::SNS::Topic"}
    s3.put_object(Bucket="parts", Key="part.json", Body=json.dumps({"One": topic}))
    include = {"Name": "AWS::Include", "Parameters": {"Location": "s3://parts/part.json"}}
    one = QUEUE | {"Properties": {"QueueName": "one"}}
    template = {"Resources": {"One": one, "Fn::Transform": include}}
    assert stacks.create("shop", template) == "CREATE_COMPLETE"
    assert (len(stacks.aws.client("sns").list_topics()["Topics"]), stacks.queues()) == (1, [])

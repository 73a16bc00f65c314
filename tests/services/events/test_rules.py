"""Rules and their targets: the control plane."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from .conftest import World

QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"


def test_put_rule_and_describe_it(world: World) -> None:
    """A rule on a custom bus has the bus in its ARN; DescribeRule also says who made it."""
    world.events.create_event_bus(Name="orders")
    arn = world.rule(bus="orders", Description="d")
    assert arn == "arn:aws:events:us-east-1:000000000000:rule/orders/rule"
    described = world.events.describe_rule(Name="rule", EventBusName="orders")
    del described["ResponseMetadata"]
    shown = {
        "Name": "rule",
        "Arn": arn,
        "EventPattern": '{"source": ["shop"]}',
        "State": "ENABLED",
        "Description": "d",
        "EventBusName": "orders",
    }
    assert described == {**shown, "CreatedBy": "000000000000"}
    assert world.events.list_rules(EventBusName="orders")["Rules"] == [shown]


def test_put_rule_again_replaces_all_but_targets_and_tags(world: World) -> None:
    """What the second call leaves out is gone; targets and tags stay."""
    arn = world.rule(QUEUE, Description="d", Tags=[{"Key": "a", "Value": "1"}])
    world.rule(State="DISABLED", Tags=[{"Key": "b", "Value": "2"}])
    described = world.events.describe_rule(Name="rule")
    assert "Description" not in described
    assert described["State"] == "DISABLED"
    assert len(world.events.list_targets_by_rule(Rule="rule")["Targets"]) == 1
    tags = world.events.list_tags_for_resource(ResourceARN=arn)["Tags"]
    assert tags == [{"Key": "a", "Value": "1"}]


def test_put_rule_needs_a_pattern_or_a_schedule(world: World) -> None:
    """A rule without either is refused."""
    with pytest.raises(ClientError, match="EventPattern or ScheduleExpression must be specified"):
        world.events.put_rule(Name="rule")


def test_put_rule_refuses_a_pattern_that_is_none(world: World) -> None:
    """The reason and its place are AWS's."""
    with pytest.raises(ClientError) as refused:
        world.events.put_rule(Name="rule", EventPattern='{"source": []}')
    assert refused.value.response["Error"] == {
        "Code": "InvalidEventPatternException",
        "Message": "Event pattern is not valid. Reason: Empty arrays are not allowed\n"
        ' at [Source: (String)"{"source": []}"; line: 1, column: 14]',
    }


def test_put_rule_refuses_a_bad_schedule(world: World) -> None:
    """A schedule is checked when the rule is put, and belongs on the default bus."""
    with pytest.raises(ClientError, match="Parameter ScheduleExpression is not valid"):
        world.rule(ScheduleExpression="rate(1 minutes)")
    world.events.create_event_bus(Name="orders")
    with pytest.raises(ClientError, match="supported only on the default event bus"):
        world.rule(bus="orders", ScheduleExpression="rate(1 minute)")


def test_rule_on_unknown_bus_and_unknown_rule(world: World) -> None:
    """Both are ResourceNotFoundException and name what is missing."""
    with pytest.raises(ClientError, match="Event bus nowhere does not exist"):
        world.rule(bus="nowhere")
    with pytest.raises(ClientError, match="Rule r does not exist on EventBus default"):
        world.events.describe_rule(Name="r")
    with pytest.raises(ClientError, match="Rule r does not exist on EventBus default"):
        world.events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": QUEUE}])


def test_disable_and_enable_rule(world: World) -> None:
    """A disabled rule matches nothing until it is enabled again."""
    caught = world.catcher()
    world.rule(caught.arn)
    world.events.disable_rule(Name="rule")
    assert world.events.describe_rule(Name="rule")["State"] == "DISABLED"
    world.put({"n": 1})
    world.events.enable_rule(Name="rule")
    world.put({"n": 2})
    assert [event["detail"] for event in caught.events()] == [{"n": 2}]


def test_delete_rule_with_targets_is_refused(world: World) -> None:
    """Targets go first; a rule that does not exist is fine."""
    world.rule(QUEUE)
    with pytest.raises(ClientError, match="Rule can't be deleted since it has targets"):
        world.events.delete_rule(Name="rule")
    world.events.remove_targets(Rule="rule", Ids=["target-0", "unknown"])
    world.events.delete_rule(Name="rule")
    world.events.delete_rule(Name="rule")
    assert world.events.list_rules()["Rules"] == []


def test_list_rules_and_rule_names_by_target_in_pages(world: World) -> None:
    """Both lists go by name, page after page."""
    for number in (3, 1, 2, 0):
        world.rule(QUEUE, name=f"rule-{number}")
    world.rule(name="other")
    pages = world.events.get_paginator("list_rules").paginate(
        NamePrefix="rule-", PaginationConfig={"PageSize": 3}
    )
    names = [[rule["Name"] for rule in page["Rules"]] for page in pages]
    assert names == [["rule-0", "rule-1", "rule-2"], ["rule-3"]]
    pages = world.events.get_paginator("list_rule_names_by_target").paginate(
        TargetArn=QUEUE, PaginationConfig={"PageSize": 2}
    )
    assert [page["RuleNames"] for page in pages] == [["rule-0", "rule-1"], ["rule-2", "rule-3"]]


def test_put_targets_replaces_by_id_and_lists_in_pages(world: World) -> None:
    """The same id replaces a target; the list keeps the order of arrival."""
    world.rule(QUEUE, QUEUE, QUEUE)
    world.events.put_targets(
        Rule="rule", Targets=[{"Id": "target-1", "Arn": QUEUE, "InputPath": "$.detail"}]
    )
    first = world.events.list_targets_by_rule(Rule="rule", Limit=2)
    rest = world.events.list_targets_by_rule(Rule="rule", NextToken=first["NextToken"])
    assert first["Targets"] == [
        {"Id": "target-0", "Arn": QUEUE},
        {"Id": "target-1", "Arn": QUEUE, "InputPath": "$.detail"},
    ]
    assert rest["Targets"] == [{"Id": "target-2", "Arn": QUEUE}]


def test_put_targets_over_five_is_refused_whole(world: World) -> None:
    """A sixth target is over the limit, and then none is added."""
    world.rule(QUEUE, QUEUE, QUEUE, QUEUE)
    with pytest.raises(ClientError, match="exceeds the maximum number allowed") as refused:
        world.events.put_targets(
            Rule="rule", Targets=[{"Id": "a", "Arn": QUEUE}, {"Id": "b", "Arn": QUEUE}]
        )
    assert refused.value.response["Error"]["Code"] == "LimitExceededException"
    assert len(world.events.list_targets_by_rule(Rule="rule")["Targets"]) == 4


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (
            {"Input": "{}", "InputPath": "$.detail"},
            "Only one of Input, InputPath, or InputTransformer must be provided for target t.",
        ),
        (
            {"InputTransformer": {"InputTemplate": '"<when>"'}},
            "InputTemplate for target t contains invalid placeholder when.",
        ),
        (
            {"Input": "{'a': 1}"},
            (
                "JSON syntax error in input for target t: "
                "[Source: (String)\"{'a': 1}\"; line: 1, column: 3]"
            ),
        ),
        ({"InputPath": "detail"}, "InputPath for target t is invalid: detail"),
        (
            {"Arn": "arn:aws:sqs"},
            "Parameter arn:aws:sqs is not valid. Reason: Provided Arn is not in correct format.",
        ),
        (
            {"Arn": QUEUE + ".fifo"},
            "Parameter(s) SqsParameters must be specified for target: t.",
        ),
        (
            {"Arn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"},
            "RoleArn is required for target arn:aws:kinesis:us-east-1:000000000000:stream/s.",
        ),
        (
            {"Id": "!@"},
            (
                "1 validation error detected: Value '!@' at 'targets.1.member.id' failed to "
                "satisfy constraint: Member must satisfy regular expression pattern: "
                r"[\.\-_A-Za-z0-9]+"
            ),
        ),
    ],
)
def test_put_targets_refuses(world: World, target: dict[str, object], text: str) -> None:
    """A target that cannot work is refused when it is put, in AWS's words."""
    world.rule()
    with pytest.raises(ClientError) as refused:
        world.events.put_targets(Rule="rule", Targets=[{"Id": "t", "Arn": QUEUE, **target}])
    assert refused.value.response["Error"] == {"Code": "ValidationException", "Message": text}


def test_managed_rules_take_force(world: World) -> None:
    """A rule that an AWS service made is changed only with Force."""
    source = "arn:aws:events:us-east-1:000000000000:event-bus/default"
    world.events.create_archive(ArchiveName="a", EventSourceArn=source)
    name = "Events-Archive-a"
    text = f"{name} is a managed rule. Set 'force' parameter to true to override."
    with pytest.raises(ClientError, match=text) as refused:
        world.events.remove_targets(Rule=name, Ids=[name])
    assert refused.value.response["Error"]["Code"] == "ManagedRuleException"
    world.events.remove_targets(Rule=name, Ids=[name], Force=True)
    world.events.delete_rule(Name=name, Force=True)
    assert world.events.list_rules()["Rules"] == []


def test_test_event_pattern(world: World) -> None:
    """A whole event is matched against a pattern; half an event is refused."""
    event = {
        "id": "1",
        "account": "000000000000",
        "source": "shop",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "detail-type": "order",
    }

    def result(source: str) -> bool:
        reply = world.events.test_event_pattern(
            EventPattern=json.dumps({"source": [source]}), Event=json.dumps(event)
        )
        return bool(reply["Result"])

    assert result("shop")
    assert not result("other")
    for broken in ("text", "[]", json.dumps({**event, "id": 1} | {"x": 1})[:-1]):
        with pytest.raises(ClientError, match="Parameter Event is not valid"):
            world.events.test_event_pattern(EventPattern='{"source": ["a"]}', Event=broken)
    del event["region"]
    with pytest.raises(ClientError, match="Parameter Event is not valid"):
        result("shop")

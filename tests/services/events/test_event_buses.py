"""Event buses: making, listing, policies, tags."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from .conftest import World


def test_create_event_bus_answers_its_arn_and_settings(world: World) -> None:
    """The reply repeats the description, and the bus can be described."""
    reply = world.events.create_event_bus(Name="orders", Description="all orders")
    assert reply["EventBusArn"] == "arn:aws:events:us-east-1:000000000000:event-bus/orders"
    assert reply["Description"] == "all orders"
    described = world.events.describe_event_bus(Name="orders")
    assert (described["Name"], described["Arn"]) == ("orders", reply["EventBusArn"])
    assert described["CreationTime"] == described["LastModifiedTime"] == world.aws.now


def test_create_event_bus_twice_is_refused(world: World) -> None:
    """A name can be taken once in a region."""
    world.events.create_event_bus(Name="orders")
    with pytest.raises(ClientError, match="Event bus orders already exists") as refused:
        world.events.create_event_bus(Name="orders")
    assert refused.value.response["Error"]["Code"] == "ResourceAlreadyExistsException"


def test_event_buses_of_regions_and_accounts_are_apart(world: World) -> None:
    """A bus is known in its own account and region alone; default is known everywhere."""
    world.events.create_event_bus(Name="orders")
    elsewhere = world.aws.client("events", region="eu-west-1", account="111111111111")
    (bus,) = elsewhere.list_event_buses()["EventBuses"]
    assert bus["Arn"] == "arn:aws:events:eu-west-1:111111111111:event-bus/default"


def test_describe_event_bus_that_does_not_exist(world: World) -> None:
    """An unknown bus is a ResourceNotFoundException with status 400."""
    with pytest.raises(ClientError, match="Event bus nowhere does not exist") as refused:
        world.events.describe_event_bus(Name="nowhere")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_delete_event_bus(world: World) -> None:
    """Default stays, a bus with rules stays, an unknown bus is fine."""
    world.events.create_event_bus(Name="orders")
    world.rule(bus="orders")
    with pytest.raises(ClientError, match="EventBus can't be deleted since it has rules"):
        world.events.delete_event_bus(Name="orders")
    world.events.delete_rule(Name="rule", EventBusName="orders")
    world.events.delete_event_bus(Name="orders")
    world.events.delete_event_bus(Name="orders")
    with pytest.raises(ClientError, match="Cannot delete event bus default"):
        world.events.delete_event_bus(Name="default")


def test_list_event_buses_in_pages(world: World) -> None:
    """A page ends with a token; the next begins after it, even if buses went meanwhile."""
    for number in range(6):
        world.events.create_event_bus(Name=f"bus-{number}")
    first = world.events.list_event_buses(NamePrefix="bus-", Limit=4)
    world.events.delete_event_bus(Name="bus-3")
    rest = world.events.list_event_buses(NamePrefix="bus-", NextToken=first["NextToken"])
    assert [bus["Name"] for bus in first["EventBuses"]] == ["bus-0", "bus-1", "bus-2", "bus-3"]
    assert [bus["Name"] for bus in rest["EventBuses"]] == ["bus-4", "bus-5"]
    assert "NextToken" not in rest


def test_list_event_buses_refuses_a_made_up_token(world: World) -> None:
    """A token that was never given out is refused."""
    with pytest.raises(ClientError, match="Parameter NextToken is not valid"):
        world.events.list_event_buses(NextToken="?!")


def test_update_event_bus_changes_what_is_given(world: World) -> None:
    """The rest stays as it was."""
    world.events.create_event_bus(Name="orders", Description="one")
    queue = world.catcher()
    world.aws.advance(seconds=10)
    world.events.update_event_bus(Name="orders", DeadLetterConfig={"Arn": queue.arn})
    described = world.events.describe_event_bus(Name="orders")
    assert described["Description"] == "one"
    assert described["DeadLetterConfig"] == {"Arn": queue.arn}
    assert described["LastModifiedTime"] == world.aws.now


def test_put_permission_builds_the_policy(world: World) -> None:
    """Each statement names one account; the same id replaces it; Policy replaces all."""

    def statements() -> list[object]:
        policy = json.loads(world.events.describe_event_bus(Name="default")["Policy"])
        assert policy["Version"] == "2012-10-17"
        return list(policy["Statement"])

    arn = "arn:aws:events:us-east-1:000000000000:event-bus/default"
    allow = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": arn}
    world.events.put_permission(
        Action="events:PutEvents", Principal="111111111111", StatementId="one"
    )
    world.events.put_permission(Action="events:PutEvents", Principal="*", StatementId="two")
    assert statements() == [
        {"Sid": "one", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, **allow},
        {"Sid": "two", "Principal": "*", **allow},
    ]
    world.events.put_permission(
        Action="events:PutEvents", Principal="222222222222", StatementId="two"
    )
    assert len(statements()) == 2
    whole = {"Sid": "own", "Effect": "Allow", "Principal": "*", "Action": "events:*"}
    world.events.put_permission(Policy=json.dumps({"Version": "x", "Statement": whole}))
    assert statements() == [whole]


def test_remove_permission_by_id_and_all(world: World) -> None:
    """An unknown statement is an error; without statements there is no policy."""
    with pytest.raises(ClientError, match="Statement with the provided id does not exist"):
        world.events.remove_permission(StatementId="one")
    with pytest.raises(ClientError, match="EventBus does not have a policy"):
        world.events.remove_permission(RemoveAllPermissions=True)
    for name in ("one", "two", "three"):
        world.events.put_permission(Action="events:PutEvents", Principal="*", StatementId=name)
    world.events.remove_permission(StatementId="one")
    policy = json.loads(world.events.describe_event_bus(Name="default")["Policy"])
    assert [statement["Sid"] for statement in policy["Statement"]] == ["two", "three"]
    world.events.remove_permission(RemoveAllPermissions=True)
    assert "Policy" not in world.events.describe_event_bus(Name="default")


@pytest.mark.parametrize("policy", ["no json", "[]", '{"Statement": 1}', '{"Statement": [1]}'])
def test_put_permission_refuses_what_is_no_policy(world: World, policy: str) -> None:
    """The policy must be a JSON object with statements."""
    with pytest.raises(ClientError, match="This policy contains invalid Json"):
        world.events.put_permission(Policy=policy)


def test_put_permission_refuses_a_policy_over_ten_kilobytes(world: World) -> None:
    """The whole policy has a limit."""
    for number in range(40):
        world.events.put_permission(
            Action="events:PutEvents", Principal="1" * 12, StatementId=f"s{number}"
        )
    with pytest.raises(ClientError) as refused:
        for number in range(40, 80):
            world.events.put_permission(
                Action="events:PutEvents", Principal="1" * 12, StatementId=f"s{number}"
            )
    assert refused.value.response["Error"]["Code"] == "PolicyLengthExceededException"


@pytest.mark.parametrize("bus", ["default", "orders"])
def test_tags_of_buses_and_rules(world: World, bus: str) -> None:
    """Tags are set, replaced, removed and listed by ARN; a rule made again has none."""
    if bus != "default":
        world.events.create_event_bus(Name=bus)
    bus_arn = world.events.describe_event_bus(Name=bus)["Arn"]
    rule_arn = world.rule(bus=bus, Tags=[{"Key": "a", "Value": "1"}])
    for arn in (bus_arn, rule_arn):
        world.events.tag_resource(
            ResourceARN=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}]
        )
        world.events.untag_resource(ResourceARN=arn, TagKeys=["b", "never"])
        tags = world.events.list_tags_for_resource(ResourceARN=arn)["Tags"]
        assert tags == [{"Key": "a", "Value": "2"}]
    world.events.delete_rule(Name="rule", EventBusName=bus)
    with pytest.raises(ClientError, match=f"Rule rule does not exist on EventBus {bus}."):
        world.events.list_tags_for_resource(ResourceARN=rule_arn)
    world.rule(bus=bus)
    assert world.events.list_tags_for_resource(ResourceARN=rule_arn)["Tags"] == []

"""An event bus as a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Catcher, World


def far_bus(world: World, *, region: str, account: str) -> tuple[str, Catcher, Any]:
    """Make a bus elsewhere that sends all shop events to a queue there."""
    events = world.aws.client("events", region=region, account=account)
    bus = events.create_event_bus(Name="far")["EventBusArn"]
    caught = world.catcher("far", region=region, account=account)
    events.put_rule(Name="all", EventBusName="far", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="all", EventBusName="far", Targets=[{"Id": "q", "Arn": caught.arn}])
    return bus, caught, events


@pytest.mark.parametrize(
    ("region", "account", "same_id"),
    [
        ("us-east-1", "000000000000", True),
        ("us-east-1", "111111111111", True),
        ("eu-west-1", "000000000000", False),
        ("eu-west-1", "111111111111", False),
    ],
)
def test_bus_target_keeps_the_origin(
    world: World, region: str, account: str, same_id: bool
) -> None:
    """Account, region and time stay those of the origin; the id is new in another region."""
    bus, caught, events = far_bus(world, region=region, account=account)
    events.put_permission(
        EventBusName="far", Action="events:PutEvents", Principal="*", StatementId="all"
    )
    world.rule(bus)
    event_id = world.put({"n": 1}, Resources=["r"])["Entries"][0]["EventId"]
    (event,) = caught.events()
    assert (event.pop("id") == event_id) is same_id
    assert event == {
        "version": "0",
        "detail-type": "order.received",
        "source": "shop",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": ["r"],
        "detail": {"n": 1},
    }


def test_bus_of_another_account_needs_permission(world: World) -> None:
    """Without a statement for the sender the event goes to the dead-letter queue."""
    bus, caught, _ = far_bus(world, region="us-east-1", account="111111111111")
    dead = world.catcher("dead")
    world.rule({"Arn": bus, "DeadLetterConfig": {"Arn": dead.arn}})
    world.put()
    assert caught.bodies() == []
    (letter,) = dead.messages()
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"


def test_bus_target_that_is_missing(world: World) -> None:
    """A bus that does not exist is a missing resource."""
    world.rule("arn:aws:events:us-east-1:000000000000:event-bus/gone")
    world.put()
    assert len(world.notes("gave up: NO_RESOURCE: Event bus gone does not exist.")) == 1


@pytest.mark.parametrize(
    ("second", "third", "code"),
    [
        (("us-east-1", "111111111111"), ("us-east-1", "222222222222"), "THIRD_ACCOUNT"),
        (("eu-west-1", "000000000000"), ("eu-north-1", "000000000000"), "THIRD_REGION"),
    ],
)
def test_bus_chain_ends_after_one_border(
    world: World, second: tuple[str, str], third: tuple[str, str], code: str
) -> None:
    """An event that came from elsewhere does not go on to a third place."""
    arns = []
    for region, account in (second, third):
        bus, _, events = far_bus(world, region=region, account=account)
        events.put_permission(
            EventBusName="far", Action="events:PutEvents", Principal="*", StatementId="all"
        )
        arns.append((bus, events))
    (middle, events), (end, _) = arns
    events.put_targets(Rule="all", EventBusName="far", Targets=[{"Id": "on", "Arn": end}])
    world.rule(middle)
    world.put()
    assert len(world.notes(f"gave up: {code}_HOP_DETECTED")) == 1


def test_buses_in_a_circle_end(world: World) -> None:
    """Two buses that feed each other do not hang the emulator; the journal names the cause."""
    for name, target in (("a", "b"), ("b", "a")):
        world.events.create_event_bus(Name=name)
        world.rule(f"arn:aws:events:us-east-1:000000000000:event-bus/{target}", bus=name)
    world.put(EventBusName="a")
    assert len(world.notes("their rules send it round in a circle")) == 1


def test_client_cannot_set_what_buses_pass_on(world: World) -> None:
    """Origin and id of an event are EventBridge's own; a call through the door has no say."""
    caught = world.catcher()
    world.rule(caught.arn)
    from chalice_offline.core.context import Caller

    entry = {
        "Source": "shop",
        "DetailType": "d",
        "Detail": "{}",
        "InternalMetadata": {"EventId": "mine", "Account": "999999999999"},
    }
    world.aws.emulator.call("events", "PutEvents", {"Entries": [entry]}, Caller())
    (event,) = caught.events()
    assert (event["id"] == "mine", event["account"]) == (False, "000000000000")

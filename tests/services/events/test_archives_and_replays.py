"""Archives keep events; replays send them again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from .conftest import World

START = datetime(2026, 1, 1, tzinfo=UTC)
BUS = "arn:aws:events:us-east-1:000000000000:event-bus/default"
ARCHIVE = "arn:aws:events:us-east-1:000000000000:archive/orders"


def archive(world: World, **settings: Any) -> None:
    """Make the archive `orders` on the default bus."""
    world.events.create_archive(ArchiveName="orders", EventSourceArn=BUS, **settings)


def replay(world: World, name: str = "again", **changes: Any) -> dict[str, Any]:
    """Start a replay of the first day and return it as described after."""
    world.events.start_replay(
        **{
            "ReplayName": name,
            "EventSourceArn": ARCHIVE,
            "EventStartTime": START,
            "EventEndTime": START + timedelta(days=1),
            "Destination": {"Arn": BUS},
            **changes,
        }
    )
    world.aws.settle()
    return dict(world.events.describe_replay(ReplayName=name))


def test_archive_keeps_what_its_pattern_matches(world: World) -> None:
    """Count and size go up by the events that match."""
    archive(world, EventPattern='{"detail": {"keep": [true]}}', Description="d", RetentionDays=1)
    detail = json.dumps({"keep": True})
    world.put({"keep": True})
    world.put({"keep": False})
    described = world.events.describe_archive(ArchiveName="orders")
    del described["ResponseMetadata"]
    assert described == {
        "ArchiveArn": ARCHIVE,
        "ArchiveName": "orders",
        "EventSourceArn": BUS,
        "Description": "d",
        "EventPattern": '{"detail": {"keep": [true]}}',
        "State": "ENABLED",
        "RetentionDays": 1,
        "SizeBytes": len("shop") + len("order.received") + len(detail) + 20,
        "EventCount": 1,
        "CreationTime": world.aws.now,
    }


def test_archive_shows_its_managed_rule(world: World) -> None:
    """The rule carries the archive's pattern and leaves replayed events out."""
    archive(world, EventPattern='{"source": ["shop"]}')
    (rule,) = world.events.list_rules()["Rules"]
    assert rule["Name"] == "Events-Archive-orders"
    assert rule["ManagedBy"] == "prod.vhs.events.aws.internal"
    assert json.loads(rule["EventPattern"]) == {
        "source": ["shop"],
        "replay-name": [{"exists": False}],
    }
    (target,) = world.events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    assert target["Arn"] == "arn:aws:events:us-east-1:::"


def test_archive_forgets_after_its_retention(world: World) -> None:
    """What is older than RetentionDays is gone; 0 keeps for ever."""
    archive(world, RetentionDays=2)
    world.events.create_archive(ArchiveName="for-ever", EventSourceArn=BUS)
    world.put()
    world.aws.advance(seconds=86_400)
    world.put()
    world.aws.advance(seconds=86_400)
    counts = {
        found["ArchiveName"]: found["EventCount"]
        for found in world.events.list_archives()["Archives"]
    }
    assert counts == {"for-ever": 2, "orders": 1}


def test_update_and_delete_archive(world: World) -> None:
    """A new pattern counts from now on; deleting takes the rule along."""
    archive(world)
    world.put()
    world.events.update_archive(ArchiveName="orders", EventPattern='{"source": ["other"]}')
    world.put()
    assert world.events.describe_archive(ArchiveName="orders")["EventCount"] == 1
    with pytest.raises(ClientError, match="At least one of EventPattern, RetentionDays"):
        world.events.update_archive(ArchiveName="orders")
    world.events.delete_archive(ArchiveName="orders")
    assert world.events.list_rules()["Rules"] == []
    with pytest.raises(ClientError, match="Archive orders does not exist"):
        world.events.describe_archive(ArchiveName="orders")


def test_create_archive_errors(world: World) -> None:
    """A taken name, an unknown bus, a bad pattern."""
    archive(world)
    with pytest.raises(ClientError, match="Archive orders already exists"):
        archive(world)
    with pytest.raises(ClientError, match="Event bus nowhere does not exist"):
        world.events.create_archive(
            ArchiveName="a", EventSourceArn=BUS.replace("default", "nowhere")
        )
    with pytest.raises(ClientError, match="Empty arrays are not allowed"):
        world.events.create_archive(
            ArchiveName="a", EventSourceArn=BUS, EventPattern='{"source": []}'
        )
    assert len(world.events.list_archives()["Archives"]) == 1


def test_list_archives_takes_one_filter(world: World) -> None:
    """By prefix or by bus, not both."""
    archive(world)
    assert len(world.events.list_archives(EventSourceArn=BUS)["Archives"]) == 1
    assert world.events.list_archives(NamePrefix="x")["Archives"] == []
    assert world.events.list_archives(State="DISABLED")["Archives"] == []
    with pytest.raises(ClientError, match="At most one filter is allowed for ListArchives"):
        world.events.list_archives(EventSourceArn=BUS, NamePrefix="o")


def test_replay_sends_events_again_with_its_name(world: World) -> None:
    """The same events, ids included, with replay-name; they are not archived twice."""
    archive(world)
    caught = world.catcher()
    world.rule(caught.arn)
    world.put({"n": 1})
    world.aws.advance(seconds=120)
    world.put({"n": 2})
    originals = caught.events()
    described = replay(world, Description="d")
    assert caught.bodies() == [
        json.dumps(
            {
                key: value
                for name, content in original.items()
                for key, value in (
                    ((name, content), ("replay-name", "again"))
                    if name == "region"
                    else ((name, content),)
                )
            },
            separators=(",", ":"),
        )
        for original in originals
    ]
    assert described["State"] == "COMPLETED"
    assert described["Description"] == "d"
    assert described["EventLastReplayedTime"] == START + timedelta(seconds=120)
    assert world.events.describe_archive(ArchiveName="orders")["EventCount"] == 2


def test_replay_of_a_time_range_to_some_rules(world: World) -> None:
    """Only events within the range, only rules in FilterArns."""
    archive(world)
    one, two = world.catcher("one"), world.catcher("two")
    chosen = world.rule(one.arn, name="one")
    world.rule(two.arn, name="two")
    for number in range(3):
        world.put({"n": number})
        world.aws.advance(seconds=60)
    one.messages(), two.messages()
    replay(
        world,
        EventStartTime=START + timedelta(seconds=30),
        EventEndTime=START + timedelta(seconds=90),
        Destination={"Arn": BUS, "FilterArns": [chosen]},
    )
    assert [event["detail"] for event in one.events()] == [{"n": 1}]
    assert two.bodies() == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"EventSourceArn": ARCHIVE[:-1]}, "Reason: Archive order does not exist."),
        ({"EventEndTime": START}, "Reason: EventStartTime must be before EventEndTime."),
        ({"Destination": {"Arn": f"{BUS}x"}}, "Event bus defaultx does not exist."),
        ({"Destination": {"Arn": BUS.replace("default", "o")}}, "Cross event bus replay is not"),
        ({"Destination": {"Arn": ARCHIVE}}, "Reason: Must contain an event bus ARN."),
    ],
)
def test_start_replay_refuses(world: World, changes: dict[str, Any], text: str) -> None:
    """Each wrong parameter is named."""
    archive(world)
    world.events.create_event_bus(Name="o")
    with pytest.raises(ClientError, match=text):
        replay(world, **changes)


def test_replays_are_listed_and_names_stay_taken(world: World) -> None:
    """A finished replay is kept; it cannot be cancelled any more."""
    archive(world)
    for number in range(3):
        replay(world, f"again-{number}")
    with pytest.raises(ClientError, match="Replay again-1 already exists"):
        replay(world, "again-1")
    first = world.events.list_replays(NamePrefix="again", Limit=2)
    rest = world.events.list_replays(NamePrefix="again", NextToken=first["NextToken"])
    assert [found["ReplayName"] for found in first["Replays"] + rest["Replays"]] == [
        "again-0",
        "again-1",
        "again-2",
    ]
    with pytest.raises(ClientError, match="is not in a valid state") as refused:
        world.events.cancel_replay(ReplayName="again-0")
    assert refused.value.response["Error"]["Code"] == "IllegalStatusException"
    with pytest.raises(ClientError, match="Replay never does not exist"):
        world.events.describe_replay(ReplayName="never")

"""Rules with a schedule, in virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import World


def test_rate_rule_fires_every_period_from_its_making(world: World) -> None:
    """The event names the rule and comes at the exact second."""
    caught = world.catcher()
    world.aws.advance(seconds=7)
    arn = world.rule(caught.arn, ScheduleExpression="rate(5 minutes)")
    world.aws.advance(seconds=299)
    assert caught.bodies() == []
    world.aws.advance(seconds=301)
    first, second = caught.events()
    assert [first.pop("time"), second["time"]] == ["2026-01-01T00:05:07Z", "2026-01-01T00:10:07Z"]
    assert first.pop("id") != second["id"]
    assert first == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "region": "us-east-1",
        "resources": [arn],
        "detail": {},
    }


def test_cron_rule_fires_at_its_times(world: World) -> None:
    """Nine o'clock UTC on two days."""
    caught = world.catcher()
    world.rule(caught.arn, ScheduleExpression="cron(0 9 * * ? *)")
    world.aws.advance(seconds=48 * 3600)
    times = [event["time"] for event in caught.events()]
    assert times == ["2026-01-01T09:00:00Z", "2026-01-02T09:00:00Z"]


def test_schedule_stops_when_disabled_or_deleted(world: World) -> None:
    """A disabled rule misses its times for good; enabling it starts a rate afresh."""
    caught = world.catcher()
    world.rule(caught.arn, ScheduleExpression="rate(1 hour)")
    world.aws.advance(seconds=1800)
    world.events.disable_rule(Name="rule")
    world.aws.advance(seconds=7200)
    assert caught.bodies() == []
    world.events.enable_rule(Name="rule")
    world.aws.advance(seconds=3600)
    assert [event["time"] for event in caught.events()] == ["2026-01-01T03:30:00Z"]
    world.events.remove_targets(Rule="rule", Ids=["target-0"])
    world.events.delete_rule(Name="rule")
    world.aws.advance(seconds=7200)
    assert caught.bodies() == []
    assert world.notes("the rule has no targets") == []


def test_put_rule_again_replaces_the_schedule(world: World) -> None:
    """The old times are gone, and there is never more than one timer."""
    caught = world.catcher()
    world.rule(caught.arn, ScheduleExpression="rate(1 minute)")
    world.rule(ScheduleExpression="rate(1 hour)")
    world.aws.advance(seconds=3600)
    assert [event["time"] for event in caught.events()] == ["2026-01-01T01:00:00Z"]


def test_schedule_reaches_its_own_rule_alone(world: World) -> None:
    """A pattern for scheduled events does not see them."""
    caught, other = world.catcher(), world.catcher("other")
    world.rule(caught.arn, ScheduleExpression="rate(1 minute)")
    world.rule(other.arn, name="all", pattern={"source": ["aws.events"]})
    world.aws.advance(seconds=60)
    assert len(caught.bodies()) == 1
    assert other.bodies() == []


def test_settle_does_not_wait_for_schedules(world: World) -> None:
    """A schedule has no end, so it is not work that is owed."""
    world.rule(world.catcher().arn, ScheduleExpression="rate(1 minute)")
    before = world.aws.now
    world.aws.settle()
    assert world.aws.now == before


def test_schedule_and_pattern_may_share_a_rule(world: World) -> None:
    """Either brings an event to the targets."""
    caught = world.catcher()
    world.rule(caught.arn, ScheduleExpression="rate(1 minute)", EventPattern='{"source": ["shop"]}')
    world.put()
    world.aws.advance(seconds=60)
    assert [event["source"] for event in caught.events()] == ["shop", "aws.events"]

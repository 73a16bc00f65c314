"""When schedules run. The clock starts at 2026-01-01T00:00:00Z, a Thursday."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = 3600


def test_one_time_schedule_runs_once_at_its_second(scheduled: Any) -> None:
    """at() runs at the very second and never again; the schedule stays."""
    scheduled.create("at(2026-01-01T00:01:30)")
    scheduled.aws.advance(seconds=89.999)
    assert scheduled.sent_at() == []
    scheduled.aws.advance(seconds=2 * HOUR)
    assert scheduled.sent_at() == [90]
    assert scheduled.client.get_schedule(Name="s")["State"] == "ENABLED"


def test_one_time_schedule_in_the_past_is_taken_and_never_runs(scheduled: Any) -> None:
    """AWS takes it (recorded); there is nothing to run."""
    scheduled.create("at(2022-12-31T23:59:59)")
    scheduled.aws.advance(seconds=HOUR)
    assert scheduled.sent_at() == []


def test_rate_without_start_date_runs_at_once(scheduled: Any) -> None:
    """The first run is when the schedule is made (User guide, "Schedule types")."""
    scheduled.create("rate(5 minutes)")
    scheduled.aws.advance(seconds=601)
    assert scheduled.sent_at() == [0, 300, 600]


def test_rate_between_start_and_end_date(scheduled: Any) -> None:
    """StartDate is the first run; after EndDate there is none."""
    start = START + timedelta(seconds=90)
    scheduled.create("rate(1 minute)", StartDate=start, EndDate=start + timedelta(seconds=120))
    scheduled.aws.advance(seconds=HOUR)
    assert scheduled.sent_at() == [90, 150, 210]


def test_cron_in_a_time_zone(scheduled: Any) -> None:
    """Nine in the morning in Sao Paulo is noon in UTC."""
    zone = "America/Sao_Paulo"
    scheduled.create("cron(0 9 ? * THU-FRI *)", ScheduleExpressionTimezone=zone)
    scheduled.aws.advance(seconds=3 * 24 * HOUR)
    assert scheduled.sent_at() == [12 * HOUR, 36 * HOUR]


def test_flexible_window_delays_within_the_window(scheduled: Any) -> None:
    """A run comes some seconds after its time, the same ones for the same seed."""
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    text = '"<aws.scheduler.scheduled-time>"'
    for number in range(4):
        scheduled.create(
            "at(2026-01-01T01:00:00)",
            name=f"s{number}",
            FlexibleTimeWindow=window,
            Target={"Input": text},
        )
    scheduled.aws.advance(seconds=2 * HOUR)
    messages = scheduled.messages()
    delays = [
        int(message["Attributes"]["SentTimestamp"]) / 1000 - START.timestamp() - HOUR
        for message in messages
    ]
    assert len(set(delays)) > 1
    assert all(0 <= delay < 15 * 60 for delay in delays)
    assert {message["Body"] for message in messages} == {'"2026-01-01T01:00:00Z"'}


def test_disabled_schedule_rests_until_enabled(scheduled: Any) -> None:
    """State decides; UpdateSchedule starts the rate anew."""
    scheduled.create("rate(1 minute)", State="DISABLED")
    scheduled.aws.advance(seconds=150)
    assert scheduled.sent_at() == []
    settings = scheduled.client.get_schedule(Name="s")
    scheduled.client.update_schedule(
        Name="s",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow=settings["FlexibleTimeWindow"],
        Target=settings["Target"],
    )
    scheduled.aws.advance(seconds=HOUR)
    assert scheduled.sent_at() == [150, 150 + HOUR]


def test_completed_schedule_is_deleted_when_asked(scheduled: Any) -> None:
    """ActionAfterCompletion DELETE: after the last run the schedule is gone."""
    scheduled.create("at(2026-01-01T00:01:00)", ActionAfterCompletion="DELETE")
    scheduled.aws.advance(seconds=59)
    assert scheduled.client.get_schedule(Name="s")["ActionAfterCompletion"] == "DELETE"
    scheduled.aws.advance(seconds=1)
    with pytest.raises(scheduled.client.exceptions.ResourceNotFoundException):
        scheduled.client.get_schedule(Name="s")
    assert scheduled.sent_at() == [60]


def test_deleted_schedule_runs_no_more(scheduled: Any) -> None:
    """Neither do those of a deleted group."""
    scheduled.client.create_schedule_group(Name="g")
    scheduled.create("at(2026-01-01T00:01:00)")
    scheduled.create("at(2026-01-01T00:01:00)", GroupName="g")
    scheduled.client.delete_schedule(Name="s")
    scheduled.client.delete_schedule_group(Name="g")
    scheduled.aws.advance(seconds=HOUR)
    assert scheduled.sent_at() == []


def test_settle_does_not_wait_for_schedules(scheduled: Any) -> None:
    """A recurrence never ends, so nothing owed may come of its timer."""
    scheduled.create("rate(1 day)", StartDate=START + timedelta(days=1))
    scheduled.aws.settle()
    assert scheduled.aws.now == START

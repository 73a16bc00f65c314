"""Schedule expressions: which are accepted, and when they are due."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_offline.schedules import (
    RULE_SCHEDULE,
    ScheduleError,
    UnknownTimezoneError,
    parse_schedule,
)

DAY_MS = 86_400_000


def ms(text: str) -> int:
    """Return the epoch milliseconds of an ISO time in UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def iso(instant_ms: int | None) -> str | None:
    """Return an instant as ISO text in UTC, without its zone."""
    if instant_ms is None:
        return None
    return datetime.fromtimestamp(instant_ms / 1000, UTC).replace(tzinfo=None).isoformat()


def due(expression: str, start: str, count: int = 1, timezone: str = "UTC") -> list[str | None]:
    """Return the first `count` times after `start`."""
    schedule = parse_schedule(expression, timezone=timezone)
    found, now = [], ms(start)
    for _ in range(count):
        following = schedule.next_after(now)
        found.append(iso(following))
        if following is None:
            break
        now = following
    return found


@pytest.mark.parametrize(
    "expression",
    [
        "rate(10 seconds)",
        "rate(10 years)",
        "rate(1 minutes)",
        "rate(10 hour)",
        "rate()",
        "rate(10)",
        "rate(0 minutes)",
        "rate(-10 minutes)",
        "rate(10 MINUTES)",
        "rate( 10 minutes )",
        " rate(10 minutes)",
        "rate(10 minutes)\n",
        "cron(0 1 * * * *)",
        "cron(0 1 ? * ? *)",
        "cron(7 20 * * NOT *)",
        "cron(INVALID)",
        "cron(0 dummy ? * MON-FRI *)",
        "cron(71 8 1 * ? *)",
        "cron(0 24 1 * ? *)",
        "cron(0 0 32 * ? *)",
        "cron(0 0 0 * ? *)",
        "cron(0/0 0 1 * ? *)",
        "cron(0 0 1 * ? 1969)",
        "cron(0 0 1 * ? 2030-2020)",
        "cron(0 0 ? * 3#1,6#3 *)",
        "cron(0 0 ? * 3#6 *)",
        "cron(0 0 ? * 8 *)",
        "cron(0 0 1 * ?)",
        "cron(+1 0 1 * ? *)",
        "cron(٣ 0 1 * ? *)",
        "at(2026-01-01T00:00:00)",
        "",
        "every minute",
    ],
)
def test_rule_schedule_refuses(expression: str) -> None:
    """What a rule cannot be scheduled by is refused when it is read."""
    with pytest.raises(ScheduleError):
        parse_schedule(expression, dialect=RULE_SCHEDULE)


@pytest.mark.parametrize(
    "expression",
    ["at(2021-12-31T23:59:59Z)", "at(2021-12-31)", "at(2021-02-30T00:00:00)", "at()"],
)
def test_at_refuses_what_is_no_local_time(expression: str) -> None:
    """A one-time schedule takes a date and a time without a zone."""
    with pytest.raises(ScheduleError):
        parse_schedule(expression)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_unknown_timezone_is_refused(name: str) -> None:
    """A zone that the IANA database does not have has an error of its own."""
    with pytest.raises(UnknownTimezoneError):
        parse_schedule("rate(1 day)", timezone=name)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 2 ? * SAT *)", ["2026-01-03T02:00:00", "2026-01-10T02:00:00"]),
        ("cron(5,35 14 * * ? *)", ["2026-01-01T14:05:00", "2026-01-01T14:35:00"]),
        ("cron(15 10 ? * 6L 2026)", ["2026-01-30T10:15:00", "2026-02-27T10:15:00"]),
        ("cron(0 2 ? * SAT#3 *)", ["2026-01-17T02:00:00", "2026-02-21T02:00:00"]),
        ("cron(0 2 ? * 7#5 *)", ["2026-01-31T02:00:00", "2026-05-30T02:00:00"]),
        ("cron(0/20 8-9 ? * MON-FRI *)", ["2026-01-01T08:00:00", "2026-01-01T08:20:00"]),
        ("cron(0 0 L * ? *)", ["2026-01-31T00:00:00", "2026-02-28T00:00:00"]),
        ("cron(0 0 LW * ? *)", ["2026-01-30T00:00:00", "2026-02-27T00:00:00"]),
        ("cron(0 0 1W * ? *)", ["2026-01-01T00:00:00", "2026-02-02T00:00:00"]),
        ("cron(0 0 31W * ? *)", ["2026-01-30T00:00:00", "2026-03-31T00:00:00"]),
        ("cron(0 0 ? * L *)", ["2026-01-03T00:00:00", "2026-01-10T00:00:00"]),
        ("cron(0 0 ? * FRI-SUN *)", ["2026-01-02T00:00:00", "2026-01-03T00:00:00"]),
        ("cron(0 0 29 feb ? *)", ["2028-02-29T00:00:00", "2032-02-29T00:00:00"]),
        ("cron(15 10 ? * 6L 2002-2005)", [None]),
        ("cron(0 0 31 FEB ? *)", [None]),
        ("cron(* 0 1 1 ? 2026)", ["2026-01-01T00:00:00", "2026-01-01T00:01:00"]),
    ],
)
def test_cron_is_due_when_aws_says(expression: str, expected: list[str | None]) -> None:
    """Each form of a cron field chooses the times that AWS documents."""
    assert due(expression, "2025-12-31T23:59:59.999", len(expected)) == expected


def test_rate_counts_from_its_anchor() -> None:
    """A rate is due at its anchor and then every period."""
    schedule = parse_schedule("rate(5 minutes)", anchor_ms=1_000)
    assert schedule.next_after(0) == 1_000
    assert schedule.next_after(1_000) == 301_000
    assert schedule.next_after(301_001) == 601_000


def test_at_is_due_once_in_its_own_timezone() -> None:
    """A one-time schedule is due at its local time and never again."""
    expected = ["2026-06-01T10:00:00", None]
    assert due("at(2026-06-01T12:00:00)", "2026-01-01", 2, "Europe/Berlin") == expected


def test_cron_skips_a_local_time_that_does_not_exist() -> None:
    """The clocks of New York go from 2 to 3 on 2026-03-08: 2:30 is not run that day."""
    expected = ["2026-03-07T07:30:00", "2026-03-09T06:30:00"]
    assert due("cron(30 2 * * ? *)", "2026-03-07", 2, "America/New_York") == expected


def test_at_a_local_time_that_does_not_exist_never_comes() -> None:
    """A one-time schedule for a skipped local time is accepted and never due."""
    assert due("at(2026-03-08T02:30:00)", "2026-01-01", 1, "America/New_York") == [None]


def test_cron_runs_a_repeated_local_time_once() -> None:
    """The clocks of New York show 1:30 twice on 2026-11-01: the first counts."""
    expected = ["2026-11-01T05:30:00", "2026-11-02T06:30:00"]
    assert due("cron(30 1 * * ? *)", "2026-11-01", 2, "America/New_York") == expected


def test_rate_day_is_24_hours_across_a_clock_change() -> None:
    """A rate ignores daylight saving time."""
    schedule = parse_schedule(
        "rate(1 day)", timezone="America/New_York", anchor_ms=ms("2026-03-07T12:00:00")
    )
    assert iso(schedule.next_after(ms("2026-03-08T12:00:00"))) == "2026-03-09T12:00:00"


ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]
INSTANTS = st.integers(min_value=ms("2020-01-01"), max_value=ms("2040-01-01"))


@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    weekday=st.integers(1, 7),
    zone=st.sampled_from(ZONES),
    instant_ms=INSTANTS,
)
def test_cron_next_shows_the_wall_time_asked_for(
    minute: int, hour: int, weekday: int, zone: str, instant_ms: int
) -> None:
    """The next time is later, on the minute, and reads as the expression says in its zone."""
    schedule = parse_schedule(f"cron({minute} {hour} ? * {weekday} *)", timezone=zone)
    following = schedule.next_after(instant_ms)
    assert following is not None
    assert instant_ms < following <= instant_ms + 15 * DAY_MS
    wall = datetime.fromtimestamp(following / 1000, ZoneInfo(zone))
    assert (wall.minute, wall.hour, wall.isoweekday() % 7 + 1) == (minute, hour, weekday)
    assert following % 60_000 == 0


@given(
    step=st.integers(1, 59), zone=st.sampled_from(ZONES), start=INSTANTS, gap=st.integers(0, DAY_MS)
)
def test_cron_next_is_monotonic(step: int, zone: str, start: int, gap: int) -> None:
    """Asking from later never gives an earlier time, and nothing lies between."""
    schedule = parse_schedule(f"cron(0/{step} * * * ? *)", timezone=zone)
    early, late = schedule.next_after(start), schedule.next_after(start + gap)
    assert early is not None
    assert late is not None
    assert early <= late
    if start + gap < early:
        assert late == early


@given(
    count=st.integers(2, 1_000),
    unit=st.sampled_from(["minutes", "hours", "days"]),
    anchor=INSTANTS,
    instant_ms=INSTANTS,
)
def test_rate_next_is_within_one_period(
    count: int, unit: str, anchor: int, instant_ms: int
) -> None:
    """The next time lies on the grid of the anchor and at most one period ahead."""
    period = count * {"minutes": 60_000, "hours": 3_600_000, "days": DAY_MS}[unit]
    following = parse_schedule(f"rate({count} {unit})", anchor_ms=anchor).next_after(instant_ms)
    assert following is not None
    assert instant_ms < following <= max(anchor, instant_ms + period)
    assert (following - anchor) % period == 0


@given(text=st.text(max_size=40) | st.from_regex(r"(rate|cron|at)\([0-9A-Z*?,/#LW \-]*\)"))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever the text, it gives a schedule or a ScheduleError, and a next time or None."""
    try:
        schedule = parse_schedule(text)
    except ScheduleError:
        return
    following = schedule.next_after(ms("2026-01-01"))
    assert following is None or following > ms("2026-01-01")

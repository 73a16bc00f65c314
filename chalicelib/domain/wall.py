"""A store's hours as partners want them: no interval passes midnight, and every date is whole.

What a day's interval has after midnight belongs to the next day here. So a special day changes the
morning after it as well, and both are listed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.domain.hours import DAY_MINUTES, WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.domain.hours import Hours, Intervals

ALWAYS: dict[str, Intervals] = dict.fromkeys(WEEKDAYS, ((0, DAY_MINUTES),))
"""The week of a store that always sells."""

DAY_MS = DAY_MINUTES * 60_000
MOST_DAYS_AHEAD = 400
"""How far ahead the clock is looked at for a change."""


def week(hours: Hours | None) -> dict[str, Intervals]:
    """Return when a store sells, by weekday, in minutes since midnight up to 1440."""
    if hours is None:
        return dict(ALWAYS)
    return {
        day: _of_a_day(hours.weekly.get(day, ()), hours.weekly.get(WEEKDAYS[number - 1], ()))
        for number, day in enumerate(WEEKDAYS)
    }


def days(hours: Hours | None, now_ms: int) -> dict[str, Intervals]:
    """Return the dates from today on that are not as their weekday is, in their order."""
    if hours is None:
        return {}
    today = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(hours.time_zone)).date()
    usual = week(hours)
    special = {date.fromisoformat(day) for day in hours.special}
    found: dict[str, Intervals] = {}
    for day in sorted(special | {one + timedelta(days=1) for one in special}):
        intervals = _of_a_day(hours.on(day), hours.on(day - timedelta(days=1)))
        if day >= today and (day in special or intervals != usual[WEEKDAYS[day.weekday()]]):
            found[day.isoformat()] = intervals
    return found


def clock(minute: int) -> str:
    """Return a minute of a day as 09:30; the last one of all stands for midnight at its end."""
    minute = min(minute, DAY_MINUTES - 1)
    return f"{minute // 60:02d}:{minute % 60:02d}"


def offset_minutes(hours: Hours, at_ms: int) -> int:
    """Return by how much the wall's clock is ahead of UTC at an instant."""
    offset = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(hours.time_zone)).utcoffset()
    return int((offset or timedelta()).total_seconds()) // 60


def next_change_ms(hours: Hours | None, now_ms: int) -> int | None:
    """Return when the clock on the wall is set next (daylight saving), to the minute."""
    if hours is None:
        return None
    now = offset_minutes(hours, now_ms)
    for ahead in range(1, MOST_DAYS_AHEAD):
        late = now_ms + ahead * DAY_MS
        if offset_minutes(hours, late) != now:
            early = late - DAY_MS
            while late - early > 60_000:
                middle = (early + late) // 2
                if offset_minutes(hours, middle) == now:
                    early = middle
                else:
                    late = middle
            return late
    return None


def week_in_utc(hours: Hours | None, now_ms: int) -> dict[str, Intervals]:
    """Return the week on UTC's clock, as it is until the wall's clock is set again."""
    offset = 0 if hours is None else offset_minutes(hours, now_ms)
    of_week = [
        (number * DAY_MINUTES + start - offset, number * DAY_MINUTES + end - offset)
        for number, intervals in enumerate(week(hours).values())
        for start, end in intervals
    ]
    cut: dict[int, list[tuple[int, int]]] = {number: [] for number in range(7)}
    for start, end in of_week:
        for number, interval in _cut(start, end):
            cut[number % 7].append(interval)
    return {day: _joined(cut[number]) for number, day in enumerate(WEEKDAYS)}


def utc(day: str, minute: int, hours: Hours) -> datetime:
    """Return the instant of a minute of a date on the wall's clock."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(hours.time_zone))
    return (midnight + timedelta(minutes=minute)).astimezone(UTC)


def _cut(start: int, end: int) -> Iterable[tuple[int, tuple[int, int]]]:
    """Yield the days (0 is Monday, -1 the Sunday before) and what of an interval lies in each."""
    while start < end:
        number = start // DAY_MINUTES
        stop = min(end, (number + 1) * DAY_MINUTES)
        yield number, (start - number * DAY_MINUTES, stop - number * DAY_MINUTES)
        start = stop


def _of_a_day(own: Intervals, before: Intervals) -> Intervals:
    """Return what falls on a day: its own hours up to midnight, and the rest of the day before."""
    own_part = [(start, min(end, DAY_MINUTES)) for start, end in own if start < DAY_MINUTES]
    rest = [
        (max(0, start - DAY_MINUTES), end - DAY_MINUTES)
        for start, end in before
        if end > DAY_MINUTES
    ]
    return _joined(rest + own_part)


def _joined(intervals: Iterable[tuple[int, int]]) -> Intervals:
    """Return intervals in their order, those that touch as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)

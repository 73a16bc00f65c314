"""When a store sells: its week, days that differ, and its own clock with daylight saving.

Hours are what the clock on the store's wall shows. An interval that ends before it begins goes on
past midnight, and belongs to the day on which it begins; a special day replaces its weekday whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.domain.errors import InvalidPayload

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
MOST_INTERVALS = 6
MOST_SPECIAL_DAYS = 400

Intervals = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """Minutes since midnight, by weekday and by date (as in 2026-12-25); no interval: closed."""

    time_zone: str
    weekly: dict[str, Intervals]
    special: dict[str, Intervals] = field(default_factory=dict)

    def is_open(self, at_ms: int) -> bool:
        """Say whether the store sells at an instant. The closing minute itself is closed."""
        local = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(self.time_zone))
        minute, today = local.hour * 60 + local.minute, local.date()
        return _holds(self.on(today), minute) or _holds(
            self.on(today - timedelta(days=1)), minute + DAY_MINUTES
        )

    def on(self, day: date) -> Intervals:
        """Return a day's hours; an end after midnight is more than 24 hours."""
        special = self.special.get(day.isoformat())
        return self.weekly.get(WEEKDAYS[day.weekday()], ()) if special is None else special

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Hours:
        """Read what `dataclasses.asdict` and JSON made of it."""
        return cls(
            data["time_zone"],
            {day: _pairs(intervals) for day, intervals in data["weekly"].items()},
            {day: _pairs(intervals) for day, intervals in data["special"].items()},
        )


def _holds(intervals: Intervals, minute: int) -> bool:
    return any(start <= minute < end for start, end in intervals)


def _pairs(intervals: list[list[int]]) -> Intervals:
    return tuple((start, end) for start, end in intervals)


def read_hours(value: object) -> Hours | None:
    """Read a menu file's `hours`, or raise InvalidPayload; absent means that it always sells.

    {"time_zone": "America/New_York", "weekly": {"mon": [["11:00", "22:00"]], "fri": [["11:00",
    "02:00"]], …}, "special": {"2026-12-25": [], …}}. A weekday that is not named is closed.
    """
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) - {"time_zone", "weekly", "special"}:
        raise InvalidPayload("hours must be an object of time_zone, weekly and special")
    weekly, special = value.get("weekly"), value.get("special", {})
    if not isinstance(weekly, dict) or not set(weekly) <= set(WEEKDAYS):
        raise InvalidPayload("hours.weekly must be an object of mon to sun")
    if not isinstance(special, dict) or len(special) > MOST_SPECIAL_DAYS:
        raise InvalidPayload("hours.special must be an object of days")
    return Hours(
        _zone(value.get("time_zone")),
        {day: _intervals(of_day, f"hours.weekly.{day}") for day, of_day in weekly.items()},
        {_day(day): _intervals(of_day, "hours.special") for day, of_day in special.items()},
    )


def _zone(value: object) -> str:
    try:
        if not isinstance(value, str):
            raise ValueError(value)
        return ZoneInfo(value).key
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise InvalidPayload("hours.time_zone is no time zone") from None


def _day(value: str) -> str:
    try:
        if date.fromisoformat(value).isoformat() != value:
            raise ValueError(value)
    except ValueError:
        raise InvalidPayload("hours.special names what is no day") from None
    return value


def _intervals(value: object, where: str) -> Intervals:
    if not isinstance(value, list) or len(value) > MOST_INTERVALS:
        raise InvalidPayload(f"{where} must be a list of at most {MOST_INTERVALS} intervals")
    found: list[tuple[int, int]] = []
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2:
            raise InvalidPayload(f"{where} must hold pairs of times")
        start, end = (_minute(time, where) for time in pair)
        end += DAY_MINUTES if end <= start else 0
        if start == DAY_MINUTES or (found and start < found[-1][1]):
            raise InvalidPayload(f"{where} is not in order")
        found.append((start, end))
    if found and found[-1][1] - found[0][0] > DAY_MINUTES:
        raise InvalidPayload(f"{where} is longer than a day")
    return tuple(found)


def _minute(value: object, where: str) -> int:
    if isinstance(value, str) and len(value) == 5 and value[2] == ":":
        hour, minute = value[:2], value[3:]
        if hour.isascii() and minute.isascii() and hour.isdigit() and minute.isdigit():
            minutes = int(hour) * 60 + int(minute)
            if int(minute) < 60 and minutes <= DAY_MINUTES:
                return minutes
    raise InvalidPayload(f"{where} holds what is no time")

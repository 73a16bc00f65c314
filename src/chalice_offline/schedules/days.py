"""The days of a month that the two day fields of a cron expression choose."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable

from chalice_offline.schedules.errors import ScheduleError
from chalice_offline.schedules.fields import DAY_OF_MONTH, DAY_OF_WEEK

# (year, month) -> the days chosen, in any order, all within the month.
DayRule = Callable[[int, int], set[int]]

_SATURDAY = 7
_MAXIMUM_WEEKS = 5
_LAST_WEEKDAY = 5  # Friday, as datetime counts: Monday is 1


def days_chosen(day_of_month: str, day_of_week: str) -> DayRule:
    """Return the rule of two day fields, exactly one of which must be "?"."""
    if (day_of_month == "?") == (day_of_week == "?"):
        message = "exactly one of day-of-month and day-of-week must be ?"
        raise ScheduleError(message)
    if day_of_week == "?":
        return _by_date(day_of_month)
    return _by_weekday(day_of_week)


def _by_date(text: str) -> DayRule:
    if text == "L":
        return lambda year, month: {_length(year, month)}
    if text == "LW":
        return lambda year, month: {_nearest_weekday(year, month, _length(year, month))}
    if text.endswith("W"):
        wanted = DAY_OF_MONTH.number(text[:-1])
        return lambda year, month: (
            {_nearest_weekday(year, month, wanted)} if wanted <= _length(year, month) else set()
        )
    values = DAY_OF_MONTH.values(text)
    return lambda year, month: {day for day in values if day <= _length(year, month)}


def _by_weekday(text: str) -> DayRule:
    if "#" in text:
        return _nth_weekday(text)
    if text == "L":  # the last day of the week
        return lambda year, month: set(_days_on(year, month, _SATURDAY))
    if text.upper().endswith("L"):
        weekday = DAY_OF_WEEK.number(text[:-1])
        return lambda year, month: {_days_on(year, month, weekday)[-1]}
    weekdays = DAY_OF_WEEK.values(text)
    return lambda year, month: {
        day for weekday in weekdays for day in _days_on(year, month, weekday)
    }


def _nth_weekday(text: str) -> DayRule:
    name, _, week_text = text.partition("#")
    weekday = DAY_OF_WEEK.number(name)
    if not re.fullmatch(r"[0-9]", week_text) or not 1 <= int(week_text) <= _MAXIMUM_WEEKS:
        raise DAY_OF_WEEK.refusal(text)
    week = int(week_text)
    return lambda year, month: set(_days_on(year, month, weekday)[week - 1 : week])


def _days_on(year: int, month: int, weekday: int) -> range:
    """Return the days of the month that fall on `weekday` (1 is Sunday)."""
    first_of_month = (calendar.weekday(year, month, 1) + 1) % 7 + 1
    first = 1 + (weekday - first_of_month) % 7
    return range(first, _length(year, month) + 1, 7)


def _nearest_weekday(year: int, month: int, day: int) -> int:
    """Return the Monday-to-Friday day nearest to `day`, without leaving the month."""
    iso = calendar.weekday(year, month, day) + 1
    if iso <= _LAST_WEEKDAY:
        return day
    if iso == _LAST_WEEKDAY + 1:
        return day - 1 if day > 1 else day + 2
    return day + 1 if day < _length(year, month) else day - 2


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]

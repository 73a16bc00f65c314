"""From the text of a schedule expression to a `Schedule`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from chalice_offline.schedules.days import days_chosen
from chalice_offline.schedules.errors import ScheduleError
from chalice_offline.schedules.fields import HOUR, MINUTE, MONTH, YEAR
from chalice_offline.schedules.kinds import AtSchedule, CronSchedule, RateSchedule, Schedule
from chalice_offline.schedules.timezones import instant_of, timezone_named

_EXPRESSION = re.compile(r"(rate|cron|at)\((.*)\)", re.DOTALL)
_RATE = re.compile(r"([0-9]{1,9}) (minute|hour|day)(s?)")
_AT = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})")
_UNIT_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
_CRON_FIELDS = 6


@dataclass(frozen=True, slots=True)
class ScheduleDialect:
    """What one service accepts.

    `kinds` are the expressions it knows; with `strict_units` the unit of a rate is singular for 1
    and only then.
    """

    kinds: frozenset[str]
    strict_units: bool


# Recorded: PutRule refuses rate(1 minutes) and rate(10 minute); rules know no at().
RULE_SCHEDULE = ScheduleDialect(frozenset({"rate", "cron"}), strict_units=True)
# docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html; it takes either unit form.
SCHEDULER_SCHEDULE = ScheduleDialect(frozenset({"rate", "cron", "at"}), strict_units=False)


def parse_schedule(
    text: str,
    *,
    timezone: str = "UTC",
    anchor_ms: int = 0,
    dialect: ScheduleDialect = SCHEDULER_SCHEDULE,
) -> Schedule:
    """Read a schedule expression.

    `timezone` is the IANA zone of cron and at; a rate counts from `anchor_ms` (when the rule was
    made, or a schedule's start date) whatever the zone, a day being 24 hours.
    Raises ScheduleError, UnknownTimezoneError for the zone.
    """
    zone = timezone_named(timezone)
    found = _EXPRESSION.fullmatch(text)
    if found is None or found[1] not in dialect.kinds:
        raise ScheduleError(f"{text!r} is none of {', '.join(sorted(dialect.kinds))}")
    kind, inside = found.groups()
    if kind == "rate":
        return RateSchedule(_period_ms(inside, strict=dialect.strict_units), anchor_ms)
    if kind == "at":
        return AtSchedule(instant_of(_wall_instant(inside), zone))
    fields = inside.split()
    if len(fields) != _CRON_FIELDS:
        raise ScheduleError(f"a cron expression has {_CRON_FIELDS} fields, not {len(fields)}")
    minutes, hours, day_of_month, months, day_of_week, years = fields
    return CronSchedule(
        minutes=MINUTE.values(minutes),
        hours=HOUR.values(hours),
        months=MONTH.values(months),
        years=YEAR.values(years),
        days=days_chosen(day_of_month, day_of_week),
        zone=zone,
    )


def _period_ms(text: str, *, strict: bool) -> int:
    found = _RATE.fullmatch(text)
    if found is None:
        raise ScheduleError(f"{text!r} is no positive number of minutes, hours or days")
    count = int(found[1])
    is_plural = found[3] == "s"
    if count == 0 or (strict and is_plural == (count == 1)):
        raise ScheduleError(f"{text!r}: 1 takes a singular unit, more take a plural one")
    return count * _UNIT_MS[found[2]]


def _wall_instant(text: str) -> datetime:
    found = _AT.fullmatch(text)
    if found is None:
        raise ScheduleError(f"{text!r} is not yyyy-mm-ddThh:mm:ss")
    try:
        return datetime(*(int(part) for part in found.groups()))  # type: ignore[arg-type] # noqa: DTZ001
    except ValueError as error:
        raise ScheduleError(f"{text!r} is no date: {error}") from error

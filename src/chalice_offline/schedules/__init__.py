"""Schedule expressions: rate(…), cron(…) and at(…), and the instants they stand for. Pure."""

from chalice_offline.schedules.errors import ScheduleError, UnknownTimezoneError
from chalice_offline.schedules.expression import (
    RULE_SCHEDULE,
    SCHEDULER_SCHEDULE,
    ScheduleDialect,
    parse_schedule,
)
from chalice_offline.schedules.kinds import AtSchedule, CronSchedule, RateSchedule, Schedule

__all__ = [
    "RULE_SCHEDULE",
    "SCHEDULER_SCHEDULE",
    "AtSchedule",
    "CronSchedule",
    "RateSchedule",
    "Schedule",
    "ScheduleDialect",
    "ScheduleError",
    "UnknownTimezoneError",
    "parse_schedule",
]

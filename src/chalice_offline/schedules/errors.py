"""Why a schedule expression cannot be read; services put it into AWS's own words."""

from __future__ import annotations


class ScheduleError(ValueError):
    """The expression is no rate, cron or at expression; the text says what is wrong with it."""


class UnknownTimezoneError(ScheduleError):
    """The time zone is not one of the IANA database."""

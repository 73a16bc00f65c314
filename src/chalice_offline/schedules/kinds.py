"""The three kinds of schedule, each of which says when it is next due after an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from chalice_offline.schedules.timezones import instant_of, wall_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from chalice_offline.schedules.days import DayRule


class Schedule(Protocol):
    """A set of instants, asked for one after the other."""

    def next_after(self, instant_ms: int) -> int | None:
        """Return the first instant after `instant_ms` (epoch milliseconds), or None."""
        ...


@dataclass(frozen=True, slots=True)
class RateSchedule:
    """Every `period_ms` milliseconds, `anchor_ms` being one of the instants and the first."""

    period_ms: int
    anchor_ms: int

    def next_after(self, instant_ms: int) -> int | None:
        """Return the first multiple of the period after `instant_ms`; never before the anchor."""
        if instant_ms < self.anchor_ms:
            return self.anchor_ms
        periods = (instant_ms - self.anchor_ms) // self.period_ms + 1
        return self.anchor_ms + periods * self.period_ms


@dataclass(frozen=True, slots=True)
class AtSchedule:
    """One instant; None when the clocks of its zone skip it, so that it never comes."""

    instant_ms: int | None

    def next_after(self, instant_ms: int) -> int | None:
        """Return the instant unless it is past."""
        if self.instant_ms is None or self.instant_ms <= instant_ms:
            return None
        return self.instant_ms


@dataclass(frozen=True, slots=True)
class CronSchedule:
    """The minutes whose wall time in `zone` fits every field; each at its zeroth second."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]
    days: DayRule
    zone: tzinfo

    def next_after(self, instant_ms: int) -> int | None:
        """Return the first fitting minute after `instant_ms`, or None when there is none left.

        Wall times that the clocks skip do not run, those they repeat run once.
        """
        start = wall_time(instant_ms, self.zone)
        for year, month, day in self._dates_from(start):
            on_first_day = (year, month, day) == (start.year, start.month, start.day)
            for hour in self.hours:
                # Within an hour that the clocks repeat, wall time says nothing about order, so
                # only hours that are surely past are passed over.
                if on_first_day and hour < start.hour:
                    continue
                found = self._in_hour(datetime(year, month, day, hour), instant_ms)  # noqa: DTZ001
                if found is not None:
                    return found
        return None

    def _in_hour(self, hour: datetime, after_ms: int) -> int | None:
        for minute in self.minutes:
            instant_ms = instant_of(hour.replace(minute=minute), self.zone)
            if instant_ms is not None and instant_ms > after_ms:
                return instant_ms
        return None

    def _dates_from(self, start: datetime) -> Iterator[tuple[int, int, int]]:
        for year in self.years:
            if year < start.year:
                continue
            for month in self.months:
                if (year, month) < (start.year, start.month):
                    continue
                is_first_month = (year, month) == (start.year, start.month)
                for day in sorted(self.days(year, month)):
                    if not is_first_month or day >= start.day:
                        yield year, month, day

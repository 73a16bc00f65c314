"""The six fields of a cron expression, each as the set of values it stands for.

Source: docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalice_offline.schedules.errors import ScheduleError


@dataclass(frozen=True, slots=True)
class Field:
    """One field's name, its range, and the names its values may be called by."""

    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()
    wraps: bool = True

    def values(self, text: str) -> tuple[int, ...]:
        """Return the values `text` stands for, in order; ScheduleError when it is malformed."""
        chosen: set[int] = set()
        for part in text.split(","):
            chosen.update(self._part(part))
        return tuple(sorted(chosen))

    def number(self, text: str) -> int:
        """Return one value, given as a number or by name."""
        upper = text.upper()
        if upper in self.names:
            return self.lowest + self.names.index(upper)
        if not re.fullmatch(r"[0-9]{1,4}", text):
            raise self.refusal(text)
        value = int(text)
        if not self.lowest <= value <= self.highest:
            raise self.refusal(text)
        return value

    def refusal(self, text: str) -> ScheduleError:
        """Return the error that says that `text` cannot stand in this field."""
        return ScheduleError(f"{text!r} is no value for the {self.name} field")

    def _part(self, part: str) -> range | list[int]:
        span, slash, step_text = part.partition("/")
        step = self._step(step_text) if slash else 1
        if span == "*":
            return range(self.lowest, self.highest + 1, step)
        first_text, dash, last_text = span.partition("-")
        first = self.number(first_text)
        if not dash:
            # "5/15" starts at 5 and goes on to the end of the range; "5" is just 5.
            return range(first, self.highest + 1, step) if slash else range(first, first + 1)
        last = self.number(last_text)
        if first <= last:
            return range(first, last + 1, step)
        if not self.wraps:
            raise self.refusal(part)
        return self._wrapped(first, last, step)

    def _wrapped(self, first: int, last: int, step: int) -> list[int]:
        """Return the values from `first` over the end of the range to `last` (FRI-MON)."""
        size = self.highest - self.lowest + 1
        return [
            self.lowest + (value - self.lowest) % size
            for value in range(first, last + size + 1, step)
        ]

    def _step(self, text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,4}", text) or int(text) == 0:
            raise ScheduleError(f"{text!r} is no step for the {self.name} field")
        return int(text)


MINUTE = Field("minutes", 0, 59)
HOUR = Field("hours", 0, 23)
DAY_OF_MONTH = Field("day-of-month", 1, 31)
MONTH = Field(
    "month",
    1,
    12,
    ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
)
DAY_OF_WEEK = Field("day-of-week", 1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))
YEAR = Field("year", 1970, 2199, wraps=False)

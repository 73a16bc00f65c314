"""One call of whoever lets things happen: until when, how far, and in how many steps at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Runs that may follow from each other without any time passing. More of them are a loop.
STANDSTILL_MAX = 2_000
# What such a loop takes on AWS, roughly; it passes when somebody waits for a reply beside it.
STANDSTILL_MS = 1_000
# Runs, requests and moves of the clock in one `settle` or `advance`. More have no end in sight.
STEPS_MAX = 1_000_000


@dataclass(slots=True)
class Drive:
    """Lets things happen until `until` says so, nothing after `limit_ms`."""

    until: Callable[[], bool]
    limit_ms: int | None = None
    owed_only: bool = False
    steps_left: int = STEPS_MAX

    def steps(self) -> bool:
        """Take a step; False when there were too many."""
        self.steps_left -= 1
        return self.steps_left >= 0

    def reaches(self, instant_ms: int) -> bool:
        """Whether it goes on as far as that."""
        is_within = self.limit_ms is None or instant_ms <= self.limit_ms
        return is_within and not self.until()

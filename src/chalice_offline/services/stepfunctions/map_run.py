"""Map runs: what a distributed Map has done so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class MapRun:
    """One try of one distributed Map state. `max_concurrency` and the thresholds can be changed."""

    arn: str
    execution_arn: str
    machine_arn: str
    state_name: str
    started_ms: int
    max_concurrency: int
    tolerated_count: int = 0
    tolerated_percentage: float = 0
    status: str = "RUNNING"
    stopped_ms: int | None = None
    items: Counter[str] = field(default_factory=Counter)
    executions: Counter[str] = field(default_factory=Counter)
    results_written: int = 0
    redrive_count: int = 0
    redriven_ms: int | None = None

    def describe(self) -> dict[str, Any]:
        """Return the run as DescribeMapRun does."""
        shown: dict[str, Any] = {
            "mapRunArn": self.arn,
            "executionArn": self.execution_arn,
            "status": self.status,
            "startDate": self.started_ms / 1000,
            "maxConcurrency": self.max_concurrency,
            "toleratedFailureCount": self.tolerated_count,
            "toleratedFailurePercentage": self.tolerated_percentage,
            "itemCounts": self._counts(self.items),
            "executionCounts": self._counts(self.executions),
            "redriveCount": self.redrive_count,
        }
        if self.redriven_ms is not None:
            shown["redriveDate"] = self.redriven_ms / 1000
        if self.stopped_ms is not None:
            shown["stopDate"] = self.stopped_ms / 1000
        return shown

    def starts(self, count: int) -> None:
        """An execution for so many items is under way."""
        self.items["running"] += count
        self.executions["running"] += 1

    def ends(self, count: int, status: str) -> None:
        """It has ended."""
        how = {"SUCCEEDED": "succeeded", "TIMED_OUT": "timedOut", "ABORTED": "aborted"}.get(
            status, "failed"
        )
        for counts, number in ((self.items, count), (self.executions, 1)):
            counts["running"] -= number
            counts[how] += number

    def stops(self, status: str, now_ms: int) -> None:
        """It has ended; what was under way is aborted."""
        self.status, self.stopped_ms = status, now_ms
        for counts in (self.items, self.executions):
            counts["aborted"] += counts.pop("running", 0)

    def redriven(self, now_ms: int) -> None:
        """It is redriven: what has not succeeded counts as nothing yet."""
        self.redrive_count += 1
        self.status, self.stopped_ms, self.redriven_ms = "RUNNING", None, now_ms
        for counts in (self.items, self.executions):
            for how in ("failed", "timedOut", "aborted"):
                counts.pop(how, None)

    def fails(self) -> bool:
        """Whether more items have failed than are tolerated."""
        failed = self.items["failed"] + self.items["timedOut"]
        if not failed:
            return False
        if self.tolerated_count and failed <= self.tolerated_count:
            return False
        total = self.items["total"]
        share = 100 * failed / total if total else 100
        return not (self.tolerated_percentage and share <= self.tolerated_percentage)

    def _counts(self, counts: Counter[str]) -> dict[str, int]:
        names = ("pending", "running", "succeeded", "failed", "timedOut", "aborted", "total")
        shown = {name: max(0, counts[name]) for name in names}
        return {
            **shown,
            "resultsWritten": self.results_written,
            "failuresNotRedrivable": 0,
            "pendingRedrive": 0,
        }

"""What each function did, counted as CloudWatch's metrics for Lambda count it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

# The latest durations kept for percentiles; older ones no longer say how the function does now.
DURATIONS_KEPT = 10_000


@dataclass(slots=True)
class FunctionMetrics:
    """Counts since the start, and the latest durations in milliseconds.

    `retries` counts the runs whose event or message had been handed to the function before.
    """

    invocations: int = 0
    errors: int = 0
    retries: int = 0
    durations_ms: deque[int] = field(default_factory=lambda: deque(maxlen=DURATIONS_KEPT))

    def ended(self, duration_ms: int, *, failed: bool, retry: bool) -> None:
        """Count one run."""
        self.invocations += 1
        self.errors += failed
        self.retries += retry
        self.durations_ms.append(duration_ms)

"""How many batches of a queue are under way at once.

AWS Lambda developer guide, "Configuring scaling behavior for SQS event source mappings": five at
first, up to 300 more a minute while messages are waiting, 1,250 at most; MaximumConcurrency instead
where it is set. A FIFO queue gives one batch at a time per message group, which is limit enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.lambda_ import limits

if TYPE_CHECKING:
    from chalice_offline.core.arn import Arn
    from chalice_offline.services.lambda_.event_source_mappings.settings import Settings


class Scaling:
    """Counts the batches under way, and says whether there may be one more."""

    def __init__(self, settings: Settings, queue: Arn) -> None:
        self._fixed = settings.maximum_concurrency
        if self._fixed is None and queue.resource.endswith(".fifo"):
            self._fixed = limits.SQS_CONCURRENCY_MAX
        self._busy_since_ms = 0
        self.running = 0

    def started(self, now_ms: int) -> None:
        """Count one more; the ramp begins with the first."""
        if not self.running:
            self._busy_since_ms = now_ms
        self.running += 1

    def ended(self) -> None:
        """Count one less."""
        self.running -= 1

    def allowed(self, now_ms: int) -> int:
        """Return how many there may be now."""
        if self._fixed is not None:
            return self._fixed
        steps = self._steps(now_ms) if self.running else 0
        return min(limits.SQS_CONCURRENCY_FIRST + steps, limits.SQS_CONCURRENCY_MAX)

    def next_step_ms(self, now_ms: int) -> int | None:
        """Return when there may be one more; None when it will never be more."""
        if self._fixed is not None or not self.running:
            return None
        if self.allowed(now_ms) >= limits.SQS_CONCURRENCY_MAX:
            return None
        return self._busy_since_ms + (self._steps(now_ms) + 1) * limits.SQS_CONCURRENCY_MS_PER_STEP

    def _steps(self, now_ms: int) -> int:
        return (now_ms - self._busy_since_ms) // limits.SQS_CONCURRENCY_MS_PER_STEP

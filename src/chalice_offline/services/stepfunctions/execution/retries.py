"""Retry: which retrier takes an error, and how long it waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.language.failures import is_named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalice_offline.core.ids import Ids


class Retries:
    """The retriers of one state, each with the tries it has left."""

    def __init__(self, retriers: Sequence[Mapping[str, Any]]) -> None:
        self._retriers = retriers
        self._counts = [0] * len(retriers)

    def delay_ms(self, error: str | None, ids: Ids) -> int | None:
        """Return how long to wait before the next try; None when there is none."""
        for position, retrier in enumerate(self._retriers):
            if not is_named(error, retrier["ErrorEquals"]):
                continue
            done = self._counts[position]
            if done >= retrier.get("MaxAttempts", limits.RETRY_ATTEMPTS):
                return None
            self._counts[position] += 1
            return _delay_ms(retrier, done, ids)
        return None


def _delay_ms(retrier: Mapping[str, Any], done: int, ids: Ids) -> int:
    seconds = seconds_between(retrier, done)
    if retrier.get("JitterStrategy") == "FULL":
        seconds *= ids.fraction()
    return round(seconds * 1000)


def seconds_between(retrier: Mapping[str, Any], done: int) -> float:
    """Return how long a retrier waits when it has tried so often already."""
    interval = retrier.get("IntervalSeconds", limits.RETRY_INTERVAL_S)
    rate = retrier.get("BackoffRate", limits.RETRY_BACKOFF)
    longest = retrier.get("MaxDelaySeconds", limits.EXECUTION_MS_MAX // 1000)
    # Past any sensible number of tries the power would no longer be a number.
    seconds: float = min(interval * rate ** min(done, 64), longest)
    return seconds

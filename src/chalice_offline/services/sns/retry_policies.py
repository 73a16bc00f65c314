"""When SNS tries a delivery again, by protocol.

Developer guide, "Message delivery retries": immediate retries, then retries at the minimum
delay, then a backoff from the minimum to the maximum, then retries at the maximum.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.delivery import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.errors import AwsError

SECOND_MS = 1_000
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500

# What asks to come again later; every other error of a neighbour is the subscriber's own.
_TRANSIENT_CODES = (
    "InternalError",
    "InternalFailure",
    "OverLimit",
    "RequestThrottled",
    "ServiceException",
    "ServiceUnavailable",
    "Throttled",
    "ThrottlingException",
    "TooManyRequestsException",
)


@dataclass(frozen=True, slots=True)
class Phases:
    """The four phases of retries: how many in each, and the delays in milliseconds."""

    immediate: int
    at_minimum: int
    backoff: int
    at_maximum: int
    minimum_ms: int
    maximum_ms: int
    function: str

    @property
    def retries(self) -> int:
        """How many retries there are in all."""
        return self.immediate + self.at_minimum + self.backoff + self.at_maximum

    def delay_ms(self, retry: int) -> int:
        """Return the wait before retry number `retry`, the first being 1."""
        if retry <= self.immediate:
            return 0
        if retry <= self.immediate + self.at_minimum:
            return self.minimum_ms
        step = retry - self.immediate - self.at_minimum
        if step > self.backoff:
            return self.maximum_ms
        share = (step - 1) / (self.backoff - 1) if self.backoff > 1 else 0.0
        span_ms = self.maximum_ms - self.minimum_ms
        return self.minimum_ms + round(span_ms * BACKOFF_FUNCTIONS[self.function](share))


# AWS names four functions and draws them, without formulas: all rise from the minimum to the
# maximum, each steeper at the start than the one before.
BACKOFF_FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "linear": lambda share: share,
    "arithmetic": lambda share: 1 - (1 - share) ** 2,
    "geometric": lambda share: 1 - (1 - share) ** 3,
    "exponential": lambda share: 1 - (1 - share) ** 4,
}

# "AWS managed endpoints": 3 at once, 2 a second apart, 10 from 1 to 20 seconds, 100,000 every
# 20 seconds: 23 days.
AWS_ENDPOINTS = Phases(3, 2, 10, 100_000, 1 * SECOND_MS, 20 * SECOND_MS, "exponential")


def http_phases(policy: Mapping[str, Any]) -> Phases:
    """Return the phases an effective healthyRetryPolicy describes."""
    immediate = int(policy["numNoDelayRetries"])
    at_minimum = int(policy["numMinDelayRetries"])
    at_maximum = int(policy["numMaxDelayRetries"])
    backoff = max(0, int(policy["numRetries"]) - immediate - at_minimum - at_maximum)
    return Phases(
        immediate,
        at_minimum,
        backoff,
        at_maximum,
        int(policy["minDelayTarget"]) * SECOND_MS,
        int(policy["maxDelayTarget"]) * SECOND_MS,
        str(policy["backoffFunction"]),
    )


def retry_policy(phases: Phases) -> RetryPolicy:
    """Return the policy for `core.delivery`; SNS limits the number of tries, not their time."""
    return RetryPolicy(phases.retries, sys.maxsize, phases.delay_ms, is_client_error)


def is_client_error(error: AwsError) -> bool:
    """Whether trying again cannot help: the endpoint is gone, or refuses the message.

    Developer guide, "Amazon SNS dead-letter queues": client errors are not retried.
    """
    if error.code in _TRANSIENT_CODES:
        return False
    return error.status < SERVER_ERROR and error.status != TOO_MANY_REQUESTS

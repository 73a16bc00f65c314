"""When a delivery to a target is tried again: what EventBridge and Scheduler have in common."""

from __future__ import annotations

# Answers of a target that has too much to do: they pass.
BUSY = frozenset(
    {
        "LimitExceededException",
        "OverLimit",
        "ProvisionedThroughputExceededException",
        "RequestThrottled",
        "ServiceUnavailableException",
        "Throttled",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


def backoff_ms(retry: int, fraction: float, *, first_ms: int, longest_ms: int) -> int:
    """Return the wait before retry number `retry`: doubling, capped, between half and all of it.

    `fraction` is a random number between 0 and 1.
    """
    # Past the cap the exponent no longer matters; unbounded it would be a very long number.
    longest = min(longest_ms, first_ms << min(retry - 1, 30))
    return round(longest * (1 + fraction) / 2)

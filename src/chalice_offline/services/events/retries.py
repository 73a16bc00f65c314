"""When EventBridge tries a delivery again, and what it calls a failure in a dead letter.

User guide, "How EventBridge retries delivering events" and "Using dead-letter queues": a missing
resource or permission is final; throttling and failures of the target are tried again with
exponential backoff and jitter until the retry policy is used up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.delivery import RetryPolicy
from chalice_offline.services.common.retrying import BUSY, backoff_ms
from chalice_offline.services.events import limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.errors import AwsError
    from chalice_offline.core.ids import Ids
    from chalice_offline.services.events.target import Target

_SERVER_ERROR = 500

# Codes of the dead letter that no retry mends.
_FINAL = frozenset(
    {
        "CROSS_ACCOUNT_INGESTION_FAILED",
        "INTERNAL_ERROR",
        "INVALID_JSON",
        "INVALID_PARAMETER",
        "NO_PERMISSIONS",
        "NO_RESOURCE",
        "SDK_CLIENT_ERROR",
        "THIRD_ACCOUNT_HOP_DETECTED",
        "THIRD_REGION_HOP_DETECTED",
    }
)
_OWN_CODES = _FINAL | {"CONNECTION_FAILURE", "ERROR_FROM_TARGET", "THROTTLING", "TIMEOUT"}
_MISSING = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "NotFound",
        "NotFoundException",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
        "StateMachineDoesNotExist",
    }
)
_FORBIDDEN = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"}
)
_INVALID = frozenset(
    {
        "InvalidArgumentException",
        "InvalidParameter",
        "InvalidParameterException",
        "InvalidParameterValue",
        "InvalidParameterValueException",
        "InvalidRequestContentException",
        "MissingParameter",
        "ValidationError",
        "ValidationException",
    }
)


def dead_letter_code(error: AwsError) -> str:
    """Return the ERROR_CODE of a dead letter for the error a target answered with."""
    if error.code in _OWN_CODES:
        return error.code
    if error.code in _MISSING:
        return "NO_RESOURCE"
    if error.code in _FORBIDDEN:
        return "NO_PERMISSIONS"
    if error.code in BUSY:
        return "THROTTLING"
    if error.code in _INVALID:
        return "INVALID_PARAMETER"
    return "ERROR_FROM_TARGET" if error.status >= _SERVER_ERROR else "SDK_CLIENT_ERROR"


def is_final(error: AwsError) -> bool:
    """Whether trying again cannot help."""
    return dead_letter_code(error) in _FINAL


def retry_policy(target: Target, ids: Ids, least_delay_ms: Callable[[], int]) -> RetryPolicy:
    """Return the policy of a target.

    `least_delay_ms()` is the wait that the target itself asked for (Retry-After).
    """
    given = target.settings.get("RetryPolicy", {})
    age_s = given.get("MaximumEventAgeInSeconds", limits.DEFAULT_EVENT_AGE_SECONDS)
    return RetryPolicy(
        maximum_retries=given.get("MaximumRetryAttempts", limits.DEFAULT_RETRIES),
        maximum_age_ms=age_s * 1000,
        delay_ms=lambda retry: max(_backoff_ms(retry, ids.fraction()), least_delay_ms()),
        is_final=is_final,
    )


def _backoff_ms(retry: int, fraction: float) -> int:
    return backoff_ms(
        retry, fraction, first_ms=limits.FIRST_RETRY_MS, longest_ms=limits.LONGEST_RETRY_MS
    )

"""A delivery that is tried again: one loop for every service that has a retry policy.

EventBridge rules, Scheduler, SNS subscriptions and asynchronous invocations all do the same:
attempt, wait, attempt again, give up, hand over to a dead-letter queue. They differ in when they
try again and when they give up, which is what `RetryPolicy` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Kernel, Reply


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a delivery was given up.

    `exhausted` is "MaximumRetryAttempts" or "MaximumEventAgeInSeconds", or "" when the error was
    one that no retry mends. `attempts` counts all tries, the first included.
    """

    error: AwsError
    attempts: int
    exhausted: str

    @property
    def retries(self) -> int:
        """How many tries came after the first."""
        return self.attempts - 1


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to try again.

    `delay_ms(retry)` is the wait before retry number `retry` (1 is the first). `is_final(error)`
    says that trying again cannot help.
    """

    maximum_retries: int
    maximum_age_ms: int
    delay_ms: Callable[[int], int]
    is_final: Callable[[AwsError], bool]


class Delivery:
    """One thing to bring to one place, however often it takes."""

    def __init__(
        self,
        kernel: Kernel,
        attempt: Callable[[int], Reply | Pending[None] | None],
        policy: RetryPolicy,
        given_up: Callable[[Failure], None],
    ) -> None:
        """Prepare; `attempt(number)` makes try `number` (from 1).

        It fails by raising AwsError or by returning a Pending that fails with one.
        """
        self._kernel = kernel
        self.attempt = attempt
        self._policy = policy
        self._given_up = given_up
        self._attempts = 0
        self._born_awake_ms = kernel.awake_ms

    def start(self) -> None:
        """Make the first attempt as soon as the present input is done with."""
        self._kernel.at(self._kernel.now_ms, self._try)

    def _try(self) -> None:
        self._attempts += 1
        try:
            reply = self.attempt(self._attempts)
        except AwsError as error:
            self._failed(error)
            return
        if isinstance(reply, Pending):
            reply.then(self._ended)

    def _ended(self, reply: Pending[Any]) -> None:
        try:
            reply.result()
        except AwsError as error:
            self._failed(error)

    def _failed(self, error: AwsError) -> None:
        if self._policy.is_final(error):
            self._given_up(Failure(error, self._attempts, ""))
            return
        if self._attempts > self._policy.maximum_retries:
            self._given_up(Failure(error, self._attempts, "MaximumRetryAttempts"))
            return
        delay_ms = self._policy.delay_ms(self._attempts)
        age_ms = self._kernel.awake_ms - self._born_awake_ms + delay_ms
        if age_ms > self._policy.maximum_age_ms:
            self._given_up(Failure(error, self._attempts, "MaximumEventAgeInSeconds"))
            return
        self._kernel.at(self._kernel.now_ms + delay_ms, self._try)

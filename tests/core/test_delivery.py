"""Deliveries that are tried again."""

from __future__ import annotations

from chalice_offline.core.delivery import Delivery, Failure, RetryPolicy
from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.emulator import Emulator

FOREVER_MS = 10**12


def kernel() -> tuple[Emulator, VirtualDriver]:
    driver = VirtualDriver()
    emulator = Emulator(driver)
    return emulator, driver


def policy(retries: int = 2, age_ms: int = FOREVER_MS, *, final: str = "") -> RetryPolicy:
    return RetryPolicy(retries, age_ms, lambda retry: retry * 1000, lambda e: e.code == final)


def deliver(policy: RetryPolicy, *outcomes: str) -> tuple[list[int], list[Failure]]:
    """Return the instants of the attempts (from the start) and the failures handed over."""
    emulator, driver = kernel()
    start_ms, attempts, failures = emulator.now_ms, [], []
    left = list(outcomes)

    def attempt(_number: int) -> None:
        attempts.append(emulator.now_ms - start_ms)
        outcome = left.pop(0) if left else outcomes[-1]
        if outcome != "ok":
            raise AwsError(outcome, "no")

    Delivery(emulator, attempt, policy, failures.append).start()
    driver.settle(FOREVER_MS)
    return attempts, failures


def test_success_ends_it() -> None:
    """One attempt when the first one works."""
    assert deliver(policy(), "ok") == ([0], [])


def test_it_waits_as_the_policy_says_between_attempts() -> None:
    """The delay grows with the number of the retry."""
    assert deliver(policy(), "busy", "busy", "ok") == ([0, 1000, 3000], [])


def test_it_gives_up_after_the_last_retry() -> None:
    """The failure names what was exhausted and how often it was tried."""
    attempts, (failure,) = deliver(policy(retries=1), "busy")
    assert attempts == [0, 1000]
    assert (failure.exhausted, failure.attempts, failure.retries) == ("MaximumRetryAttempts", 2, 1)


def test_it_gives_up_when_the_next_attempt_would_be_too_late() -> None:
    """Age counts, not only the number of attempts."""
    attempts, (failure,) = deliver(policy(retries=99, age_ms=3500), "busy")
    assert attempts == [0, 1000, 3000]
    assert failure.exhausted == "MaximumEventAgeInSeconds"


def test_an_error_that_no_retry_mends_is_given_up_at_once() -> None:
    """A queue that is gone stays gone."""
    attempts, (failure,) = deliver(policy(final="gone"), "gone")
    assert attempts == [0]
    assert (failure.exhausted, failure.error.code) == ("", "gone")


def test_an_attempt_may_end_later() -> None:
    """An HTTP reply arrives as an input of its own."""
    emulator, driver = kernel()
    pending: list[Pending[None]] = []
    failures: list[Failure] = []

    def attempt(_number: int) -> Pending[None]:
        pending.append(Pending())
        return pending[-1]

    Delivery(emulator, attempt, policy(retries=1), failures.append).start()
    driver.settle(FOREVER_MS)
    pending[0].fail(AwsError("busy", "no"))
    driver.settle(FOREVER_MS)
    pending[1].fail(AwsError("busy", "no"))
    assert [failure.attempts for failure in failures] == [2]

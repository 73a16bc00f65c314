"""How many runs there may be at once: the account's limit, and what functions have reserved."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(autouse=True)
def small_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account with 105 concurrent executions, 100 of them never reserved."""
    monkeypatch.setattr("chalice_offline.services.lambda_.limits.CONCURRENT_EXECUTIONS", 105)


def busy(virtual: Any, name: str, count: int, **settings: Any) -> None:
    virtual.add(name, lambda _event, _context: time.sleep(50), timeout_seconds=60, **settings)
    for _ in range(count):
        virtual.invoke(name, InvocationType="Event")


def error_of(virtual: Any, name: str) -> tuple[str, str, str, int]:
    with pytest.raises(ClientError) as refused:
        virtual.invoke(name)
    reply = refused.value.response
    error = reply["Error"]
    return (
        error["Code"],
        error["Message"],
        reply["Reason"],
        reply["ResponseMetadata"]["HTTPStatusCode"],
    )


def test_the_accounts_limit_throttles_every_function(virtual: Any) -> None:
    """One function can use up what all others share, and a synchronous caller is told."""
    answers: list[Any] = []

    def asks(_event: Any, _context: Any) -> None:
        answers.append(error_of(virtual, "other"))

    virtual.add("other", lambda event, _context: event)
    virtual.add("asks", asks)
    virtual.invoke("asks", InvocationType="Event")
    busy(virtual, "busy", 104)
    virtual.driver.settle(60_000)
    assert answers == [
        ("TooManyRequestsException", "Rate Exceeded.", "ConcurrentInvocationLimitExceeded", 429)
    ]


def test_throttled_events_wait_and_are_not_lost(virtual: Any) -> None:
    """Asynchronous events go back into the queue, from a second to five minutes apart."""
    busy(virtual, "busy", 200)
    assert virtual.driver.settle(6 * 3_600_000)
    (function,) = virtual.lambda_.all_functions()
    assert function.metrics.invocations == 200
    assert virtual.notes("discarded") == []


def test_throttled_events_are_given_up_when_they_are_too_old(virtual: Any) -> None:
    """Up to six hours, or what the function says."""
    virtual.add("never", lambda event, _context: event)
    virtual.client("lambda").put_function_concurrency(
        FunctionName="never", ReservedConcurrentExecutions=1
    )
    virtual.add("busy", lambda _event, _context: time.sleep(800), timeout_seconds=900)
    virtual.client("lambda").put_function_event_invoke_config(
        FunctionName="never", MaximumEventAgeInSeconds=60
    )

    def holds(_event: Any, _context: Any) -> None:
        time.sleep(600)

    virtual.add("never", holds, timeout_seconds=900, reserved_concurrency=1)
    virtual.invoke("never", InvocationType="Event")
    virtual.invoke("never", InvocationType="Event")
    virtual.driver.settle(6 * 3_600_000)
    (note,) = virtual.notes("discarded")
    assert note.detail["condition"] == "EventAgeExceeded"


def test_reserved_concurrency_is_taken_out_of_the_pool(virtual: Any) -> None:
    """What one function has reserved, others cannot use, and it cannot use more itself."""
    refused: list[Any] = []

    def asks(_event: Any, _context: Any) -> None:
        refused.extend((error_of(virtual, "mine"), error_of(virtual, "busy")))

    busy(virtual, "mine", 5, reserved_concurrency=5)
    virtual.add("asks", asks)
    virtual.invoke("asks", InvocationType="Event")
    busy(virtual, "busy", 99)
    virtual.driver.settle(60_000)
    assert [reason for _, _, reason, _ in refused] == [
        "ReservedFunctionConcurrentInvocationLimitExceeded",
        "ConcurrentInvocationLimitExceeded",
    ]


def test_no_function_may_reserve_what_others_need(virtual: Any) -> None:
    """A hundred stay unreserved; nothing changes when that is refused (text recorded on AWS)."""
    lambda_ = virtual.client("lambda")
    for name in ("one", "two"):
        virtual.add(name, lambda event, _context: event)
    lambda_.put_function_concurrency(FunctionName="one", ReservedConcurrentExecutions=3)
    with pytest.raises(ClientError) as refused:
        lambda_.put_function_concurrency(FunctionName="two", ReservedConcurrentExecutions=3)
    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidParameterValueException"
    assert error["Message"] == (
        "Specified ReservedConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100]."
    )
    assert "ReservedConcurrentExecutions" not in lambda_.get_function_concurrency(
        FunctionName="two"
    )
    lambda_.put_function_concurrency(FunctionName="one", ReservedConcurrentExecutions=5)
    limit = lambda_.get_account_settings()["AccountLimit"]
    assert (limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]) == (105, 100)
    lambda_.delete_function_concurrency(FunctionName="one")
    lambda_.put_function_concurrency(FunctionName="two", ReservedConcurrentExecutions=5)


def test_a_function_that_is_throttled_by_others_goes_on_when_they_end(virtual: Any) -> None:
    """A queue's batch waits for the account, not for its own function's runs."""
    url = virtual.client("sqs").create_queue(
        QueueName="jobs", Attributes={"VisibilityTimeout": "600"}
    )["QueueUrl"]
    seen: list[float] = []
    virtual.add("worker", lambda _event, _context: seen.append(virtual.seconds))
    virtual.client("lambda").create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-east-1:000000000000:jobs", FunctionName="worker"
    )
    busy(virtual, "busy", 105)
    virtual.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    virtual.driver.settle(3_600_000)
    assert seen == [50]

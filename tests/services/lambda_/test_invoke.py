"""Invoke: synchronous, dry, and what is refused."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError


def read(reply: dict[str, Any]) -> Any:
    return json.loads(reply["Payload"].read())


def refused(call: Any, **request: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    return dict(caught.value.response)


def test_invoke_returns_what_the_handler_returns(bench: Any) -> None:
    """A synchronous invocation answers 200 with the handler's result."""
    events = bench.function(handler=lambda event: {"got": event["n"]})
    reply = bench.lambda_.invoke(FunctionName="work", Payload=json.dumps({"n": 1}))
    assert (reply["StatusCode"], reply["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in reply
    assert read(reply) == {"got": 1}
    assert events == [{"n": 1}]


def test_invoke_without_payload_gives_an_empty_object(bench: Any) -> None:
    """The event of an invocation without payload is {}."""
    events = bench.function()
    assert read(bench.lambda_.invoke(FunctionName="work")) is None
    assert events == [{}]


def test_invoke_of_a_failing_handler_is_200_with_function_error(bench: Any) -> None:
    """A handler's exception is a payload, not an error of the call."""

    def fail(_event: Any) -> None:
        raise RuntimeError("no paper")

    bench.function(handler=fail)
    reply = bench.lambda_.invoke(FunctionName="work", Payload=b"{}")
    assert (reply["StatusCode"], reply["FunctionError"]) == (200, "Unhandled")
    assert read(reply) == {"errorMessage": "no paper", "errorType": "RuntimeError"}


def test_invoke_past_the_timeout_reports_the_timeout(bench: Any) -> None:
    """A handler that takes longer than its timeout is ended, with Lambda's own words."""
    bench.function(handler=lambda _: time.sleep(10), timeout_seconds=2)
    reply = bench.lambda_.invoke(FunctionName="work", Payload=b"{}")
    error = read(reply)
    assert error["errorType"] == "Sandbox.Timedout"
    assert error["errorMessage"].endswith("Error: Task timed out after 2.00 seconds")


def test_invoke_dry_run_runs_nothing(bench: Any) -> None:
    """DryRun answers 204 and does not run the handler."""
    events = bench.function()
    reply = bench.lambda_.invoke(FunctionName="work", InvocationType="DryRun")
    assert reply["StatusCode"] == 204
    assert events == []


@pytest.mark.parametrize(
    "reference",
    [
        "work",
        "work:$LATEST",
        "000000000000:function:work",
        "arn:aws:lambda:us-east-1:000000000000:function:work",
        "arn:aws:lambda:us-east-1:000000000000:function:work:$LATEST",
    ],
)
def test_invoke_takes_every_spelling_of_a_function(bench: Any, reference: str) -> None:
    """Name, partial ARN and ARN, with or without qualifier, name the same function."""
    events = bench.function()
    bench.lambda_.invoke(FunctionName=reference, Payload=b"1")
    assert events == [1]


def test_invoke_of_an_unknown_function_names_its_arn(bench: Any) -> None:
    """The error says which ARN was not found."""
    error = refused(bench.lambda_.invoke, FunctionName="nobody")
    assert error["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": (
            "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody:$LATEST"
        ),
    }
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_invoke_with_text_that_is_no_json_is_refused(bench: Any) -> None:
    """A payload must be JSON."""
    events = bench.function()
    error = refused(bench.lambda_.invoke, FunctionName="work", Payload=b"{oops")
    assert error["Error"]["Code"] == "InvalidRequestContentException"
    assert error["Error"]["Message"].startswith("Could not parse request body into json")
    assert events == []


@pytest.mark.parametrize(
    ("kind", "limit"), [("RequestResponse", 6 * 1024 * 1024), ("Event", 1024 * 1024)]
)
def test_invoke_limits_the_payload(bench: Any, kind: str, limit: int) -> None:
    """6 MB synchronously, 1 MB asynchronously; one byte more is refused with 413."""
    events = bench.function()
    fitting = json.dumps("x" * (limit - 2))
    bench.lambda_.invoke(FunctionName="work", InvocationType=kind, Payload=fitting)
    bench.aws.settle()
    assert len(events) == 1
    error = refused(
        bench.lambda_.invoke, FunctionName="work", InvocationType=kind, Payload=fitting[:-1] + 'x"'
    )
    assert error["Error"]["Code"] == "RequestTooLargeException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_invoke_with_too_large_a_result_fails(bench: Any) -> None:
    """A result over 6 MB becomes Function.ResponseSizeTooLarge."""
    bench.function(handler=lambda _: "x" * 6_291_557)
    reply = bench.lambda_.invoke(FunctionName="work")
    assert reply["FunctionError"] == "Unhandled"
    assert read(reply)["errorType"] == "Function.ResponseSizeTooLarge"


def test_invoke_beyond_reserved_concurrency_is_throttled(bench: Any) -> None:
    """Reserved concurrency 0 refuses every synchronous invocation; removing it lets them pass."""
    bench.function()
    bench.lambda_.put_function_concurrency(FunctionName="work", ReservedConcurrentExecutions=0)
    error = refused(bench.lambda_.invoke, FunctionName="work")
    assert error["Error"] == {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}
    assert error["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 429
    bench.lambda_.delete_function_concurrency(FunctionName="work")
    assert bench.lambda_.invoke(FunctionName="work")["StatusCode"] == 200


def test_get_function_describes_it(bench: Any) -> None:
    """Settings, state and ARN are told as AWS tells them."""
    bench.function(timeout_seconds=30, memory_mb=256, variables={"A": "1"})
    described = bench.lambda_.get_function(FunctionName="work")["Configuration"]
    assert described["FunctionArn"] == "arn:aws:lambda:us-east-1:000000000000:function:work"
    assert (described["Timeout"], described["MemorySize"]) == (30, 256)
    assert described["Environment"] == {"Variables": {"A": "1"}}
    bench.lambda_.get_waiter("function_active_v2").wait(FunctionName="work")
    assert [f["FunctionName"] for f in bench.lambda_.list_functions()["Functions"]] == ["work"]

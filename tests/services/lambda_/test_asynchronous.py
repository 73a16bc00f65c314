"""Event invocations: retries, event age, destinations and dead letters."""

from __future__ import annotations

import json
from typing import Any


def fail(_event: Any) -> None:
    raise RuntimeError("no paper")


def invoke(bench: Any, payload: Any = None) -> dict[str, Any]:
    return dict(
        bench.lambda_.invoke(
            FunctionName="work",
            InvocationType="Event",
            Payload=json.dumps(payload if payload is not None else {"n": 1}),
        )
    )


def on_failure(bench: Any, arn: str, **settings: Any) -> None:
    bench.lambda_.put_function_event_invoke_config(
        FunctionName="work",
        DestinationConfig={"OnFailure": {"Destination": arn}},
        **settings,
    )


def test_event_invocation_is_accepted_and_runs_later(bench: Any) -> None:
    """It answers 202 with an empty body before the handler has run."""
    events = bench.function()
    reply = invoke(bench, [1])
    assert reply["StatusCode"] == 202
    assert reply["Payload"].read() == b""
    bench.aws.settle()
    assert events == [[1]]


def test_event_invocation_is_retried_after_one_and_two_minutes(bench: Any) -> None:
    """A failing handler is tried three times: at once, 60 s later, 120 s after that."""
    times: list[float] = []

    def note_time(_event: Any) -> None:
        times.append(bench.elapsed())
        raise RuntimeError("again")

    bench.function(handler=note_time)
    invoke(bench)
    bench.aws.advance(seconds=600)
    assert times == [0, 60, 180]


def test_event_invocation_that_succeeds_is_not_retried(bench: Any) -> None:
    """The second try is the last when it succeeds."""
    tries: list[int] = []

    def fail_once(_event: Any) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("once")

    bench.function(handler=fail_once)
    invoke(bench)
    bench.aws.advance(seconds=600)
    assert len(tries) == 2


def test_event_invocation_goes_to_the_failure_destination(bench: Any) -> None:
    """After the last try a record with request and response goes to the destination."""
    url = bench.queue("failed")
    bench.function(handler=fail)
    on_failure(bench, bench.arn("failed"), MaximumRetryAttempts=1)
    request_id = invoke(bench, {"n": 7})["ResponseMetadata"]["RequestId"]
    bench.aws.advance(seconds=600)
    [message] = bench.messages(url)
    record = message["Body"]
    timestamp = record.pop("timestamp")
    assert timestamp == "2026-01-01T00:01:00.000Z"
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": record["requestContext"]["requestId"],
            "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:work:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 2,
        },
        "requestPayload": {"n": 7},
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": {"errorMessage": "no paper", "errorType": "RuntimeError"},
    }
    assert request_id


def test_event_invocation_goes_to_the_success_destination(bench: Any) -> None:
    """A result goes to the success destination, here a topic with a queue."""
    url = bench.queue("done")
    sns = bench.aws.client("sns")
    topic = sns.create_topic(Name="done")["TopicArn"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=bench.arn("done"),
        Attributes={"RawMessageDelivery": "true"},
    )
    bench.function(handler=lambda event: {"sum": event["n"] + 1})
    bench.lambda_.put_function_event_invoke_config(
        FunctionName="work", DestinationConfig={"OnSuccess": {"Destination": topic}}
    )
    invoke(bench, {"n": 1})
    bench.aws.settle()
    [message] = bench.messages(url)
    assert message["Body"]["requestContext"]["condition"] == "Success"
    assert message["Body"]["responsePayload"] == {"sum": 2}
    assert "functionError" not in message["Body"]["responseContext"]


def test_destination_event_bus_gets_lambdas_own_event(bench: Any) -> None:
    """On a bus the record is the detail of an event from source "lambda"."""
    events = bench.aws.client("events")
    seen = bench.function("watcher")
    events.put_rule(Name="r", EventPattern='{"source": ["lambda"]}')
    function_arn = "arn:aws:lambda:us-east-1:000000000000:function:watcher"
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": function_arn}])
    bench.function(handler=fail)
    bus = "arn:aws:events:us-east-1:000000000000:event-bus/default"
    on_failure(bench, bus, MaximumRetryAttempts=0)
    invoke(bench)
    bench.aws.settle()
    [event] = seen
    assert event["detail-type"] == "Lambda Function Invocation Result - Failure"
    assert event["detail"]["requestContext"]["condition"] == "RetriesExhausted"
    assert event["resources"] == [
        bus,
        "arn:aws:lambda:us-east-1:000000000000:function:work:$LATEST",
    ]


def test_destination_function_is_invoked_with_the_record(bench: Any) -> None:
    """A function as destination gets the record as its event."""
    seen = bench.function("cleaner")
    bench.function(handler=fail)
    on_failure(
        bench, "arn:aws:lambda:us-east-1:000000000000:function:cleaner", MaximumRetryAttempts=0
    )
    invoke(bench, {"n": 3})
    bench.aws.settle()
    assert [record["requestPayload"] for record in seen] == [{"n": 3}]


def test_dead_letter_queue_gets_the_original_event(bench: Any) -> None:
    """The body is the event; request id, error code and text are attributes."""
    url = bench.queue("dead")
    bench.function(handler=fail)
    bench.lambda_.update_function_configuration(
        FunctionName="work", DeadLetterConfig={"TargetArn": bench.arn("dead")}
    )
    invoke(bench, {"n": 5})
    bench.aws.settle()
    [message] = bench.messages(url)
    assert message["Body"] == {"n": 5}
    attributes = message["MessageAttributes"]
    assert attributes["ErrorMessage"] == {"StringValue": "no paper", "DataType": "String"}
    assert attributes["ErrorCode"] == {"StringValue": "200", "DataType": "Number"}
    assert attributes["RequestID"]["DataType"] == "String"
    assert bench.elapsed() == 180


def test_event_age_ends_retries_early(bench: Any) -> None:
    """A retry that would come after the event's maximum age is not made (recorded on AWS)."""
    url = bench.queue("failed")
    events = bench.function(handler=fail)
    on_failure(bench, bench.arn("failed"), MaximumEventAgeInSeconds=60)
    invoke(bench)
    bench.aws.settle()
    assert len(events) == 1
    assert bench.elapsed() == 0
    [message] = bench.messages(url)
    context = message["Body"]["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("EventAgeExceeded", 1)
    assert message["Body"]["responsePayload"]["errorMessage"] == "no paper"


def test_reserved_concurrency_of_zero_goes_straight_to_the_destination(bench: Any) -> None:
    """Nothing is run, and the record has no response (recorded on AWS)."""
    url = bench.queue("failed")
    events = bench.function()
    on_failure(bench, bench.arn("failed"))
    bench.lambda_.put_function_concurrency(FunctionName="work", ReservedConcurrentExecutions=0)
    invoke(bench)
    bench.aws.settle()
    assert events == []
    [message] = bench.messages(url)
    context = message["Body"]["requestContext"]
    assert context["condition"] == "ZeroReservedConcurrency"
    assert context["approximateInvokeCount"] == 0
    assert "responseContext" not in message["Body"]


def test_throttled_events_wait_and_then_run(bench: Any) -> None:
    """With one run at a time, further events back off and are all handled in the end."""
    import time

    events = bench.function(handler=lambda _: time.sleep(1), timeout_seconds=10)
    bench.lambda_.put_function_concurrency(FunctionName="work", ReservedConcurrentExecutions=1)
    for number in range(3):
        invoke(bench, number)
    bench.aws.settle()
    assert sorted(events) == [0, 1, 2]


def test_retries_keep_the_request_id(bench: Any) -> None:
    """Every try of one event has the same request id."""
    bench.function(handler=fail)
    invoke(bench)
    bench.aws.settle()
    journal = bench.aws.emulator.journal.entries()
    ids = [entry.detail["request_id"] for entry in journal if entry.kind == "run"]
    assert len(ids) == 3
    assert len(set(ids)) == 1


def test_invoke_config_is_told_and_removed(bench: Any) -> None:
    """What was put is told; after deletion there is none."""
    bench.function()
    bench.lambda_.put_function_event_invoke_config(FunctionName="work", MaximumRetryAttempts=0)
    told = bench.lambda_.get_function_event_invoke_config(FunctionName="work")
    assert told["MaximumRetryAttempts"] == 0
    bench.lambda_.delete_function_event_invoke_config(FunctionName="work")
    try:
        bench.lambda_.get_function_event_invoke_config(FunctionName="work")
    except bench.lambda_.exceptions.ResourceNotFoundException as error:
        assert "doesn't have an EventInvokeConfig" in str(error)
    else:
        raise AssertionError("it was not removed")

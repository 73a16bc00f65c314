"""One text, any target: each service is called as a client would call it."""

from __future__ import annotations

from typing import Any

import pytest

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.kernel import Service
from chalice_offline.core.targets import Payload, call_or_none, queue_call
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.emulator import Emulator
from chalice_offline.protocols import operation_names

PLACE = "us-east-1:000000000000"
ARNS = [
    f"arn:aws:sqs:{PLACE}:q",
    f"arn:aws:sns:{PLACE}:t",
    f"arn:aws:lambda:{PLACE}:function:f",
    f"arn:aws:events:{PLACE}:event-bus/b",
    f"arn:aws:kinesis:{PLACE}:stream/s",
    f"arn:aws:firehose:{PLACE}:deliverystream/s",
    f"arn:aws:states:{PLACE}:stateMachine:m",
    f"arn:aws:logs:{PLACE}:log-group:g:*",
]


@pytest.mark.parametrize("arn", ARNS)
def test_every_target_is_reached_by_an_operation_aws_has(arn: str) -> None:
    """The call names service and operation as botocore does, in the target's account and region."""
    call = call_or_none(parse_arn(arn), Payload(text="{}", name="n"))
    assert call is not None
    assert call.operation in operation_names(call.service)
    assert (call.account_id, call.region) == ("000000000000", "us-east-1")


def test_what_takes_no_text_has_no_call() -> None:
    """A table is no target."""
    assert call_or_none(parse_arn(f"arn:aws:dynamodb:{PLACE}:table/t"), Payload(text="{}")) is None


def test_a_queue_gets_what_queues_know() -> None:
    """Group, deduplication id and attributes are left out when there are none."""
    bare = queue_call(ARNS[0], Payload(text="x")).request
    assert bare == {
        "QueueUrl": "https://sqs.us-east-1.amazonaws.com/000000000000/q",
        "MessageBody": "x",
    }
    full = queue_call(
        ARNS[0],
        Payload(text="x", group_id="g", deduplication_id="d", subject="s"),
    ).request
    assert (full["MessageGroupId"], full["MessageDeduplicationId"]) == ("g", "d")
    assert "Subject" not in full


def test_a_log_event_brings_its_stream_along() -> None:
    """The stream is made first, as the same principal and for the same reason."""
    made: list[tuple[str, dict[str, Any]]] = []

    class Kernel(Emulator):
        def deliver(self, service: str, operation: str, request: Any, **_: Any) -> Any:
            made.append((f"{service}.{operation}", request))
            return {}

    call = call_or_none(parse_arn(ARNS[-1]), Payload(text="line", name="n", timestamp_ms=5))
    assert call is not None
    call.make(Kernel(VirtualDriver()), causes=(), principal="events.amazonaws.com")
    names = {"logGroupName": "g", "logStreamName": "n"}
    events = [{"timestamp": 5, "message": "line"}]
    assert made == [
        ("logs.CreateLogStream", names),
        ("logs.PutLogEvents", {**names, "logEvents": events}),
    ]


def test_an_arn_without_account_or_region_means_the_callers_own() -> None:
    """A bucket's or a foreign ARN may leave them out."""
    emulator = Emulator(VirtualDriver())
    contexts: list[Any] = []

    def send(_state: Any, context: Any, _request: Any) -> dict[str, Any]:
        contexts.append(context)
        return {}

    emulator.add(Service("sqs", None, {"SendMessage": send}))
    call = queue_call("arn:aws:sqs:::q", Payload(text="x"))
    call.make(emulator, causes=(), principal="p", account_id="111111111111", region="eu-west-1")
    assert (contexts[0].account_id, contexts[0].region) == ("111111111111", "eu-west-1")

"""What other parts of the emulator may rely on: signals, owed time, causes, replay, size."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalice_offline.core.context import Caller
from chalice_offline.core.errors import AwsError
from chalice_offline.core.journal import digest
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.emulator import Emulator
from chalice_offline.services.sqs import service
from chalice_offline.services.sqs.auditor import audit
from chalice_offline.services.sqs.errors import queue_missing

ARN = "arn:aws:sqs:us-east-1:000000000000:{}"


class Kernel:
    """An emulator with SQS alone."""

    def __init__(self, seed: int = 0) -> None:
        self.driver = VirtualDriver()
        self.emulator = Emulator(self.driver, seed=seed)
        sqs = service(self.emulator)
        self.sqs = sqs.state
        self.emulator.add(sqs)

    def call(self, operation: str, **request: Any) -> Any:
        return self.emulator.call("sqs", operation, request, Caller())


@pytest.fixture
def kernel() -> Kernel:
    """An emulator with one standard queue."""
    made = Kernel()
    made.call("CreateQueue", QueueName="orders")
    return made


def test_a_queue_signals_whenever_something_can_be_received(kernel):
    """On send, at the end of a delay and of a visibility timeout; not when nothing is there."""
    signals: list[int] = []
    start_ms = kernel.emulator.now_ms
    kernel.emulator.watch(
        ARN.format("orders"), lambda: signals.append(kernel.emulator.now_ms - start_ms)
    )
    kernel.call("SendMessage", QueueUrl="orders", MessageBody="x", DelaySeconds=5)
    kernel.driver.advance(5000)
    assert signals == [5000]
    message = kernel.call("ReceiveMessage", QueueUrl="orders")["Messages"][0]
    kernel.driver.advance(30_000)
    assert signals == [5000, 35_000]
    handle = message["ReceiptHandle"]
    kernel.call("DeleteMessage", QueueUrl="orders", ReceiptHandle=handle)
    assert signals == [5000, 35_000]
    kernel.call("SendMessage", QueueUrl="orders", MessageBody="x")
    assert len(signals) == 3


def test_a_locked_group_does_not_signal(kernel):
    """Until the message in flight is done."""
    kernel.call("CreateQueue", QueueName="o.fifo", Attributes={"FifoQueue": "true"})
    signals: list[int] = []
    kernel.emulator.watch(ARN.format("o.fifo"), lambda: signals.append(1))

    def send(body: str) -> None:
        ids = {"MessageGroupId": "g", "MessageDeduplicationId": body}
        kernel.call("SendMessage", QueueUrl="o.fifo", MessageBody=body, **ids)

    send("1")
    message = kernel.call("ReceiveMessage", QueueUrl="o.fifo")["Messages"][0]
    send("2")
    assert len(signals) == 1
    handle = message["ReceiptHandle"]
    kernel.call("DeleteMessage", QueueUrl="o.fifo", ReceiptHandle=handle)
    assert len(signals) == 2


def test_time_is_owed_only_while_somebody_watches(kernel):
    """Nobody settles for a queue without a listener, nor for a message that was deleted."""
    kernel.call("SendMessage", QueueUrl="orders", MessageBody="x", DelaySeconds=5)
    assert not kernel.driver.has_work()
    kernel.emulator.watch(ARN.format("orders"), lambda: None)
    kernel.call("SendMessage", QueueUrl="orders", MessageBody="y")
    message = kernel.call("ReceiveMessage", QueueUrl="orders")["Messages"][0]
    assert kernel.driver.has_work()
    kernel.driver.settle(6_000)
    handle = message["ReceiptHandle"]
    kernel.call("DeleteMessage", QueueUrl="orders", ReceiptHandle=handle)
    assert not kernel.driver.has_work()


def test_a_message_remembers_the_call_that_sent_it(kernel):
    """And a dead letter the note that tells why it was moved, which follows from the send."""
    kernel.call("CreateQueue", QueueName="dead")
    policy = json.dumps({"deadLetterTargetArn": ARN.format("dead"), "maxReceiveCount": 1})
    attributes = {"RedrivePolicy": policy}
    kernel.call("SetQueueAttributes", QueueUrl="orders", Attributes=attributes)
    message_id = kernel.call("SendMessage", QueueUrl="orders", MessageBody="x")["MessageId"]
    (sent,) = kernel.emulator.origin(message_id)
    for _ in range(2):
        kernel.call("ReceiveMessage", QueueUrl="orders", VisibilityTimeout=0)
    (moved,) = kernel.emulator.origin(message_id)
    entries = {entry.number: entry for entry in kernel.emulator.journal.entries()}
    assert entries[sent].subject == "sqs.SendMessage"
    assert entries[moved].subject == "sqs.DeadLetter"
    assert entries[moved].causes == (sent,)


def test_the_same_inputs_give_the_same_history():
    """Ids, receipt handles and sequence numbers included; another seed gives others."""

    def play(seed: int) -> tuple[str, list[Any]]:
        kernel = Kernel(seed)
        kernel.call("CreateQueue", QueueName="o.fifo", Attributes={"FifoQueue": "true"})
        for number in range(5):
            ids = {"MessageGroupId": f"g{number % 2}", "MessageDeduplicationId": str(number)}
            kernel.call("SendMessage", QueueUrl="o.fifo", MessageBody="x", **ids)
        reply = kernel.call("ReceiveMessage", QueueUrl="o.fifo", MaxNumberOfMessages=10)
        return digest(kernel.emulator.journal), reply["Messages"]

    assert play(1) == play(1)
    assert play(1)[1] != play(2)[1]


def test_a_delivery_without_an_endpoint_reaches_the_queue(kernel):
    """Other services know a queue by the URL that its ARN gives."""
    url = "https://sqs.us-east-1.amazonaws.com/000000000000/orders"
    kernel.emulator.deliver(
        "sqs",
        "SendMessage",
        {"QueueUrl": url, "MessageBody": "x"},
        account_id="000000000000",
        region="us-east-1",
        causes=(),
        principal="sns.amazonaws.com",
    )
    assert kernel.call("ReceiveMessage", QueueUrl="orders")["Messages"][0]["Body"] == "x"


def test_in_flight_messages_are_limited(kernel, monkeypatch):
    """A short poll says so, a long poll finds nothing (ReceiveMessage)."""
    monkeypatch.setattr("chalice_offline.services.sqs.limits.IN_FLIGHT", 3)
    for number in range(5):
        kernel.call("SendMessage", QueueUrl="orders", MessageBody=str(number))
    reply = kernel.call("ReceiveMessage", QueueUrl="orders", MaxNumberOfMessages=10)
    assert len(reply["Messages"]) == 3
    with pytest.raises(AwsError) as caught:
        kernel.call("ReceiveMessage", QueueUrl="orders")
    assert caught.value.code == "OverLimit"
    poll = kernel.call("ReceiveMessage", QueueUrl="orders", WaitTimeSeconds=5)
    kernel.driver.advance(5000)
    assert poll.result() == {}


def test_a_busy_queue_keeps_no_traces_of_messages_that_left(kernel):
    """Deadlines and ages of deleted messages are swept out long before they fall due."""
    queue = kernel.sqs.find_queue_or_none(ARN.format("orders"))
    assert queue is not None
    kernel.call("SendMessage", QueueUrl="orders", MessageBody="stays", DelaySeconds=900)
    for _ in range(6_000):
        kernel.call("SendMessage", QueueUrl="orders", MessageBody="x")
        message = kernel.call("ReceiveMessage", QueueUrl="orders")["Messages"][0]
        handle = message["ReceiptHandle"]
        kernel.call("DeleteMessage", QueueUrl="orders", ReceiptHandle=handle)
    assert len(queue.messages) == 1
    assert len(queue.deadlines) < 2_500
    assert len(queue.ages) < 2_500
    assert audit(kernel.sqs) == []


def test_the_auditor_sees_a_message_that_is_nowhere(kernel):
    """It would be worthless if it could not fail."""
    kernel.call("SendMessage", QueueUrl="orders", MessageBody="x")
    queue = kernel.sqs.find_queue_or_none(ARN.format("orders"))
    assert queue is not None
    queue.messages.clear()
    assert len(audit(kernel.sqs)) == 2


def test_errors_name_shapes_of_the_model():
    """The code is what `protocols` looks up."""
    assert queue_missing().code == "QueueDoesNotExist"

"""Fair queues: message groups as tenants of a standard queue."""

from __future__ import annotations

import pytest


@pytest.fixture
def send(sqs, queue):
    """A function that sends messages for a tenant, ten at a time."""

    def send_many(tenant: str, count: int) -> None:
        for start in range(0, count, 10):
            entries = [
                {"Id": str(number), "MessageBody": tenant, "MessageGroupId": tenant}
                for number in range(start, min(start + 10, count))
            ]
            sqs.send_message_batch(QueueUrl=queue, Entries=entries)

    return send_many


@pytest.fixture
def take(sqs, queue, bodies):
    """A function that receives a number of messages and returns their bodies."""

    def receive(count: int) -> list[str]:
        found: list[str] = []
        while len(found) < count:
            wanted = min(10, count - len(found))
            got = bodies(sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=wanted))
            if not got:
                break
            found += got
        return found

    return receive


def test_the_tenant_is_shown_and_nothing_is_locked(sqs, queue, send, bodies):
    """Messages of one tenant are handed out in parallel, in the order sent."""
    send("a", 3)
    reply = sqs.receive_message(QueueUrl=queue, MessageSystemAttributeNames=["MessageGroupId"])
    assert reply["Messages"][0]["Attributes"] == {"MessageGroupId": "a"}
    reply = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    assert bodies(reply) == ["a", "a"]


def test_quiet_tenants_overtake_a_noisy_one(send, take):
    """Noisy: at least 30 messages in flight and more than a tenth of all."""
    send("noisy", 60)
    send("quiet", 5)
    assert take(29) == ["noisy"] * 29
    assert take(1) == ["noisy"]  # the thirtieth
    assert take(10) == ["quiet"] * 5 + ["noisy"] * 5


def test_messages_without_a_tenant_are_quiet(sqs, queue, send, take, bodies):
    """Each of them is a tenant of its own."""
    send("noisy", 40)
    take(30)
    sqs.send_message(QueueUrl=queue, MessageBody="plain")
    assert bodies(sqs.receive_message(QueueUrl=queue)) == ["plain"]


def test_a_tenant_is_quiet_again_when_its_messages_are_done(sqs, queue, send, take, clients):
    """Then age alone decides."""
    send("noisy", 60)
    take(30)
    send("quiet", 1)
    clients.advance(30)
    assert take(31) == ["noisy"] * 30 + ["quiet"]


def test_nothing_is_lost_among_many_tenants(sqs, queue, send, attribute_of):
    """Every message of every tenant is received once."""
    for number in range(50):
        send(f"t{number % 7}", 3)
    received = 0
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        received += len(messages)
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert received == 150
    assert attribute_of(sqs, queue, "ApproximateNumberOfMessages") == "0"

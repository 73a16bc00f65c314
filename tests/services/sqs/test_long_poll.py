"""Long polls: who waits is served in order, as soon as there is something."""

from __future__ import annotations


def test_a_long_poll_ends_when_its_time_is_over(sqs, queue, clients):
    """With nothing, after exactly the time asked for."""
    before = clients.aws.now
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=7)
    assert (clients.aws.now - before).total_seconds() == 7


def test_the_queue_may_say_how_long_to_wait(sqs, queue, clients):
    """ReceiveMessageWaitTimeSeconds holds unless the request says otherwise."""
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"ReceiveMessageWaitTimeSeconds": "9"})
    before = clients.aws.now
    sqs.receive_message(QueueUrl=queue)
    sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=0)
    assert (clients.aws.now - before).total_seconds() == 9


def test_a_long_poll_does_not_wait_for_more_than_there_is(sqs, queue, clients, bodies):
    """One message is enough to end it."""
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    before = clients.aws.now
    reply = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20, MaxNumberOfMessages=10)
    assert bodies(reply) == ["x"]
    assert clients.aws.now == before


def test_a_send_serves_those_who_wait_in_order(sqs, queue, clients, bodies):
    """Longest waiting first, each with one message."""
    polls = [clients.begin_long_poll(sqs, QueueUrl=queue, WaitTimeSeconds=20) for _ in range(3)]
    for body in ("a", "b"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    assert [poll.done for poll in polls] == [True, True, False]
    assert [bodies(poll.result()) for poll in polls[:2]] == [["a"], ["b"]]
    clients.advance(20)
    assert polls[2].result() == {}


def test_the_end_of_a_delay_or_timeout_serves_who_waits(sqs, queue, clients, bodies):
    """At that very moment."""
    sqs.send_message(QueueUrl=queue, MessageBody="x", DelaySeconds=5)
    before = clients.aws.now
    assert bodies(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20, VisibilityTimeout=3))
    assert (clients.aws.now - before).total_seconds() == 5
    assert bodies(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20))
    assert (clients.aws.now - before).total_seconds() == 8


def test_giving_a_message_back_serves_who_waits(sqs, queue, clients, bodies):
    """ChangeMessageVisibility to 0."""
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]
    poll = clients.begin_long_poll(sqs, QueueUrl=queue, WaitTimeSeconds=20)
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=0)
    assert bodies(poll.result()) == ["x"]


def test_a_freed_group_serves_who_waits(sqs, fifo, clients, bodies):
    """A delete unlocks the next message of the group."""
    for body in ("1", "2"):
        sqs.send_message(QueueUrl=fifo, MessageBody=body, MessageGroupId="g")
    handle = sqs.receive_message(QueueUrl=fifo)["Messages"][0]["ReceiptHandle"]
    poll = clients.begin_long_poll(sqs, QueueUrl=fifo, WaitTimeSeconds=20)
    assert not poll.done
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=handle)
    assert bodies(poll.result()) == ["2"]


def test_deleting_the_queue_ends_the_wait(sqs, queue, clients):
    """With nothing."""
    poll = clients.begin_long_poll(sqs, QueueUrl=queue, WaitTimeSeconds=20)
    sqs.delete_queue(QueueUrl=queue)
    assert poll.result() == {}

"""No message is lost, and none is given out more often than SQS says."""

from __future__ import annotations

from typing import Any

import pytest

from chalice_offline.attach.errors import EndpointError

from .conftest import wait_until

FAIL = """
@app.on_sqs_message(queue='orders', name='on')
def on(event):
    for record in event:
        app.seen.append(record.body)
    raise RuntimeError('no')
"""


def test_failing_handler_keeps_its_message(attached: Any) -> None:
    """A message whose handler raised stays in the queue, invisible until its timeout."""
    url = attached.queue("orders", VisibilityTimeout="30")
    session = attached.start(FAIL)
    attached.send(url, "a")
    attached.wait_for_seen(session)
    wait_until(lambda: session.counts()["on"].failures == 1, "the failure")
    session.stop()
    counts = attached.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    assert counts["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_poisonous_message_takes_the_queues_own_redrive(attached: Any) -> None:
    """After maxReceiveCount failures SQS moves the message; nothing here decides it."""
    attached.configure(lambda_timeout=1)
    dead = attached.queue("dead")
    policy = (
        '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": 2}'
    )
    url = attached.queue("orders", VisibilityTimeout="1", RedrivePolicy=policy)
    session = attached.start(FAIL)
    attached.send(url, "poison")
    wait_until(lambda: attached.depth(dead) == 1, "the dead letter")
    assert attached.seen(session) == ["poison", "poison"]


def test_queue_in_order_stays_in_order(attached: Any) -> None:
    """Messages of a group are handled one after the other, in order; groups go on side by side."""
    url = attached.queue("orders.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    code = """
import threading
both = threading.Barrier(2)

@app.on_sqs_message(queue='orders.fifo', batch_size=1)
def on(event):
    for record in event:
        body = record.body
        if body.endswith('0'):
            both.wait(10)
        app.seen.append(body)
"""
    for number in range(4):
        for group in ("a", "b"):
            attached.send(url, f"{group}{number}", MessageGroupId=group)
    session = attached.start(code)
    seen = attached.wait_for_seen(session, 8)
    for group in ("a", "b"):
        assert [one for one in seen if one[0] == group] == [f"{group}{n}" for n in range(4)]


def test_no_more_handlers_run_at_once_than_allowed(attached: Any) -> None:
    """maximum_concurrency bounds the batches under way."""
    url = attached.queue("orders")
    code = """
import threading
lock, running, free = threading.Lock(), [], threading.Event()

@app.on_sqs_message(queue='orders', maximum_concurrency=2)
def on(event):
    with lock:
        running.append(1)
        app.seen.append(len(running))
    free.wait(5)
    with lock:
        running.pop()
app.free = free
"""
    attached.send(url, *(str(number) for number in range(6)))
    session = attached.start(code)
    attached.wait_for_seen(session, 2)
    assert session.app.project is not None
    session.app.project.app.free.set()
    assert max(attached.wait_for_seen(session, 6)) == 2


def test_long_running_handler_gets_no_second_copy(attached: Any) -> None:
    """A handler that outlives the visibility timeout (a breakpoint) keeps its message."""
    attached.configure(lambda_timeout=1)
    url = attached.queue("orders", VisibilityTimeout="2")
    code = """
import threading

@app.on_sqs_message(queue='orders')
def on(event):
    app.seen.append('began')
    threading.Event().wait(3.2)
    app.seen.append('ended')
"""
    session = attached.start(code)
    attached.send(url, "x")
    assert attached.wait_for_seen(session, 2) == ["began", "ended"]
    wait_until(lambda: attached.depth(url) == 0, "the message to be deleted")
    assert attached.seen(session) == ["began", "ended"]


def test_handler_keeps_its_variables_when_another_session_ends(attached: Any) -> None:
    """The other one was the last but us that held the process: nothing is given back."""
    url = attached.queue("orders")
    code = """
import threading
app.free = threading.Event()

@app.on_sqs_message(queue='orders')
def on(event):
    app.seen.append(os.environ.get('STAGE'))
    app.free.wait(5)
    app.seen.append(os.environ.get('STAGE'))
"""
    session = attached.start(code)
    attached.send(url, "x")
    attached.wait_for_seen(session)
    attached.stop_aws()
    assert session.app.project is not None
    session.app.project.app.free.set()
    assert attached.wait_for_seen(session, 2) == ["dev", "dev"]


def test_window_gathers_a_batch(attached: Any) -> None:
    """With a batching window a batch grows until it is full, beyond what one call gives."""
    url = attached.queue("orders")
    code = """
@app.on_sqs_message(queue='orders', batch_size=12, maximum_batching_window_in_seconds=20)
def on(event):
    app.seen.append(len(list(event)))
"""
    session = attached.start(code)
    attached.send(url, *(str(number) for number in range(12)))
    assert attached.wait_for_seen(session) == [12]
    wait_until(lambda: attached.depth(url) == 0, "all to be deleted")


def test_lost_endpoint_ends_the_session_with_one_sentence(attached: Any) -> None:
    """When the endpoint is gone for longer than our patience, watching ends with the reason."""
    attached.queue("orders")
    session = attached.start("@app.on_sqs_message(queue='orders')\ndef on(event):\n    pass\n")
    attached.stop_aws()
    with pytest.raises(EndpointError, match=r"does not answer \(sqs:ReceiveMessage\).*gave up"):
        session.wait()


def test_queue_that_vanishes_ends_the_session_with_one_sentence(attached: Any) -> None:
    """An engine that was restarted has forgotten its queues."""
    url = attached.queue("orders")
    session = attached.start("@app.on_sqs_message(queue='orders')\ndef on(event):\n    pass\n")
    attached.client("sqs").delete_queue(QueueUrl=url)
    with pytest.raises(EndpointError, match="queue orders is gone from http"):
        session.wait()


def test_running_handler_is_waited_for_at_the_end(attached: Any) -> None:
    """Stopping lets a handler finish and deletes its message."""
    url = attached.queue("orders")
    code = """
import threading

@app.on_sqs_message(queue='orders')
def on(event):
    app.seen.append('began')
    threading.Event().wait(0.5)
    app.seen.append('ended')
"""
    session = attached.start(code)
    attached.send(url, "x")
    attached.wait_for_seen(session)
    session.stop()
    assert attached.seen(session) == ["began", "ended"]
    assert attached.depth(url) == 0


def test_long_polls_end_by_themselves(attached: Any) -> None:
    """The default way to poll: calls that wait; stopping waits for them, and loses nothing."""
    url = attached.queue("orders")
    code = "@app.on_sqs_message(queue='orders')\ndef on(event):\n    app.seen.append(1)\n"
    session = attached.start(code, poll_seconds=1)
    attached.send(url, "x")
    attached.wait_for_seen(session)
    session.stop()
    assert attached.depth(url) == 0

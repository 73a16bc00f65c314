"""Loops end: Lambda stops a function that runs in one, and `settle` comes back in any case."""

from __future__ import annotations

import json
import logging
import threading
import tracemalloc
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalice_offline.core.lineage import Lineages

TURNS = 16
ACCOUNT = "arn:aws:{}:us-east-1:000000000000:{}"
HOURS_MS = 6 * 3_600_000


def queue(functions: Any, name: str, function: str, **attributes: str) -> str:
    """Make a queue that feeds a function."""
    url = functions.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    functions.client("lambda").create_event_source_mapping(
        EventSourceArn=ACCOUNT.format("sqs", name), FunctionName=function
    )
    return str(url)


def settled(virtual: Any) -> bool:
    return bool(virtual.driver.settle(HOURS_MS, stop_at_errors=False))


def test_a_function_that_feeds_its_own_queue_runs_sixteen_times(virtual: Any) -> None:
    """Without a dead-letter queue the message is dropped, with the reason in journal and log."""
    runs: list[str] = []

    def handler(event: Any, _context: Any) -> None:
        runs.append(event["Records"][0]["body"])
        virtual.client("sqs").send_message(QueueUrl=url, MessageBody=f"{len(runs)}")

    virtual.add("again", handler)
    url = queue(virtual, "own", "again")
    virtual.client("sqs").send_message(QueueUrl=url, MessageBody="0")
    assert settled(virtual)
    assert runs == [str(number) for number in range(TURNS)]
    assert len(virtual.notes("not run: it runs in a loop")) == 1


def test_the_message_of_a_loop_ends_in_the_queues_dead_letter_queue(virtual: Any) -> None:
    """As any message that is not handled: after the redrive policy's receives."""

    def handler(_event: Any, _context: Any) -> None:
        virtual.client("sqs").send_message(QueueUrl=url, MessageBody="again")

    virtual.add("again", handler)
    dead = virtual.client("sqs").create_queue(QueueName="dead")["QueueUrl"]
    policy = {"deadLetterTargetArn": ACCOUNT.format("sqs", "dead"), "maxReceiveCount": 2}
    url = queue(virtual, "own", "again", RedrivePolicy=json.dumps(policy))
    virtual.client("sqs").send_message(QueueUrl=url, MessageBody="first")
    assert settled(virtual)
    (message,) = virtual.client("sqs").receive_message(QueueUrl=dead)["Messages"]
    assert message["Body"] == "again"


def test_two_functions_that_feed_each_other_are_one_loop(virtual: Any) -> None:
    """Topic to queue to topic: each function is counted by itself."""
    runs: list[str] = []
    sns, sqs = virtual.client("sns"), virtual.client("sqs")

    def from_topic(_event: Any, _context: Any) -> None:
        runs.append("topic")
        sqs.send_message(QueueUrl=url, MessageBody="x")

    def from_queue(_event: Any, _context: Any) -> None:
        runs.append("queue")
        sns.publish(TopicArn=topic, Message="x")

    arn = virtual.add("from-topic", from_topic)
    virtual.add("from-queue", from_queue)
    topic = sns.create_topic(Name="round")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    url = queue(virtual, "round", "from-queue")
    sns.publish(TopicArn=topic, Message="x")
    assert settled(virtual)
    assert runs == ["topic", "queue"] * TURNS


def test_an_object_that_makes_another_is_a_loop(virtual: Any) -> None:
    """S3 invokes asynchronously: what is stopped goes to the on-failure destination."""
    runs: list[str] = []
    s3 = virtual.client("s3")

    def handler(event: Any, _context: Any) -> None:
        runs.append(event["Records"][0]["s3"]["object"]["key"])
        s3.put_object(Bucket="box", Key=f"in/{len(runs)}", Body=b"x")

    arn = virtual.add("copies", handler)
    failed = virtual.client("sqs").create_queue(QueueName="failed")["QueueUrl"]
    virtual.client("lambda").put_function_event_invoke_config(
        FunctionName="copies",
        DestinationConfig={"OnFailure": {"Destination": ACCOUNT.format("sqs", "failed")}},
    )
    s3.create_bucket(Bucket="box")
    configuration = [{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]
    s3.put_bucket_notification_configuration(
        Bucket="box", NotificationConfiguration={"LambdaFunctionConfigurations": configuration}
    )
    s3.put_object(Bucket="box", Key="in/0", Body=b"x")
    assert settled(virtual)
    assert len(runs) == TURNS
    (message,) = virtual.client("sqs").receive_message(QueueUrl=failed)["Messages"]
    key = json.loads(message["Body"])["requestPayload"]["Records"][0]["s3"]["object"]["key"]
    assert key == f"in/{TURNS}"


def test_functions_that_invoke_each_other_are_told(virtual: Any) -> None:
    """A synchronous caller gets RecursiveInvocationException."""
    runs: list[int] = []
    refused: list[str] = []

    def handler(_event: Any, _context: Any) -> None:
        runs.append(1)
        try:
            virtual.invoke("self")
        except ClientError as error:
            refused.append(error.response["Error"]["Code"])

    virtual.add("self", handler, timeout_seconds=60)
    virtual.invoke("self")
    assert (len(runs), refused) == (TURNS, ["RecursiveInvocationException"])


def test_loops_can_be_allowed(virtual: Any) -> None:
    """PutFunctionRecursionConfig: a function that may go round until its work is done."""
    lambda_ = virtual.client("lambda")
    runs: list[int] = []

    def handler(_event: Any, _context: Any) -> None:
        runs.append(1)
        if len(runs) < 100:
            virtual.client("sqs").send_message(QueueUrl=url, MessageBody="x")

    virtual.add("pages", handler)
    url = queue(virtual, "pages", "pages")
    assert lambda_.get_function_recursion_config(FunctionName="pages")["RecursiveLoop"] == (
        "Terminate"
    )
    reply = lambda_.put_function_recursion_config(FunctionName="pages", RecursiveLoop="Allow")
    assert reply["RecursiveLoop"] == "Allow"
    virtual.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    assert settled(virtual)
    assert len(runs) == 100


def test_retries_are_no_loop(virtual: Any) -> None:
    """A message that is tried forty times has never been round."""
    runs: list[int] = []

    def handler(_event: Any, _context: Any) -> None:
        runs.append(1)
        if len(runs) < 40:
            raise ValueError("not yet")

    virtual.add("tries", handler)
    url = queue(virtual, "tried", "tries", VisibilityTimeout="30")
    virtual.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    assert settled(virtual)
    assert (len(runs), virtual.notes("loop")) == (40, [])


def test_a_loop_in_real_time_ends_too(live: Any, caplog: pytest.LogCaptureFixture) -> None:
    """With the reason in the log, once."""
    runs: list[int] = []

    def handler(_event: Any, _context: Any) -> None:
        runs.append(1)
        live.client("sqs").send_message(QueueUrl=url, MessageBody="x")

    live.add("again", handler)
    url = queue(live, "own", "again")
    with caplog.at_level(logging.WARNING):
        live.client("sqs").send_message(QueueUrl=url, MessageBody="x")
        live.wait_until(lambda: bool(live.notes("a loop: discarded")))
    assert len(runs) == TURNS
    assert [r.message for r in caplog.records if "one chain of requests" in r.message] != []


def test_a_loop_that_aws_does_not_see_ends_settling(virtual: Any) -> None:
    """Through EventBridge it goes on for ever; `settle` and `advance` come back and name it."""

    def handler(_event: Any, _context: Any) -> None:
        entry = {"Source": "app", "DetailType": "again", "Detail": "{}"}
        virtual.client("events").put_events(Entries=[entry])

    arn = virtual.add("again", handler)
    events = virtual.client("events")
    events.put_rule(Name="all", EventPattern='{"source": ["app"]}')
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": arn}])
    virtual.invoke("again", InvocationType="Event")
    assert not settled(virtual)
    assert virtual.driver.endless == "again"
    assert not virtual.driver.advance(1_000)


def test_one_failure_is_logged_once(virtual: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A retry without end: its traceback once, then how often, and time runs out."""

    def handler(_event: Any, _context: Any) -> None:
        raise ValueError("always the same")

    virtual.add("fails", handler)
    url = queue(virtual, "poison", "fails", VisibilityTimeout="30")
    virtual.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    with caplog.at_level(logging.ERROR):
        assert not settled(virtual)
    logged = [r for r in caplog.records if "always the same" in r.getMessage()]
    assert len([r for r in logged if r.exc_info]) == 1
    assert [r.getMessage().rpartition("(")[2] for r in logged[1:]] == [
        "10 times so far)",
        "100 times so far)",
    ]


def test_a_timer_that_fails_is_nobodys_call(virtual: Any) -> None:
    """The call that comes next is applied and answered; whoever settles is told of our mistake."""
    from chalice_offline.core.errors import EmulatorBug

    def broken() -> None:
        raise LookupError("a mistake")

    now_ms = virtual.emulator.now_ms
    virtual.emulator.set_timer(now_ms + 1_000, broken)
    rung: list[str] = []
    virtual.emulator.set_timer(now_ms + 1_000, lambda: rung.append("the next timer"))
    virtual.driver.clock.move_to(now_ms + 2_000)
    url = virtual.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    assert virtual.client("sqs").get_queue_url(QueueName="jobs")["QueueUrl"] == url
    assert rung == ["the next timer"]
    with pytest.raises(EmulatorBug, match="a mistake"):
        virtual.driver.settle(0)
    assert virtual.driver.settle(0)


def test_timers_without_end_give_others_a_turn(live: Any) -> None:
    """A timer that sets itself anew, due at once, keeps no client waiting."""
    stopped = threading.Event()

    def again() -> None:
        if not stopped.is_set():
            live.emulator.at(live.emulator.now_ms, again)

    live.emulator.set_timer(live.emulator.now_ms, again)
    assert "QueueUrl" in live.client("sqs").create_queue(QueueName="jobs")
    stopped.set()


def test_counts_of_turns_are_bounded() -> None:
    """As many entries as are kept; an old one is forgotten, as in the journal."""
    lineages = Lineages(kept=2)
    lineages.run(1, (), "f", 0)
    lineages.call(2, (1,), "sqs")
    assert lineages.turns((2,), "f") == 1
    lineages.call(3, (2,), "sns")
    lineages.call(4, (3,), "events")
    assert lineages.turns((2,), "f") == 0
    assert (lineages.turns((3,), "f"), lineages.turns((4,), "f")) == (1, 0)


def test_functions_that_come_and_go_leave_nothing_behind() -> None:
    """A session that creates functions all day holds no more of their turns than at noon."""
    lineages = Lineages(kept=2)
    tracemalloc.start()
    try:
        for number in range(20_000):
            lineages.run(number, (), f"function-{number}", 0)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2_000_000
    lineages.call(20_000, (19_999,), "sqs")
    assert lineages.turns((20_000,), "function-19999") == 1

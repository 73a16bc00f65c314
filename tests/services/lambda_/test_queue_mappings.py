"""SQS event source mappings: batches, windows, concurrency, failures and filters."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import bodies


def fail(_event: Any) -> None:
    raise RuntimeError("no paper")


def test_message_reaches_the_function_at_once(bench: Any) -> None:
    """A message sent to a mapped queue is handled and deleted without time passing."""
    events = bench.function()
    url = bench.queue()
    bench.map()
    bench.send(url, "one")
    bench.aws.settle()
    assert [bodies(event) for event in events] == [["one"]]
    assert bench.counts(url) == (0, 0)
    assert bench.elapsed() == 0


def test_record_has_awss_shape(bench: Any) -> None:
    """A record has the attributes, digests and message attributes AWS gives it."""
    events = bench.function()
    url = bench.queue()
    bench.map()
    attributes = {
        "text": {"DataType": "String", "StringValue": "v"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    sent = bench.sqs.send_message(QueueUrl=url, MessageBody="b", MessageAttributes=attributes)
    bench.aws.settle()
    [record] = events[0]["Records"]
    assert record["messageId"] == sent["MessageId"]
    assert record["md5OfBody"] == "92eb5ffee6ae2fec3ad71c777531578f"
    assert (record["eventSource"], record["awsRegion"]) == ("aws:sqs", "us-east-1")
    assert record["eventSourceARN"] == bench.arn("jobs")
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert set(record["attributes"]) >= {"SentTimestamp", "SenderId"}
    assert record["messageAttributes"] == {
        "text": {
            "stringValue": "v",
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": "String",
        },
        "bytes": {
            "binaryValue": "AAE=",
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": "Binary",
        },
    }


def test_messages_waiting_before_the_mapping_are_taken(bench: Any) -> None:
    """A mapping starts with what is already in the queue, in batches of its size."""
    events = bench.function()
    url = bench.queue()
    bench.send(url, *"abcde")
    bench.map(BatchSize=2)
    bench.aws.settle()
    assert sorted(body for event in events for body in bodies(event)) == list("abcde")
    assert max(len(event["Records"]) for event in events) == 2


def test_batching_window_gathers_messages(bench: Any) -> None:
    """With a window the function is invoked once, when the window is over."""
    times: list[float] = []
    events = bench.function(handler=lambda _: times.append(bench.elapsed()))
    url = bench.queue(VisibilityTimeout="60")
    bench.map(BatchSize=100, MaximumBatchingWindowInSeconds=20)
    bench.send(url, "a")
    bench.aws.advance(seconds=5)
    bench.send(url, "b")
    bench.aws.advance(seconds=14)
    assert events == []
    bench.aws.advance(seconds=1)
    assert [sorted(bodies(event)) for event in events] == [["a", "b"]]
    assert times == [20]


def test_full_batch_does_not_wait_for_its_window(bench: Any) -> None:
    """A batch that is full is handed over at once."""
    events = bench.function()
    url = bench.queue(VisibilityTimeout="60")
    bench.map(BatchSize=3, MaximumBatchingWindowInSeconds=20)
    bench.send(url, "a", "b", "c")
    bench.aws.advance(seconds=0)
    assert [sorted(bodies(event)) for event in events] == [["a", "b", "c"]]


def test_batch_never_exceeds_six_megabytes(bench: Any) -> None:
    """Large messages make smaller batches, and all of them arrive."""
    events = bench.function()
    url = bench.queue(VisibilityTimeout="600")
    for letter in "abcdefg":
        bench.send(url, letter * 1_000_000)
    bench.map(BatchSize=100, MaximumBatchingWindowInSeconds=5)
    bench.aws.settle()
    assert sum(len(event["Records"]) for event in events) == 7
    assert max(len(json.dumps(event)) for event in events) <= 6 * 1024 * 1024


def test_maximum_concurrency_limits_batches_at_once(bench: Any) -> None:
    """MaximumConcurrency 2 never runs a third batch beside two others."""
    running = {"now": 0, "most": 0}

    def work(_event: Any) -> None:
        running["now"] += 1
        running["most"] = max(running["most"], running["now"])
        time.sleep(1)
        running["now"] -= 1

    events = bench.function(handler=work, timeout_seconds=30)
    url = bench.queue(VisibilityTimeout="180")
    bench.map(BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    bench.send(url, *"abcdef")
    bench.aws.settle()
    assert len(events) == 6
    assert running["most"] == 2


def test_concurrency_starts_at_five_and_grows(bench: Any) -> None:
    """Five batches at first; more only while those are busy (AWS: 300 more a minute)."""
    running = {"now": 0, "most": 0}
    starts: list[float] = []

    def work(_event: Any) -> None:
        starts.append(bench.elapsed())
        running["now"] += 1
        running["most"] = max(running["most"], running["now"])
        time.sleep(1)
        running["now"] -= 1

    bench.function(handler=work, timeout_seconds=30)
    url = bench.queue(VisibilityTimeout="180")
    bench.map(BatchSize=1)
    bench.sqs.send_message_batch(
        QueueUrl=url, Entries=[{"Id": name, "MessageBody": name} for name in "abcdefgh"]
    )
    bench.aws.settle()
    assert len(starts) == 8
    assert starts.count(0) == 5
    assert running["most"] > 5


def test_failed_batch_returns_after_the_visibility_timeout(bench: Any) -> None:
    """An exception deletes nothing; the message comes again when it is visible again."""
    times: list[float] = []

    def fail_twice(_event: Any) -> None:
        times.append(bench.elapsed())
        if len(times) < 3:
            raise RuntimeError("again")

    events = bench.function(handler=fail_twice)
    url = bench.queue(VisibilityTimeout="30")
    bench.map()
    bench.send(url, "a")
    bench.aws.settle()
    assert times == [0, 30, 60]
    counts = [e["Records"][0]["attributes"]["ApproximateReceiveCount"] for e in events]
    assert counts == ["1", "2", "3"]
    assert bench.counts(url) == (0, 0)


def test_timeout_returns_the_batch_like_an_error(bench: Any) -> None:
    """A handler past its timeout has handled nothing."""
    events = bench.function(handler=lambda _: time.sleep(5), timeout_seconds=3)
    url = bench.queue(VisibilityTimeout="20")
    bench.map()
    bench.send(url, "a")
    bench.aws.advance(seconds=19)
    assert bench.counts(url) == (0, 1)
    bench.aws.advance(seconds=1)
    assert len(events) == 2


def test_message_goes_to_the_dead_letter_queue_after_maximum_receives(bench: Any) -> None:
    """After maxReceiveCount failed receives the message is moved, not received again."""
    events = bench.function(handler=fail)
    dead = bench.queue("dead")
    policy = json.dumps({"deadLetterTargetArn": bench.arn("dead"), "maxReceiveCount": 2})
    url = bench.queue(VisibilityTimeout="30", RedrivePolicy=policy)
    bench.map()
    bench.send(url, "a")
    bench.aws.settle()
    assert len(events) == 2
    assert bench.elapsed() == 60
    assert [message["Body"] for message in bench.messages(dead)] == ["a"]
    assert bench.counts(url) == (0, 0)


def test_reported_item_failures_keep_only_those_messages(bench: Any) -> None:
    """With ReportBatchItemFailures the reported messages come again and the others are deleted."""

    def refuse_b(event: Any) -> Any:
        failed = [r["messageId"] for r in event["Records"] if r["body"] == "b"]
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}

    events = bench.function(handler=refuse_b)
    url = bench.queue(VisibilityTimeout="30")
    bench.send(url, "a", "b", "c")
    bench.map(FunctionResponseTypes=["ReportBatchItemFailures"])
    bench.aws.advance(seconds=30)
    seen = [sorted(bodies(event)) for event in events]
    assert seen[-1] == ["b"]
    assert sorted(body for batch in seen[:-1] for body in batch) == ["a", "b", "c"]


def test_item_failures_are_ignored_unless_switched_on(bench: Any) -> None:
    """Without ReportBatchItemFailures the result says nothing: the batch is deleted, as on AWS."""

    def refuse_all(event: Any) -> Any:
        return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"]]}

    events = bench.function(handler=refuse_all)
    url = bench.queue()
    bench.map()
    bench.send(url, "a")
    bench.aws.settle()
    assert len(events) == 1
    assert bench.counts(url) == (0, 0)


@pytest.mark.parametrize(
    "result", [None, {}, "", [], {"batchItemFailures": []}, {"batchItemFailures": None}]
)
def test_empty_item_failures_mean_success(bench: Any, result: Any) -> None:
    """An empty answer, or an empty or null list, is complete success."""
    bench.function(handler=lambda _: result)
    url = bench.queue()
    bench.map(FunctionResponseTypes=["ReportBatchItemFailures"])
    bench.send(url, "a")
    bench.aws.settle()
    assert bench.counts(url) == (0, 0)


@pytest.mark.parametrize(
    "result",
    [
        "no dict",
        {"batchItemFailure": []},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": "unknown"}]},
        {"batchItemFailures": [{"identifier": "x"}]},
        {"batchItemFailures": "all"},
    ],
)
def test_malformed_item_failures_fail_the_whole_batch(bench: Any, result: Any) -> None:
    """An answer Lambda cannot read is complete failure."""
    bench.function(handler=lambda _: result)
    url = bench.queue()
    bench.map(FunctionResponseTypes=["ReportBatchItemFailures"])
    bench.send(url, "a")
    bench.aws.advance(seconds=0)
    assert bench.counts(url) == (0, 1)


def test_fifo_groups_stay_in_order_through_failure(bench: Any) -> None:
    """A failed message holds back its own group, and no other."""
    seen: list[str] = []

    def fail_first_a(event: Any) -> None:
        [record] = event["Records"]
        seen.append(record["body"])
        if seen.count("a1") == 1 and record["body"] == "a1":
            raise RuntimeError("again")

    bench.function(handler=fail_first_a)
    url = bench.queue("jobs.fifo", FifoQueue="true", VisibilityTimeout="30")
    bench.map("jobs.fifo", BatchSize=1)
    for body in ("a1", "a2", "b1", "a3"):
        bench.send(url, body, MessageGroupId=body[0], MessageDeduplicationId=body)
    bench.aws.settle()
    assert seen == ["a1", "b1", "a1", "a2", "a3"]


def test_throttled_batches_wait_for_the_function(bench: Any) -> None:
    """With reserved concurrency 1 the batches are run one after the other; none is lost."""
    running = {"now": 0, "most": 0}

    def work(_event: Any) -> None:
        running["now"] += 1
        running["most"] = max(running["most"], running["now"])
        time.sleep(1)
        running["now"] -= 1

    events = bench.function(handler=work, timeout_seconds=10)
    bench.lambda_.put_function_concurrency(FunctionName="work", ReservedConcurrentExecutions=1)
    url = bench.queue(VisibilityTimeout="60")
    bench.map(BatchSize=1)
    bench.send(url, *"abcdefg")
    bench.aws.settle()
    assert len(events) == 7
    assert running["most"] == 1


def test_throttling_beyond_the_visibility_timeout_counts_as_receives(bench: Any) -> None:
    """A function that never has room sends messages to the dead-letter queue, as on AWS."""
    events = bench.function()
    bench.lambda_.put_function_concurrency(FunctionName="work", ReservedConcurrentExecutions=0)
    dead = bench.queue("dead")
    policy = json.dumps({"deadLetterTargetArn": bench.arn("dead"), "maxReceiveCount": 2})
    url = bench.queue(VisibilityTimeout="30", RedrivePolicy=policy)
    bench.map()
    bench.send(url, "a")
    bench.aws.settle()
    assert events == []
    assert [message["Body"] for message in bench.messages(dead)] == ["a"]


def test_filtered_messages_are_deleted(bench: Any) -> None:
    """What a filter rejects never reaches the function, and leaves the queue."""
    events = bench.function()
    url = bench.queue()
    pattern = json.dumps({"body": {"kind": ["order"], "total": [{"numeric": [">", 10]}]}})
    bench.map(FilterCriteria={"Filters": [{"Pattern": pattern}]})
    bench.send(
        url,
        '{"kind": "order", "total": 20}',
        '{"kind": "order", "total": 5}',
        '{"kind": "refund", "total": 20}',
        "plain text",
    )
    bench.aws.settle()
    assert [json.loads(body)["total"] for event in events for body in bodies(event)] == [20]
    assert bench.counts(url) == (0, 0)


def test_filter_on_plain_text_and_attributes(bench: Any) -> None:
    """A pattern whose body is a list sees the text; message attributes can be filtered, too."""
    events = bench.function()
    url = bench.queue()
    patterns = [
        {"body": ["yes"]},
        {"messageAttributes": {"urgent": {"stringValue": ["true"]}}},
    ]
    bench.map(FilterCriteria={"Filters": [{"Pattern": json.dumps(p)} for p in patterns]})
    bench.send(url, "yes", "no")
    urgent = {"urgent": {"DataType": "String", "StringValue": "true"}}
    bench.send(url, "now", MessageAttributes=urgent)
    bench.aws.settle()
    assert sorted(body for event in events for body in bodies(event)) == ["now", "yes"]


def test_disabled_mapping_leaves_messages_alone(bench: Any) -> None:
    """A disabled mapping receives nothing; enabling it takes what waits."""
    events = bench.function()
    url = bench.queue()
    uuid = bench.map(Enabled=False)
    bench.send(url, "a")
    bench.aws.settle()
    assert (events, bench.counts(url)) == ([], (1, 0))
    assert bench.lambda_.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    reply = bench.lambda_.update_event_source_mapping(UUID=uuid, Enabled=True)
    assert reply["State"] == "Enabling"
    bench.aws.settle()
    assert [bodies(event) for event in events] == [["a"]]
    assert bench.lambda_.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"


def test_deleted_mapping_gives_gathered_messages_back(bench: Any) -> None:
    """What a window had gathered is visible again as soon as the mapping is gone."""
    events = bench.function()
    url = bench.queue(VisibilityTimeout="600")
    uuid = bench.map(BatchSize=100, MaximumBatchingWindowInSeconds=20)
    bench.send(url, "a", "b")
    bench.aws.advance(seconds=1)
    assert bench.lambda_.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    bench.aws.settle()
    assert (events, bench.counts(url)) == ([], (2, 0))


def test_created_mapping_is_described_as_aws_does(bench: Any) -> None:
    """Creating, then Enabled, with AWS's defaults."""
    bench.function()
    bench.queue()
    made = bench.lambda_.create_event_source_mapping(
        EventSourceArn=bench.arn("jobs"), FunctionName="work"
    )
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert (made["State"], made["BatchSize"]) == ("Creating", 10)
    assert made["MaximumBatchingWindowInSeconds"] == 0
    assert made["FunctionResponseTypes"] == []
    assert made["StateTransitionReason"] == "USER_INITIATED"
    assert made["EventSourceMappingArn"].endswith(f":event-source-mapping:{made['UUID']}")
    bench.wait_for_mapping()
    [listed] = bench.lambda_.list_event_source_mappings(FunctionName="work")["EventSourceMappings"]
    assert (listed["UUID"], listed["State"]) == (made["UUID"], "Enabled")


@pytest.mark.parametrize(
    ("queue", "settings", "text"),
    [
        ("jobs", {"BatchSize": 11}, "Maximum batch window in seconds must be greater than 0"),
        ("jobs.fifo", {"BatchSize": 11}, "Batch size must be between 1 and 10"),
        ("jobs.fifo", {"MaximumBatchingWindowInSeconds": 5}, "not supported for FIFO"),
        ("slow", {}, "Queue visibility timeout: 5 seconds is less than Function timeout: 30"),
        ("nowhere", {}, "AWS.SimpleQueueService.NonExistentQueue"),
        (
            "jobs",
            {"FilterCriteria": {"Filters": [{"Pattern": "simple"}]}},
            "Invalid filter pattern",
        ),
        (
            "jobs",
            {"FilterCriteria": {"Filters": [{"Pattern": '{"body": ["a"]}'}] * 6}},
            "at most 5",
        ),
    ],
)
def test_mapping_that_cannot_work_is_refused(
    bench: Any, queue: str, settings: dict[str, Any], text: str
) -> None:
    """Lambda refuses it with InvalidParameterValueException and says why."""
    bench.function(timeout_seconds=30)
    bench.queue()
    bench.queue("jobs.fifo", FifoQueue="true")
    bench.queue("slow", VisibilityTimeout="5")
    with pytest.raises(ClientError, match="InvalidParameterValueException") as caught:
        bench.map(queue, **settings)
    assert text in str(caught.value)
    assert bench.lambda_.list_event_source_mappings()["EventSourceMappings"] == []


def test_second_mapping_of_the_same_pair_is_refused(bench: Any) -> None:
    """One queue and one function have one mapping."""
    bench.function()
    bench.queue()
    uuid = bench.map()
    with pytest.raises(ClientError, match=f"already exists.*{uuid}"):
        bench.map()


def test_refused_update_leaves_the_mapping_as_it_was(bench: Any) -> None:
    """A setting Lambda refuses changes nothing, and messages still arrive."""
    events = bench.function()
    url = bench.queue()
    uuid = bench.map()
    with pytest.raises(ClientError, match="Maximum batch window"):
        bench.lambda_.update_event_source_mapping(UUID=uuid, BatchSize=50)
    assert bench.lambda_.get_event_source_mapping(UUID=uuid)["BatchSize"] == 10
    bench.send(url, "a")
    bench.aws.settle()
    assert len(events) == 1


def test_queue_of_another_region_is_mapped_there(bench: Any) -> None:
    """Region and account of the queue's ARN count, not the caller's."""
    events = bench.function()
    elsewhere = bench.aws.client("sqs", region="eu-west-1")
    url = elsewhere.create_queue(QueueName="jobs")["QueueUrl"]
    bench.lambda_.create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:eu-west-1:000000000000:jobs", FunctionName="work"
    )
    elsewhere.send_message(QueueUrl=url, MessageBody="a")
    bench.aws.settle()
    assert events[0]["Records"][0]["awsRegion"] == "eu-west-1"

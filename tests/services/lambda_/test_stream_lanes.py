"""Streams as event sources: parallel lanes, resharding, positions, windows with a state."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
HALF = str(2**127)


class Stream:
    """A stream called clicks, mapped to the function work."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.kinesis = bench.aws.client("kinesis")
        self.uuid = ""

    def create(self, shards: int = 1) -> None:
        self.kinesis.create_stream(StreamName="clicks", ShardCount=shards)
        self.bench.aws.settle()

    def map(self, position: str = "TRIM_HORIZON", **settings: Any) -> None:
        made = self.bench.lambda_.create_event_source_mapping(
            EventSourceArn=STREAM, FunctionName="work", StartingPosition=position, **settings
        )
        self.uuid = made["UUID"]
        self.bench.wait_for_mapping()

    def put(self, *data: str, key: str = "k", **options: Any) -> None:
        records = [{"Data": text.encode(), "PartitionKey": key, **options} for text in data]
        self.kinesis.put_records(StreamName="clicks", Records=records)

    def split(self) -> None:
        self.kinesis.split_shard(
            StreamName="clicks", ShardToSplit="shardId-000000000000", NewStartingHashKey=HALF
        )

    def enable(self, enabled: bool) -> None:
        self.bench.lambda_.update_event_source_mapping(UUID=self.uuid, Enabled=enabled)
        self.bench.wait_for_mapping()


@pytest.fixture
def stream(bench: Any) -> Stream:
    made = Stream(bench)
    made.create()
    return made


def data_of(event: Any) -> list[str]:
    return [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]


def test_lanes_run_beside_each_other_and_keep_the_order_of_a_key(bench: Any, stream: Any) -> None:
    """ParallelizationFactor: keys of one shard do not wait for each other, records of a key do."""
    running = {"now": 0, "most": 0}
    seen: list[tuple[str, str]] = []

    def work(event: Any) -> None:
        running["now"] += 1
        running["most"] = max(running["most"], running["now"])
        time.sleep(1)
        running["now"] -= 1
        seen.extend(
            (record["kinesis"]["partitionKey"], data_of({"Records": [record]})[0])
            for record in event["Records"]
        )

    bench.function(handler=work, timeout_seconds=10)
    stream.map(BatchSize=1, ParallelizationFactor=10)
    for number in range(3):
        for key in "abcdefgh":
            stream.put(str(number), key=key)
    bench.aws.settle()
    assert running["most"] > 1
    assert len(seen) == 24
    for key in "abcdefgh":
        assert [data for owner, data in seen if owner == key] == ["0", "1", "2"]


def test_a_blocked_key_does_not_block_the_others(bench: Any, stream: Any) -> None:
    """Only the lane of the failing record waits."""
    seen: list[str] = []

    def work(event: Any) -> None:
        if data_of(event) == ["bad"]:
            raise RuntimeError("bad")
        seen.extend(data_of(event))

    bench.function(handler=work)
    stream.map(BatchSize=1, ParallelizationFactor=10)
    stream.put("bad", key="a")
    for key in "bcdefghijk":
        stream.put(key, key=key)
    bench.aws.advance(seconds=5)
    assert len(seen) >= 8


def test_children_wait_for_their_parent(bench: Any, stream: Any) -> None:
    """Records of a child shard come after all of its parent's, also when the parent is blocked."""
    seen: list[str] = []
    failures = 3

    def work(event: Any) -> None:
        nonlocal failures
        if "parent" in data_of(event) and failures:
            failures -= 1
            raise RuntimeError("not yet")
        seen.extend(data_of(event))

    bench.function(handler=work)
    stream.map()
    stream.put("parent")
    bench.aws.advance(seconds=0)
    stream.split()
    bench.aws.advance(seconds=1)
    stream.put("low", ExplicitHashKey="0")
    stream.put("high", ExplicitHashKey=HALF)
    bench.aws.advance(seconds=1)
    assert seen == []
    bench.aws.settle()
    assert seen[0] == "parent"
    assert sorted(seen[1:]) == ["high", "low"]


def test_a_reshard_before_the_mapping_is_read_parents_first(bench: Any, stream: Any) -> None:
    """TRIM_HORIZON begins with closed shards."""
    stream.put("parent")
    stream.split()
    bench.aws.settle()
    stream.put("child", ExplicitHashKey="0")
    events = bench.function()
    stream.map()
    bench.aws.settle()
    assert [data_of(event) for event in events] == [["parent"], ["child"]]


def test_latest_means_the_moment_of_creation(bench: Any, stream: Any) -> None:
    """Also when nothing comes for longer than an iterator lives, and at one instant."""
    stream.put("before")
    events = bench.function()
    bench.lambda_.create_event_source_mapping(
        EventSourceArn=STREAM, FunctionName="work", StartingPosition="LATEST"
    )
    stream.put("after")
    bench.aws.settle()
    bench.aws.advance(seconds=3600)
    stream.put("later")
    bench.aws.settle()
    assert [data_of(event) for event in events] == [["after"], ["later"]]


def test_at_timestamp_begins_there(bench: Any, stream: Any) -> None:
    """Records before the instant are left out; an instant to come is refused."""
    stream.put("a")
    bench.aws.advance(seconds=60)
    instant = bench.aws.now
    stream.put("b")
    events = bench.function()
    stream.map("AT_TIMESTAMP", StartingPositionTimestamp=instant)
    bench.aws.settle()
    assert [data_of(event) for event in events] == [["b"]]
    with pytest.raises(ClientError, match="cannot be in the future"):
        bench.lambda_.create_event_source_mapping(
            EventSourceArn=STREAM,
            FunctionName="work",
            StartingPosition="AT_TIMESTAMP",
            StartingPositionTimestamp=2_000_000_000,
        )


def test_a_mapping_goes_on_where_it_was_disabled(bench: Any, stream: Any) -> None:
    """What was handled is not offered again, what came meanwhile is."""
    events = bench.function()
    stream.map()
    stream.put("a")
    bench.aws.settle()
    stream.enable(False)
    stream.put("b")
    bench.aws.advance(seconds=600)
    stream.enable(True)
    bench.aws.settle()
    assert [data_of(event) for event in events] == [["a"], ["b"]]


def test_a_batch_is_at_most_six_megabytes(bench: Any, stream: Any) -> None:
    """Records that do not fit into one invocation come with the next."""
    sizes: list[int] = []
    bench.function(handler=lambda event: sizes.append(len(event["Records"])))
    for _ in range(8):
        stream.kinesis.put_record(StreamName="clicks", Data=b"x" * 1_000_000, PartitionKey="k")
        bench.aws.advance(seconds=1)
    stream.map()
    bench.aws.settle()
    assert sizes == [4, 4]


def test_progress_within_a_batch_begins_the_count_again(bench: Any, stream: Any) -> None:
    """As recorded on AWS: the rest of a partly handled batch has all its tries."""
    url = bench.queue("failed")
    tries: list[list[str]] = []

    def refuse_c(event: Any) -> Any:
        tries.append(data_of(event))
        return {
            "batchItemFailures": [
                {"itemIdentifier": record["kinesis"]["sequenceNumber"]}
                for record in event["Records"]
                if data_of({"Records": [record]}) == ["c"]
            ]
        }

    bench.function(handler=refuse_c)
    stream.map(
        BatchSize=3,
        MaximumRetryAttempts=3,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DestinationConfig={"OnFailure": {"Destination": bench.arn("failed")}},
    )
    stream.put(*"abc")
    bench.aws.settle()
    assert tries == [["a", "b", "c"], ["c"], ["c"], ["c"], ["c"]]
    [message] = bench.messages(url)
    record = message["Body"]
    assert record["requestContext"]["approximateInvokeCount"] == 4
    assert record["responseContext"]["functionError"] is None


def test_records_too_old_at_once_are_reported_without_a_response(bench: Any, stream: Any) -> None:
    """As recorded on AWS: one invocation counted, no responseContext; younger ones are handled."""
    url = bench.queue("failed")
    stream.put("old")
    bench.aws.advance(seconds=80)
    stream.put("young")
    events = bench.function()
    stream.map(
        MaximumRecordAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": bench.arn("failed")}},
    )
    bench.aws.settle()
    assert [data_of(event) for event in events] == [["young"]]
    [message] = bench.messages(url)
    assert message["Body"]["requestContext"]["condition"] == "RecordAgeExceeded"
    assert message["Body"]["requestContext"]["approximateInvokeCount"] == 1
    assert "responseContext" not in message["Body"]


def test_a_bucket_gets_the_records_too(bench: Any, stream: Any) -> None:
    """S3 destination: key and payload as recorded on AWS."""
    s3 = bench.aws.client("s3")
    s3.create_bucket(Bucket="failures")

    def fail(_event: Any) -> None:
        raise RuntimeError("no")

    bench.function(handler=fail)
    stream.map(
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": "arn:aws:s3:::failures"}},
    )
    stream.put("lost")
    bench.aws.settle()
    [found] = s3.list_objects_v2(Bucket="failures")["Contents"]
    start = f"aws/lambda/{stream.uuid}/shardId-000000000000/2026/01/01/2026-01-01T00.00."
    assert found["Key"].startswith(start)
    record = json.loads(s3.get_object(Bucket="failures", Key=found["Key"])["Body"].read())
    assert data_of(record["payload"]) == ["lost"]
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_a_function_that_always_fails_is_tried_until_the_record_expires(
    bench: Any, stream: Any
) -> None:
    """Without limits of its own a mapping tries for as long as the stream keeps the record."""
    tries: list[float] = []

    def fail(event: Any) -> None:
        if data_of(event) == ["bad"]:
            tries.append(bench.elapsed())
            raise RuntimeError("bad")

    events = bench.function(handler=fail)
    stream.map(BatchSize=1)
    stream.put("bad")
    bench.aws.advance(seconds=25 * 3600)
    stream.put("good")
    bench.aws.settle()
    assert tries[:4] == [0, 1, 3, 7]
    assert 24 * 3600 - 120 < tries[-1] <= 24 * 3600
    assert data_of(events[-1]) == ["good"]


def test_tumbling_windows_hand_a_state_on(bench: Any, stream: Any) -> None:
    """Each window has its own state, and one last invocation without records."""

    def count(event: Any) -> Any:
        return {"state": {"count": event["state"].get("count", 0) + len(event["Records"])}}

    events = bench.function(handler=count)
    stream.map(BatchSize=2, TumblingWindowInSeconds=30)
    stream.put(*"abc")
    bench.aws.advance(seconds=30)
    stream.put("d")
    bench.aws.settle()
    seen = [
        (data_of(e), e["state"], e["window"]["start"][-6:-1], e["isFinalInvokeForWindow"])
        for e in events
    ]
    assert seen == [
        (["a", "b"], {}, "00:00", False),
        (["c"], {"count": 2}, "00:00", False),
        ([], {"count": 3}, "00:00", True),
        (["d"], {}, "00:30", False),
        ([], {"count": 1}, "00:30", True),
    ]
    assert events[0]["window"]["end"] == "2026-01-01T00:00:30Z"
    assert events[0]["shardId"] == "shardId-000000000000"
    assert events[0]["eventSourceARN"] == STREAM
    assert events[0]["isWindowTerminatedEarly"] is False


def test_a_window_whose_state_is_too_large_ends_early(bench: Any, stream: Any) -> None:
    """More than 1 MB: the window is closed at once and says so."""
    events = bench.function(handler=lambda event: {"state": {"x": "x" * 1_100_000}})
    stream.map(TumblingWindowInSeconds=30)
    stream.put("a")
    bench.aws.advance(seconds=1)
    assert [e["isWindowTerminatedEarly"] for e in events] == [False, True]
    assert events[1]["isFinalInvokeForWindow"] is True


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"MaximumRecordAgeInSeconds": 30}, "MaximumRecordAgeInSeconds must be -1 or between 60"),
        ({"TumblingWindowInSeconds": 9, "ParallelizationFactor": 2}, "cannot be combined"),
        ({"ScalingConfig": {"MaximumConcurrency": 2}}, "Unsupported ScalingConfig parameter"),
        (
            {
                "DestinationConfig": {
                    "OnFailure": {
                        "Destination": "arn:aws:events:us-east-1:000000000000:event-bus/b"
                    }
                }
            },
            "The destination ARN",
        ),
    ],
)
def test_settings_that_streams_do_not_take(
    bench: Any, stream: Any, settings: dict[str, Any], text: str
) -> None:
    """Refused, and no mapping is kept."""
    bench.function()
    with pytest.raises(ClientError, match=text):
        stream.map(**settings)
    assert bench.lambda_.list_event_source_mappings()["EventSourceMappings"] == []


def test_a_stream_made_again_under_its_arn_is_read_again(bench: Any, stream: Any) -> None:
    """The mapping says that the stream is gone, and finds the new one."""
    events = bench.function()
    stream.map()
    stream.kinesis.delete_stream(StreamName="clicks")
    bench.aws.settle()
    found = bench.lambda_.get_event_source_mapping(UUID=stream.uuid)
    assert found["LastProcessingResult"].startswith("PROBLEM: Stream")
    stream.create()
    stream.put("new")
    bench.aws.settle()
    assert [data_of(event) for event in events] == [["new"]]
    found = bench.lambda_.get_event_source_mapping(UUID=stream.uuid)
    assert found["LastProcessingResult"] == "OK"

"""Kinesis and DynamoDB streams as event sources: order, blocking, bisection and giving up."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"


@pytest.fixture
def kinesis(bench: Any) -> Any:
    client = bench.aws.client("kinesis")
    client.create_stream(StreamName="clicks", ShardCount=1)
    bench.aws.settle()
    return client


@pytest.fixture
def table(bench: Any) -> Any:
    """A table with a stream; gives (client, stream ARN)."""
    client = bench.aws.client("dynamodb")
    description = client.create_table(
        TableName="things",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    return client, description["LatestStreamArn"]


def map_stream(bench: Any, arn: str = STREAM, **settings: Any) -> dict[str, Any]:
    settings.setdefault("StartingPosition", "LATEST")
    made = bench.lambda_.create_event_source_mapping(
        EventSourceArn=arn, FunctionName="work", **settings
    )
    bench.wait_for_mapping()
    return dict(made)


def put(kinesis: Any, *data: str) -> None:
    records = [{"Data": text.encode(), "PartitionKey": "k"} for text in data]
    kinesis.put_records(StreamName="clicks", Records=records)


def data_of(event: Any) -> list[str]:
    return [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]


def test_kinesis_record_reaches_the_function(bench: Any, kinesis: Any) -> None:
    """A record put into a mapped stream arrives at once, in AWS's shape."""
    events = bench.function()
    map_stream(bench)
    put(kinesis, "a")
    bench.aws.settle()
    [record] = events[0]["Records"]
    assert data_of(events[0]) == ["a"]
    assert record["eventSource"] == "aws:kinesis"
    assert record["eventName"] == "aws:kinesis:record"
    assert record["eventSourceARN"] == STREAM
    assert record["eventID"] == f"shardId-000000000000:{record['kinesis']['sequenceNumber']}"
    assert record["kinesis"]["kinesisSchemaVersion"] == "1.0"
    assert record["kinesis"]["partitionKey"] == "k"
    assert isinstance(record["kinesis"]["approximateArrivalTimestamp"], float)


def test_latest_skips_and_trim_horizon_takes_what_was_there(bench: Any, kinesis: Any) -> None:
    """LATEST begins with what comes after the mapping, TRIM_HORIZON with the oldest record."""
    put(kinesis, "old")
    events = bench.function()
    uuid = map_stream(bench)["UUID"]
    put(kinesis, "new")
    bench.aws.settle()
    assert [data_of(event) for event in events] == [["new"]]
    bench.lambda_.delete_event_source_mapping(UUID=uuid)
    bench.wait_for_mapping()
    map_stream(bench, StartingPosition="TRIM_HORIZON")
    bench.aws.settle()
    assert [data_of(event) for event in events[1:]] == [["old", "new"]]


def test_batches_are_in_order_and_no_larger_than_asked(bench: Any, kinesis: Any) -> None:
    """Records come in order, at most BatchSize at a time."""
    events = bench.function()
    map_stream(bench, BatchSize=2)
    put(kinesis, *"abcde")
    bench.aws.settle()
    assert [data_of(event) for event in events] == [["a", "b"], ["c", "d"], ["e"]]


def test_window_gathers_records(bench: Any, kinesis: Any) -> None:
    """With a window the function is invoked once for what came within it."""
    events = bench.function()
    map_stream(bench, MaximumBatchingWindowInSeconds=10)
    put(kinesis, "a")
    bench.aws.advance(seconds=9)
    put(kinesis, "b")
    assert events == []
    bench.aws.advance(seconds=1)
    assert [data_of(event) for event in events] == [["a", "b"]]


def test_failed_batch_blocks_its_shard_until_it_succeeds(bench: Any, kinesis: Any) -> None:
    """What comes after a failing batch waits, and the same batch is tried again."""
    seen: list[list[str]] = []

    def fail_twice(event: Any) -> None:
        seen.append(data_of(event))
        if len(seen) < 3:
            raise RuntimeError("again")

    bench.function(handler=fail_twice)
    map_stream(bench)
    put(kinesis, "a")
    bench.aws.advance(seconds=0)
    put(kinesis, "b")
    bench.aws.settle()
    assert seen == [["a"], ["a"], ["a"], ["b"]]


def test_retries_run_out_into_the_failure_destination(bench: Any, kinesis: Any) -> None:
    """After MaximumRetryAttempts the batch's place in the stream goes to the destination."""
    url = bench.queue("failed")

    def fail_on_a(event: Any) -> None:
        if data_of(event) == ["a"]:
            raise RuntimeError("no")

    events = bench.function(handler=fail_on_a)
    map_stream(
        bench,
        BatchSize=1,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": bench.arn("failed")}},
    )
    put(kinesis, "a", "b")
    bench.aws.settle()
    assert [data_of(event) for event in events] == [["a"], ["a"], ["b"]]
    [message] = bench.messages(url)
    record = message["Body"]
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["requestContext"]["functionArn"].endswith(":function:work")
    assert record["responseContext"]["functionError"] == "Unhandled"
    place = record["KinesisBatchInfo"]
    first = events[0]["Records"][0]["kinesis"]["sequenceNumber"]
    assert (place["startSequenceNumber"], place["endSequenceNumber"]) == (first, first)
    assert (place["shardId"], place["batchSize"]) == ("shardId-000000000000", 1)
    assert place["streamArn"] == STREAM


def test_bisection_narrows_a_failure_down(bench: Any, kinesis: Any) -> None:
    """A failed batch is halved until the bad record stands alone; the good ones are handled."""
    seen: list[list[str]] = []

    def fail_on_c(event: Any) -> None:
        seen.append(data_of(event))
        if "c" in seen[-1]:
            raise RuntimeError("c")

    bench.function(handler=fail_on_c)
    map_stream(bench, BisectBatchOnFunctionError=True, MaximumRetryAttempts=1)
    put(kinesis, *"abcd")
    bench.aws.settle()
    assert seen == [list("abcd"), ["a", "b"], ["c", "d"], ["c"], ["c"], ["d"]]


def test_old_records_are_given_up(bench: Any, kinesis: Any) -> None:
    """A record over MaximumRecordAgeInSeconds is not offered again; the next ones are."""
    url = bench.queue("failed")

    def fail_on_a(event: Any) -> None:
        if "a" in data_of(event):
            raise RuntimeError("a")

    events = bench.function(handler=fail_on_a)
    map_stream(
        bench,
        BatchSize=1,
        MaximumRecordAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": bench.arn("failed")}},
    )
    put(kinesis, "a")
    bench.aws.advance(seconds=50)
    put(kinesis, "b")
    bench.aws.settle()
    assert data_of(events[-1]) == ["b"]
    [message] = bench.messages(url)
    assert message["Body"]["requestContext"]["condition"] == "RecordAgeExceeded"


def test_reported_failure_goes_on_from_the_lowest_number(bench: Any, kinesis: Any) -> None:
    """With ReportBatchItemFailures the batch is retried from the lowest number reported."""
    seen: list[list[str]] = []

    def refuse_b_once(event: Any) -> Any:
        seen.append(data_of(event))
        if len(seen) > 1:
            return None
        numbers = [record["kinesis"]["sequenceNumber"] for record in event["Records"]]
        return {"batchItemFailures": [{"itemIdentifier": number} for number in numbers[:0:-1]]}

    bench.function(handler=refuse_b_once)
    map_stream(bench, FunctionResponseTypes=["ReportBatchItemFailures"])
    put(kinesis, *"abc")
    bench.aws.settle()
    assert seen == [["a", "b", "c"], ["b", "c"]]


def test_kinesis_filter_sees_decoded_data(bench: Any, kinesis: Any) -> None:
    """A pattern on data is held against the decoded JSON; what it rejects is skipped."""
    events = bench.function()
    pattern = json.dumps({"data": {"kind": ["order"]}, "partitionKey": ["k"]})
    map_stream(bench, FilterCriteria={"Filters": [{"Pattern": pattern}]})
    put(kinesis, '{"kind": "order"}', '{"kind": "other"}', "text")
    bench.aws.settle()
    assert [data_of(event) for event in events] == [['{"kind": "order"}']]


def test_new_shards_are_read_from_their_start(bench: Any, kinesis: Any) -> None:
    """Records put after a reshard reach the function."""
    events = bench.function()
    map_stream(bench)
    kinesis.update_shard_count(
        StreamName="clicks", TargetShardCount=2, ScalingType="UNIFORM_SCALING"
    )
    put(kinesis, "a")
    bench.aws.settle()
    assert [data_of(event) for event in events] == [["a"]]


def test_kinesis_mapping_is_described_as_aws_does(bench: Any, kinesis: Any) -> None:
    """Defaults of a stream mapping, as recorded on AWS."""
    bench.function()
    made = map_stream(bench)
    assert made["BatchSize"] == 100
    assert (made["MaximumRetryAttempts"], made["MaximumRecordAgeInSeconds"]) == (-1, -1)
    assert made["StateTransitionReason"] == "User action"
    assert made["LastProcessingResult"] == "No records processed"
    assert made["DestinationConfig"] == {"OnFailure": {}}


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:kinesis:us-east-1:000000000000:stream/nowhere",
        "arn:aws:dynamodb:us-east-1:000000000000:table/nowhere/stream/2026-01-01T00:00:00.000",
    ],
)
def test_mapping_of_a_missing_stream_is_refused(bench: Any, arn: str) -> None:
    """Lambda says which stream it did not find, and keeps no mapping."""
    bench.function()
    with pytest.raises(
        ClientError, match=f"InvalidParameterValueException.*Stream not found: {arn}"
    ):
        map_stream(bench, arn)
    assert bench.lambda_.list_event_source_mappings()["EventSourceMappings"] == []


def test_table_changes_reach_the_function(bench: Any, table: Any) -> None:
    """Insert, modify and remove arrive in order with keys and images."""
    client, arn = table
    events = bench.function()
    map_stream(bench, arn)
    client.put_item(TableName="things", Item={"id": {"S": "1"}, "n": {"N": "1"}})
    client.put_item(TableName="things", Item={"id": {"S": "1"}, "n": {"N": "2"}})
    client.delete_item(TableName="things", Key={"id": {"S": "1"}})
    bench.aws.settle()
    records = [record for event in events for record in event["Records"]]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    change = records[1]["dynamodb"]
    assert change["Keys"] == {"id": {"S": "1"}}
    assert change["OldImage"]["n"] == {"N": "1"}
    assert change["NewImage"]["n"] == {"N": "2"}
    assert records[0]["eventSource"] == "aws:dynamodb"
    assert records[0]["eventSourceARN"] == arn
    assert change["StreamViewType"] == "NEW_AND_OLD_IMAGES"


def test_batch_and_transaction_writes_reach_the_function(bench: Any, table: Any) -> None:
    """Every way to write wakes the mapping."""
    client, arn = table
    events = bench.function()
    map_stream(bench, arn)
    item = {"id": {"S": "1"}}
    client.batch_write_item(RequestItems={"things": [{"PutRequest": {"Item": item}}]})
    transaction = {"Put": {"TableName": "things", "Item": {"id": {"S": "2"}}}}
    client.transact_write_items(TransactItems=[transaction])
    client.execute_statement(Statement="INSERT INTO things VALUE {'id': '3'}")
    bench.aws.settle()
    ids = [r["dynamodb"]["Keys"]["id"]["S"] for event in events for r in event["Records"]]
    assert ids == ["1", "2", "3"]


def test_table_filter_by_event_name(bench: Any, table: Any) -> None:
    """A DynamoDB pattern sees the record as it is."""
    client, arn = table
    events = bench.function()
    map_stream(bench, arn, FilterCriteria={"Filters": [{"Pattern": '{"eventName": ["REMOVE"]}'}]})
    client.put_item(TableName="things", Item={"id": {"S": "1"}})
    client.delete_item(TableName="things", Key={"id": {"S": "1"}})
    bench.aws.settle()
    assert [r["eventName"] for event in events for r in event["Records"]] == ["REMOVE"]


def test_a_mapping_that_was_disabled_for_long_goes_on_with_what_is_left(
    bench: Any, table: Any
) -> None:
    """Changes of a table are kept for a day; those before are lost, on AWS as well."""
    client, arn = table
    events = bench.function()
    uuid = map_stream(bench, arn, StartingPosition="TRIM_HORIZON")["UUID"]
    client.put_item(TableName="things", Item={"id": {"S": "handled"}})
    bench.aws.settle()
    bench.lambda_.update_event_source_mapping(UUID=uuid, Enabled=False)
    bench.wait_for_mapping()
    client.put_item(TableName="things", Item={"id": {"S": "lost"}})
    bench.aws.advance(seconds=30 * 3_600)
    client.put_item(TableName="things", Item={"id": {"S": "kept"}})
    bench.lambda_.update_event_source_mapping(UUID=uuid, Enabled=True)
    bench.wait_for_mapping()
    bench.aws.settle()
    keys = [one["dynamodb"]["Keys"]["id"]["S"] for event in events for one in event["Records"]]
    assert keys == ["handled", "kept"]


def test_a_consumer_is_an_event_source_as_long_as_it_is_registered(
    bench: Any, kinesis: Any
) -> None:
    """Enhanced fan-out: its ARN is what the mapping and each record name."""
    events = bench.function()
    made = kinesis.register_stream_consumer(StreamARN=STREAM, ConsumerName="fast")
    arn = made["Consumer"]["ConsumerARN"]
    bench.aws.settle()
    uuid = map_stream(bench, arn)["UUID"]
    assert bench.lambda_.get_event_source_mapping(UUID=uuid)["EventSourceArn"] == arn
    put(kinesis, "a")
    bench.aws.settle()
    assert [data_of(event) for event in events] == [["a"]]
    assert events[0]["Records"][0]["eventSourceARN"] == arn
    kinesis.deregister_stream_consumer(ConsumerARN=arn)
    bench.aws.advance(seconds=2)
    put(kinesis, "b")
    bench.aws.advance(seconds=2)
    assert len(events) == 1
    described = bench.lambda_.get_event_source_mapping(UUID=uuid)
    assert described["LastProcessingResult"].startswith("PROBLEM")
    with pytest.raises(ClientError, match="Stream not found"):
        map_stream(bench, arn.replace("fast", "none"))

"""The life of an event source mapping: the same states for all three kinds of source."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:jobs"


class Source:
    """A queue, stream or table that a function is mapped to."""

    def __init__(self, bench: Any, kind: str) -> None:
        self.bench = bench
        self.kind = kind
        self.client = bench.aws.client(kind)
        self.arn = getattr(self, f"_make_{kind}")()
        self.settings = {} if kind == "sqs" else {"StartingPosition": "TRIM_HORIZON"}
        bench.aws.settle()

    def create(self, **settings: Any) -> dict[str, Any]:
        return dict(
            self.bench.lambda_.create_event_source_mapping(
                EventSourceArn=self.arn, FunctionName="work", **self.settings, **settings
            )
        )

    def send(self, text: str) -> None:
        if self.kind == "sqs":
            self.client.send_message(QueueUrl=self.url, MessageBody=text)
        elif self.kind == "kinesis":
            self.client.put_record(StreamName="clicks", Data=text.encode(), PartitionKey="k")
        else:
            self.client.put_item(TableName="things", Item={"id": {"S": text}})

    def delete(self) -> None:
        if self.kind == "sqs":
            self.client.delete_queue(QueueUrl=self.url)
        elif self.kind == "kinesis":
            self.client.delete_stream(StreamName="clicks")
        else:
            self.client.delete_table(TableName="things")

    def _make_sqs(self) -> str:
        self.url = self.bench.queue(VisibilityTimeout="30")
        return QUEUE

    def _make_kinesis(self) -> str:
        self.client.create_stream(StreamName="clicks", ShardCount=1)
        return STREAM

    def _make_dynamodb(self) -> str:
        described = self.client.create_table(
            TableName="things",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
        return str(described["TableDescription"]["LatestStreamArn"])


@pytest.fixture(params=["sqs", "kinesis", "dynamodb"])
def source(bench: Any, request: pytest.FixtureRequest) -> Source:
    return Source(bench, request.param)


def state(bench: Any, uuid: str) -> str:
    return str(bench.lambda_.get_event_source_mapping(UUID=uuid)["State"])


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_mapping_can_be_disabled_changed_enabled_and_deleted(bench: Any, source: Source) -> None:
    """Each change has a state of its own, and nothing is lost in between."""
    events = bench.function()
    uuid = source.create()["UUID"]
    assert state(bench, uuid) == "Creating"
    bench.aws.settle()
    assert state(bench, uuid) == "Enabled"
    update = bench.lambda_.update_event_source_mapping
    assert update(UUID=uuid, Enabled=False)["State"] == "Disabling"
    bench.aws.settle()
    assert state(bench, uuid) == "Disabled"
    source.send("kept")
    bench.aws.settle()
    assert events == []
    assert update(UUID=uuid, BatchSize=7)["State"] == "Updating"
    bench.aws.settle()
    assert state(bench, uuid) == "Disabled"
    assert update(UUID=uuid, Enabled=True)["State"] == "Enabling"
    bench.aws.settle()
    assert state(bench, uuid) == "Enabled"
    assert [len(event["Records"]) for event in events] == [1]
    assert update(UUID=uuid, BatchSize=8)["BatchSize"] == 8
    bench.aws.settle()
    source.send("next")
    bench.aws.settle()
    assert len(events) == 2
    assert bench.lambda_.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    assert state(bench, uuid) == "Deleting"
    bench.aws.settle()
    code, _ = refused(bench.lambda_.get_event_source_mapping, UUID=uuid)
    assert code == "ResourceNotFoundException"
    source.create()
    bench.aws.settle()


def test_a_mapping_in_use_is_not_changed(bench: Any, source: Source) -> None:
    """While a change is under way the next is refused with AWS's sentence, and changes nothing."""
    bench.function()
    uuid = source.create()["UUID"]
    update, delete = (
        bench.lambda_.update_event_source_mapping,
        (bench.lambda_.delete_event_source_mapping),
    )
    in_use = "the event source mapping because it is in use."
    before = bench.lambda_.get_event_source_mapping(UUID=uuid)["LastModified"]
    assert refused(update, UUID=uuid, BatchSize=3) == (
        "ResourceInUseException",
        f"Cannot update {in_use}",
    )
    assert refused(delete, UUID=uuid) == ("ResourceInUseException", f"Cannot delete {in_use}")
    bench.aws.settle()
    found = bench.lambda_.get_event_source_mapping(UUID=uuid)
    assert (found["State"], found["LastModified"]) == ("Enabled", before)
    assert found["BatchSize"] != 3
    delete(UUID=uuid)
    assert refused(delete, UUID=uuid)[0] == "ResourceInUseException"
    assert refused(update, UUID=uuid, Enabled=True)[0] == "ResourceInUseException"
    bench.aws.settle()


def test_a_mapping_made_disabled_waits(bench: Any, source: Source) -> None:
    """Enabled=False: nothing is read until it is enabled, and then everything."""
    events = bench.function()
    made = source.create(Enabled=False)
    uuid = made["UUID"]
    assert made["State"] == "Disabled"
    source.send("early")
    bench.aws.settle()
    assert (state(bench, uuid), events) == ("Disabled", [])
    bench.lambda_.update_event_source_mapping(UUID=uuid, Enabled=True)
    bench.aws.settle()
    assert len(events) == 1


def test_a_source_deleted_under_a_mapping_is_reported(bench: Any, source: Source) -> None:
    """The mapping stays, says what is wrong, and can be disabled and deleted."""
    bench.function()
    uuid = source.create()["UUID"]
    bench.aws.settle()
    source.delete()
    bench.aws.advance(seconds=25 * 3600)  # the stream of a deleted table can be read for a day
    bench.lambda_.update_event_source_mapping(UUID=uuid, Enabled=False)
    bench.aws.settle()
    bench.lambda_.update_event_source_mapping(UUID=uuid, Enabled=True)
    bench.aws.settle()
    found = bench.lambda_.get_event_source_mapping(UUID=uuid)
    assert found["State"] == "Enabled"
    assert found["LastProcessingResult"].startswith("PROBLEM: ")
    bench.lambda_.delete_event_source_mapping(UUID=uuid)
    bench.aws.settle()
    assert bench.lambda_.list_event_source_mappings()["EventSourceMappings"] == []


def test_a_batch_under_way_counts_before_a_mapping_is_disabled(bench: Any, source: Source) -> None:
    """Disabling ends when the run has ended, and what the run handled is not offered again."""
    seen: list[int] = []

    def switch_off(event: Any) -> None:
        seen.append(len(event["Records"]))
        if len(seen) == 1:
            bench.lambda_.update_event_source_mapping(UUID=uuid, Enabled=False)
            assert state(bench, uuid) == "Disabling"

    bench.function(handler=switch_off)
    uuid = source.create()["UUID"]
    source.send("once")
    bench.aws.settle()
    assert state(bench, uuid) == "Disabled"
    bench.lambda_.update_event_source_mapping(UUID=uuid, Enabled=True)
    bench.aws.settle()
    assert seen == [1]


@pytest.mark.parametrize(
    ("arn", "text"),
    [
        ("arn:aws:kinesis:us-east-1:000000000000:stream/none", "Stream not found: "),
        ("arn:aws:kinesis:eu-west-1:000000000000:stream/clicks", "Stream not found: "),
        (
            "arn:aws:dynamodb:us-east-1:000000000000:table/none/stream/2026-01-01T00:00:00.000",
            "Stream not found: ",
        ),
        (
            "arn:aws:dynamodb:eu-west-1:000000000000:table/t/stream/2026-01-01T00:00:00.000",
            "Stream not found: ",
        ),
        ("arn:aws:dynamodb:us-east-1:000000000000:table/t", "Unrecognized event source"),
        ("arn:aws:s3:::bucket", "Unrecognized event source"),
    ],
)
def test_a_stream_that_is_not_there_is_refused(bench: Any, arn: str, text: str) -> None:
    """Of another region, unknown, or no stream at all: AWS's sentence, and no mapping."""
    bench.function()
    bench.aws.client("kinesis", region="eu-west-1").create_stream(StreamName="clicks", ShardCount=1)
    bench.aws.settle()
    code, message = refused(
        bench.lambda_.create_event_source_mapping,
        EventSourceArn=arn,
        FunctionName="work",
        StartingPosition="LATEST",
    )
    assert code == "InvalidParameterValueException"
    assert message.startswith(text)
    assert bench.lambda_.list_event_source_mappings()["EventSourceMappings"] == []


def test_what_is_missing_is_named_in_the_order_of_aws(bench: Any) -> None:
    """First the source, then the function; a list for an unknown function is empty."""
    create = bench.lambda_.create_event_source_mapping
    assert refused(create, FunctionName="none")[1] == "Unrecognized event source."
    bench.queue()
    unknown = refused(create, FunctionName="none", EventSourceArn=QUEUE)
    assert unknown == ("InvalidParameterValueException", "Function does not exist")
    listed = bench.lambda_.list_event_source_mappings(FunctionName="none")
    assert listed["EventSourceMappings"] == []


def test_mappings_are_listed_page_by_page(bench: Any) -> None:
    """MaxItems and Marker."""
    bench.function()
    for name in "abc":
        bench.queue(name)
        bench.map(name)
    first = bench.lambda_.list_event_source_mappings(MaxItems=2)
    assert len(first["EventSourceMappings"]) == 2
    rest = bench.lambda_.list_event_source_mappings(Marker=first["NextMarker"])
    assert [m["EventSourceArn"][-1] for m in rest["EventSourceMappings"]] == ["c"]
    assert "NextMarker" not in rest

"""What the console and `make demo` count per function, whatever invokes it."""

from __future__ import annotations

from typing import Any

import pytest


def counted(aws: Any, name: str) -> tuple[int, int, int]:
    """Return invocations, errors and retries of a function."""
    functions = {f.settings.name: f.metrics for f in aws.lambda_.all_functions()}
    metrics = functions[name]
    return metrics.invocations, metrics.errors, metrics.retries


def failing(times: int) -> Any:
    left = [times]

    def handler(_event: Any) -> None:
        if left[0]:
            left[0] -= 1
            raise RuntimeError("not yet")

    return handler


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_a_message_received_again_counts_as_a_retry(aws: Any, failures: int) -> None:
    """Each failure is an error, and the run after it a retry."""
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    aws.function("work", failing(failures))
    arn = "arn:aws:sqs:us-east-1:000000000000:jobs"
    aws.client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName="work")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    aws.settle()
    assert counted(aws, "work") == (failures + 1, failures, failures)


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_an_asynchronous_event_tried_again_counts_as_a_retry(aws: Any, failures: int) -> None:
    """The same for an event of SNS, S3 or EventBridge."""
    aws.function("work", failing(failures))
    aws.client("lambda").invoke(FunctionName="work", InvocationType="Event", Payload=b"{}")
    aws.settle()
    assert counted(aws, "work") == (failures + 1, failures, failures)


def test_a_stream_batch_offered_again_counts_as_a_retry(aws: Any) -> None:
    """A shard is blocked by its batch until it succeeds; every further offer is a retry."""
    kinesis = aws.client("kinesis")
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    aws.settle()
    aws.function("work", failing(2))
    arn = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
    aws.client("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName="work", StartingPosition="TRIM_HORIZON"
    )
    kinesis.put_record(StreamName="clicks", Data=b"x", PartitionKey="p")
    aws.settle()
    assert counted(aws, "work") == (3, 2, 2)

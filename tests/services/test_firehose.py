"""Firehose is moto's, the bucket it delivers to is ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Aws


def test_records_of_a_delivery_stream_reach_the_bucket(aws: Aws) -> None:
    """What is put into the stream can be read from S3, and the trace knows who put it there."""
    s3, firehose = aws.client("s3"), aws.client("firehose")
    s3.create_bucket(Bucket="kept")
    firehose.create_delivery_stream(
        DeliveryStreamName="orders",
        S3DestinationConfiguration={
            "RoleARN": "arn:aws:iam::000000000000:role/any",
            "BucketARN": "arn:aws:s3:::kept",
        },
    )
    firehose.put_record(DeliveryStreamName="orders", Record={"Data": b"an order"})
    [entry] = s3.list_objects_v2(Bucket="kept")["Contents"]
    assert s3.get_object(Bucket="kept", Key=entry["Key"])["Body"].read() == b"an order"
    [put] = [one for one in aws.emulator.journal.entries() if one.subject == "s3.PutObject"]
    assert put.causes

"""What the Kinesis tests share: a client, a stream, short ways to put and read."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
FIRST = "shardId-000000000000"


class Clicks:
    """One stream called clicks."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.kinesis = aws.client("kinesis")

    def create(self, shards: int = 1, **options: Any) -> None:
        self.kinesis.create_stream(StreamName="clicks", ShardCount=shards, **options)
        self.aws.settle()

    def put(self, data: str | bytes, key: str = "k", **options: Any) -> dict[str, Any]:
        return dict(
            self.kinesis.put_record(StreamName="clicks", Data=data, PartitionKey=key, **options)
        )

    def put_many(self, *records: bytes, key: str = "k") -> dict[str, Any]:
        entries = [{"Data": data, "PartitionKey": key} for data in records]
        return dict(self.kinesis.put_records(StreamName="clicks", Records=entries))

    def iterator(self, kind: str = "TRIM_HORIZON", shard: str = FIRST, **options: Any) -> str:
        reply = self.kinesis.get_shard_iterator(
            StreamName="clicks", ShardId=shard, ShardIteratorType=kind, **options
        )
        return str(reply["ShardIterator"])

    def read(self, kind: str = "TRIM_HORIZON", shard: str = FIRST, **options: Any) -> list[bytes]:
        reply = self.kinesis.get_records(ShardIterator=self.iterator(kind, shard, **options))
        return [record["Data"] for record in reply["Records"]]

    def shards(self) -> list[dict[str, Any]]:
        return list(self.kinesis.list_shards(StreamName="clicks")["Shards"])

    def describe(self) -> dict[str, Any]:
        return dict(self.kinesis.describe_stream(StreamName="clicks")["StreamDescription"])

    def refused(self, operation: str, **request: Any) -> tuple[str, str]:
        """Return code and text of the error that a call gets."""
        with pytest.raises(ClientError) as caught:
            getattr(self.kinesis, operation)(**request)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]


@pytest.fixture
def empty(aws: Any) -> Clicks:
    """A client, and no stream yet."""
    return Clicks(aws)


@pytest.fixture
def clicks(empty: Clicks) -> Clicks:
    """A stream with one shard."""
    empty.create()
    return empty

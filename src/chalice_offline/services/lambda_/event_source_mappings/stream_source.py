"""Reading a Kinesis or DynamoDB stream, as any client would."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_.event_source_mappings.records import (
    dynamodb_record,
    kinesis_record,
)
from chalice_offline.services.lambda_.principal import PRINCIPAL

if TYPE_CHECKING:
    from chalice_offline.core.arn import Arn
    from chalice_offline.core.kernel import Kernel, Request, Result

# Amazon DynamoDB developer guide, "DynamoDB Streams": records are removed after 24 hours.
DYNAMODB_RETENTION_HOURS = 24


class SourceShard(NamedTuple):
    """A shard of a stream, and the shards it came of."""

    id: str
    parents: tuple[str, ...]
    is_closed: bool


@dataclass(slots=True)
class Item:
    """One record: as Lambda's event holds it, and what a mapping needs to know of it."""

    record: dict[str, Any]
    number: str
    key: str
    arrived_seconds: float
    text: str
    causes: tuple[int, ...]


class StreamSource:
    """One stream: its shards, and their records as Lambda events hold them."""

    def __init__(self, kernel: Kernel, arn: Arn) -> None:
        """`arn` is that of a stream, or of a consumer with a throughput of its own.

        Reads of mappings are not counted (kinesis/throughput.py), so a consumer reads as all do.
        """
        self._kernel = kernel
        self._source = str(arn)
        resource, self._consumer, _ = arn.resource.partition("/consumer/")
        self._arn = replace(arn, resource=resource)
        self.is_kinesis = arn.service == "kinesis"
        self.topic = str(self._arn)

    def exists(self) -> bool:
        """Whether the stream is there."""
        try:
            self.shards()
        except AwsError:
            return False
        return True

    def shards(self) -> list[SourceShard]:
        """Return all shards, oldest first; raises AwsError when there is no such stream."""
        self._check_consumer()
        request = self._stream()
        found: list[dict[str, Any]] = []
        while True:
            described = self._call("DescribeStream", request)["StreamDescription"]
            found += described.get("Shards", [])
            last = described.get("LastEvaluatedShardId")
            if described.get("HasMoreShards"):  # Kinesis
                last = found[-1]["ShardId"]
            if not last:
                return [_source_shard(shard) for shard in found]
            request = self._stream() | {"ExclusiveStartShardId": last}

    def identity(self) -> str:
        """Return what tells this stream from one that had its ARN before; "" when it is gone."""
        if not self.is_kinesis:  # the ARN says when the stream was made
            return self.topic
        try:
            summary = self._call("DescribeStreamSummary", self._stream())
        except AwsError:
            return ""
        return str(summary["StreamDescriptionSummary"]["StreamCreationTimestamp"])

    def retention_hours(self) -> int:
        """Return how long the stream keeps its records."""
        if not self.is_kinesis:
            return DYNAMODB_RETENTION_HOURS
        summary = self._call("DescribeStreamSummary", self._stream())["StreamDescriptionSummary"]
        return int(summary["RetentionPeriodHours"])

    def iterator(self, shard_id: str, position: str, argument: Any = None) -> str:
        """Return where reading a shard starts; `argument` is an instant or a sequence number."""
        request: Request = {"ShardId": shard_id, "ShardIteratorType": position} | self._stream()
        if position == "AT_TIMESTAMP":
            request["Timestamp"] = argument
        elif position == "AFTER_SEQUENCE_NUMBER":
            request["StartingSequenceNumber" if self.is_kinesis else "SequenceNumber"] = argument
        return str(self._call("GetShardIterator", request)["ShardIterator"])

    def read(
        self, shard_id: str, iterator: str, limit: int, role_arn: str
    ) -> tuple[list[Item], str]:
        """Return the next records of a shard and the next iterator ("" at its end)."""
        self._check_consumer()
        reply = self._call("GetRecords", {"ShardIterator": iterator, "Limit": limit})
        records = reply.get("Records", [])
        if self.is_kinesis:
            items = [self._kinesis_item(record, shard_id, role_arn) for record in records]
        else:
            items = [self._dynamodb_item(record) for record in records]
        return items, str(reply.get("NextShardIterator") or "")

    def _kinesis_item(self, record: dict[str, Any], shard_id: str, role_arn: str) -> Item:
        made = kinesis_record(record, shard_id, self._source, self._arn.region, role_arn)
        inner = made["kinesis"]
        number, arrived = inner["sequenceNumber"], inner["approximateArrivalTimestamp"]
        return self._item(made, number, inner["partitionKey"], arrived)

    def _dynamodb_item(self, record: dict[str, Any]) -> Item:
        made = dynamodb_record(record, str(self._arn), self._arn.region)
        inner = made["dynamodb"]
        key = json.dumps(inner.get("Keys", {}), sort_keys=True)
        arrived = float(inner.get("ApproximateCreationDateTime", 0))
        return self._item(made, str(inner["SequenceNumber"]), key, arrived)

    def _item(self, record: dict[str, Any], number: str, key: str, arrived: float) -> Item:
        causes = self._kernel.origin(f"{self._arn}:{number}")
        return Item(record, number, key, arrived, json.dumps(record), causes)

    def _check_consumer(self) -> None:
        if self._consumer:
            self._call("DescribeStreamConsumer", {"ConsumerARN": self._source})

    def _stream(self) -> Request:
        return {"StreamARN" if self.is_kinesis else "StreamArn": str(self._arn)}

    def _call(self, operation: str, request: Request) -> Result:
        reply = self._kernel.deliver(
            "kinesis" if self.is_kinesis else "dynamodbstreams",
            operation,
            request,
            account_id=self._arn.account_id,
            region=self._arn.region,
            causes=(),
            principal=PRINCIPAL,
        )
        return reply if isinstance(reply, dict) else {}


def _source_shard(shard: dict[str, Any]) -> SourceShard:
    parents = [shard.get("ParentShardId"), shard.get("AdjacentParentShardId")]
    closed = bool(shard.get("SequenceNumberRange", {}).get("EndingSequenceNumber"))
    return SourceShard(shard["ShardId"], tuple(p for p in parents if p), closed)

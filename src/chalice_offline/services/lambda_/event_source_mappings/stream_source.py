"""Reading a Kinesis or DynamoDB stream, which lives in the delegated service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_.event_source_mappings.records import (
    dynamodb_record,
    epoch_seconds,
    kinesis_record,
)
from chalice_offline.services.lambda_.principal import PRINCIPAL

if TYPE_CHECKING:
    from chalice_offline.core.arn import Arn
    from chalice_offline.core.kernel import Kernel, Request, Result

Record = dict[str, Any]


def write_topic(service: str, account_id: str, region: str, name: str) -> str:
    """Return the topic that is signalled when a stream or table of that name was written to."""
    return f"stream:{service}:{account_id}:{region}:{name}"


def stream_exists(kernel: Kernel, arn: Arn) -> bool:
    """Whether the stream an ARN names is there."""
    try:
        StreamSource(kernel, arn).shard_ids()
    except AwsError:
        return False
    return True


class StreamSource:
    """One stream: its shards, and their records as Lambda events hold them."""

    def __init__(self, kernel: Kernel, arn: Arn) -> None:
        self._kernel = kernel
        self._arn = arn
        self.is_kinesis = arn.service == "kinesis"
        # arn:…:stream/<name> for Kinesis, arn:…:table/<name>/stream/<label> for DynamoDB
        self.name = arn.resource.split("/")[1]
        self.topic = (
            str(arn)
            if self.is_kinesis
            else write_topic(arn.service, arn.account_id, arn.region, self.name)
        )

    def shard_ids(self) -> list[str]:
        """Return the ids of all shards; raises AwsError when there is no such stream."""
        described = self._call("DescribeStream", self._stream())["StreamDescription"]
        return [shard["ShardId"] for shard in described["Shards"]]

    def iterator(self, shard_id: str, position: str, instant: Any = None) -> str:
        """Return where reading a shard starts; `instant` belongs to AT_TIMESTAMP."""
        request: Request = {"ShardId": shard_id, "ShardIteratorType": position} | self._stream()
        if position == "AT_TIMESTAMP":
            request["Timestamp"] = epoch_seconds(instant)
        return str(self._call("GetShardIterator", request)["ShardIterator"])

    def read(self, shard_id: str, iterator: str, role_arn: str) -> tuple[list[Record], str]:
        """Return the next records of a shard and the next iterator ("" at its end)."""
        reply = self._call("GetRecords", {"ShardIterator": iterator})
        region, arn = self._arn.region, str(self._arn)
        records = [
            kinesis_record(record, shard_id, arn, region, role_arn)
            if self.is_kinesis
            else dynamodb_record(record, arn, region)
            for record in reply.get("Records", [])
        ]
        return records, str(reply.get("NextShardIterator") or "")

    def _stream(self) -> Request:
        return {"StreamName": self.name} if self.is_kinesis else {"StreamArn": str(self._arn)}

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


def sequence_number(record: Record) -> str:
    """Return a stream record's sequence number."""
    inner = record.get("kinesis")
    return str(inner["sequenceNumber"] if inner else record["dynamodb"]["SequenceNumber"])


def arrival_seconds(record: Record) -> float:
    """Return when a stream record arrived, in seconds since the epoch."""
    inner = record.get("kinesis")
    if inner:
        return float(inner["approximateArrivalTimestamp"])
    return float(record["dynamodb"].get("ApproximateCreationDateTime", 0))

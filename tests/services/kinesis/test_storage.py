"""What a file holds is there for the next process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.composition import compose
from chalice_offline.core.context import Caller
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.storage import SqliteStorage

if TYPE_CHECKING:
    from pathlib import Path


class Opened:
    """An emulator on a file, spoken to without a door."""

    def __init__(self, file: Path) -> None:
        self.storage = SqliteStorage(file)
        self.driver = VirtualDriver()
        self.emulator = compose(self.driver, storage=self.storage)

    def call(self, operation: str, **request: Any) -> Any:
        return self.emulator.call("kinesis", operation, request, Caller())

    def read(self, shard: str) -> list[bytes]:
        iterator = self.call(
            "GetShardIterator", StreamName="s", ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )
        return [record["Data"] for record in self.call("GetRecords", **iterator)["Records"]]


def test_streams_shards_and_records_survive(tmp_path: Path) -> None:
    """Records are read, numbers go on, and a split that was under way takes place."""
    first = Opened(tmp_path / "file")
    first.call("CreateStream", StreamName="s", ShardCount=1)
    first.driver.settle(10_000)
    put = {"StreamName": "s", "Data": b"a", "PartitionKey": "k"}
    before = first.call("PutRecord", **put)["SequenceNumber"]
    shard = {"ShardToSplit": "shardId-000000000000", "NewStartingHashKey": "5"}
    first.call("SplitShard", StreamName="s", **shard)
    first.storage.close()
    second = Opened(tmp_path / "file")
    described = second.call("DescribeStream", StreamName="s")["StreamDescription"]
    assert (described["StreamStatus"], len(described["Shards"])) == ("UPDATING", 1)
    assert second.read("shardId-000000000000") == [b"a"]
    assert int(second.call("PutRecord", **put)["SequenceNumber"]) > int(before)
    second.driver.settle(10_000)
    described = second.call("DescribeStream", StreamName="s")["StreamDescription"]
    assert (described["StreamStatus"], len(described["Shards"])) == ("ACTIVE", 3)
    second.storage.close()


def test_what_was_deleted_stays_deleted(tmp_path: Path) -> None:
    """Nothing of a deleted stream is in the file."""
    first = Opened(tmp_path / "file")
    first.call("CreateStream", StreamName="s", ShardCount=1)
    first.driver.settle(10_000)
    first.call("PutRecord", StreamName="s", Data=b"a", PartitionKey="k")
    first.call("DeleteStream", StreamName="s")
    first.driver.settle(10_000)
    first.storage.close()
    second = Opened(tmp_path / "file")
    assert second.call("ListStreams")["StreamNames"] == []
    assert second.storage.names("kinesis/records/") == []
    second.storage.close()

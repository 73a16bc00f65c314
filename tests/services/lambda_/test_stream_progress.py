"""A file: mappings of the next process go on in a stream where those of the last one were."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.composition import compose
from chalice_offline.core.context import Caller
from chalice_offline.core.run import FunctionRun, Outcome
from chalice_offline.drivers.virtual import DEFAULT_START_MS, VirtualDriver
from chalice_offline.services.lambda_ import FunctionSettings, LambdaState
from chalice_offline.storage import SqliteStorage

if TYPE_CHECKING:
    from pathlib import Path

STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/s"


class Process:
    """An emulator on a file, with a function that remembers its records."""

    def __init__(self, file: Path, *, after_hours: float = 0) -> None:
        self.storage = SqliteStorage(file)
        self.seen: list[str] = []
        self.fails = False
        start_ms = DEFAULT_START_MS + round(after_hours * 3_600_000)
        self.driver = VirtualDriver(start_ms=start_ms, run_function=self._run)
        self.emulator = compose(self.driver, storage=self.storage)
        lambda_ = self.emulator.registry.state("lambda", LambdaState)
        for name in ("work", "other"):
            lambda_.register(FunctionSettings(name, "000000000000", "us-east-1"))

    def call(self, service: str, operation: str, **request: Any) -> Any:
        return self.emulator.call(service, operation, request, Caller())

    def map(self, arn: str = STREAM, position: str = "TRIM_HORIZON", function: str = "work") -> str:
        made = self.call(
            "lambda",
            "CreateEventSourceMapping",
            EventSourceArn=arn,
            FunctionName=function,
            StartingPosition=position,
        )
        self.driver.settle(60_000)
        return str(made["UUID"])

    def stream(self, shards: int = 1) -> None:
        self.call("kinesis", "CreateStream", StreamName="s", ShardCount=shards)
        self.driver.settle(60_000)

    def put(self, *data: str) -> None:
        for text in data:
            self.call("kinesis", "PutRecord", StreamName="s", Data=text.encode(), PartitionKey=text)

    def settle(self) -> list[str]:
        self.driver.settle(60_000)
        seen, self.seen = self.seen, []
        return seen

    def end(self) -> None:
        """End as a process that is killed does: nothing is said goodbye to."""
        self.storage.close()

    def _run(self, run: FunctionRun) -> Outcome:
        if self.fails:
            return Outcome(b"{}", failed=True)
        for record in json.loads(run.payload)["Records"]:
            inner = record.get("kinesis")
            self.seen.append(
                base64.b64decode(inner["data"]).decode()
                if inner
                else record["dynamodb"]["Keys"]["id"]["S"]
            )
        return Outcome(b"null")


@pytest.mark.parametrize("position", ["TRIM_HORIZON", "LATEST"])
def test_a_mapping_goes_on_in_the_next_process(tmp_path: Path, position: str) -> None:
    """Nothing is handled again, and nothing that came while no mapping was there is lost."""
    first = Process(tmp_path / "file")
    first.stream(shards=2)
    first.map(position=position)
    first.put("a", "b", "c")
    assert sorted(first.settle()) == ["a", "b", "c"]
    first.fails = True
    first.put("d")
    assert first.settle() == []
    first.end()
    second = Process(tmp_path / "file", after_hours=1)
    second.put("e")
    second.map(position=position)
    second.put("f")
    assert sorted(second.settle()) == ["d", "e", "f"]
    second.end()
    third = Process(tmp_path / "file", after_hours=2)
    third.map(position=position)
    assert third.settle() == []
    third.end()


def test_a_reshard_goes_on_in_the_next_process(tmp_path: Path) -> None:
    """Parents that were finished stay so; children that nobody had begun are read whole."""
    first = Process(tmp_path / "file")
    first.stream()
    first.map()
    first.put("a", "b")
    first.settle()
    split = {"ShardToSplit": "shardId-000000000000", "NewStartingHashKey": str(2**127)}
    first.call("kinesis", "SplitShard", StreamName="s", **split)
    assert first.settle() == []
    first.end()
    second = Process(tmp_path / "file", after_hours=1)
    second.put("c", "d", "e")
    second.map()
    assert sorted(second.settle()) == ["c", "d", "e"]
    second.end()


def test_changes_of_a_table_go_on_in_the_next_process(tmp_path: Path) -> None:
    """The stream of a table, to which a shard without news belongs as well."""
    first = Process(tmp_path / "file")
    arn = first.call(
        "dynamodb",
        "CreateTable",
        TableName="things",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )["TableDescription"]["LatestStreamArn"]
    first.driver.settle(60_000)
    first.map(arn)
    first.call("dynamodb", "PutItem", TableName="things", Item={"id": {"S": "a"}})
    assert first.settle() == ["a"]
    first.end()
    second = Process(tmp_path / "file", after_hours=1)
    second.call("dynamodb", "PutItem", TableName="things", Item={"id": {"S": "b"}})
    second.map(arn)
    assert second.settle() == ["b"]
    second.end()
    third = Process(tmp_path / "file", after_hours=49)
    third.call("dynamodb", "PutItem", TableName="things", Item={"id": {"S": "c"}})
    third.map(arn)
    assert third.settle() == ["c"]
    third.end()


def test_what_is_another_mapping_begins_anew(tmp_path: Path) -> None:
    """One that was deleted, one with another position, one of a stream made again."""
    first = Process(tmp_path / "file")
    first.stream()
    uuid = first.map()
    first.put("a")
    assert first.settle() == ["a"]
    first.call("lambda", "DeleteEventSourceMapping", UUID=uuid)
    first.driver.settle(60_000)
    first.map()
    assert first.settle() == ["a"]
    first.end()
    second = Process(tmp_path / "file", after_hours=1)
    second.put("b")
    second.map(position="LATEST")
    assert second.settle() == []
    second.end()
    third = Process(tmp_path / "file", after_hours=2)
    third.call("kinesis", "DeleteStream", StreamName="s")
    third.driver.settle(60_000)
    third.stream()
    third.put("c")
    third.map(position="LATEST")
    third.put("d")
    assert third.settle() == ["d"]
    third.end()


def test_a_mapping_that_changes_its_function_takes_its_place_along(tmp_path: Path) -> None:
    """For the new function the next process goes on; for the old one it begins anew."""
    first = Process(tmp_path / "file")
    first.stream()
    uuid = first.map()
    first.put("a")
    first.settle()
    first.call("lambda", "UpdateEventSourceMapping", UUID=uuid, FunctionName="other")
    first.driver.settle(60_000)
    first.put("b")
    assert first.settle() == ["b"]
    first.end()
    second = Process(tmp_path / "file", after_hours=1)
    second.map(function="other")
    assert second.settle() == []
    second.map()
    assert second.settle() == ["a", "b"]
    second.end()

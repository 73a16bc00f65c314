"""A process that is killed, and threads that write at once: nothing is ever half there."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from chalice_offline.core.context import Caller
from tests.services.dynamodb.test_storage import TABLE, Opened

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("writes", [1, 2, 4, 6])
def test_a_batch_cut_short_by_a_kill_leaves_nothing(tmp_path: Path, writes: int) -> None:
    """Items, index, counts and stream say the same: only what was before is there."""
    file = tmp_path / "file"
    command = [sys.executable, "-m", "tests.services.dynamodb.killed_in_a_batch"]
    ended = subprocess.run([*command, str(file), str(writes)], check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    opened = Opened(file)
    expected = [{"id": {"S": "before"}, "state": {"S": "new"}}]
    assert opened.call("Scan")["Items"] == expected
    assert opened.call("Scan", IndexName="by-state")["Items"] == expected
    table = opened.call("DescribeTable")["Table"]
    assert (table["ItemCount"], table["GlobalSecondaryIndexes"][0]["ItemCount"]) == (1, 1)
    records = records_of(opened, table["LatestStreamArn"])
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in records] == ["before"]
    opened.put("after", state={"S": "new"})
    assert len(opened.call("Scan", IndexName="by-state")["Items"]) == 2
    opened.storage.close()


def records_of(opened: Opened, arn: str) -> list[Any]:
    """Return all records of a stream with one shard."""

    def call(operation: str, request: dict[str, Any]) -> Any:
        return opened.emulator.call("dynamodbstreams", operation, request, Caller())

    shard = call("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"][0]
    position = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = call("GetShardIterator", position)["ShardIterator"]
    records: list[Any] = call("GetRecords", {"ShardIterator": iterator})["Records"]
    return records


def test_of_threads_that_claim_an_item_one_wins(aws: Any) -> None:
    """A condition and its write are one step, whoever comes at the same time; no count is lost."""
    client = aws.client("dynamodb")
    client.create_table(**TABLE)
    key = {"id": {"S": "a"}}

    def claim(owner: int) -> bool:
        client.update_item(
            TableName="orders",
            Key={"id": {"S": "counter"}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        try:
            client.put_item(
                TableName="orders",
                Item={**key, "owner": {"N": str(owner)}},
                ConditionExpression="attribute_not_exists(id)",
            )
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ConditionalCheckFailedException"
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        won = [owner for owner, has in enumerate(threads.map(claim, range(24))) if has]
    assert len(won) == 1
    item = client.get_item(TableName="orders", Key=key)["Item"]
    assert item["owner"] == {"N": str(won[0])}
    counter = client.get_item(TableName="orders", Key={"id": {"S": "counter"}})["Item"]
    assert counter["n"] == {"N": "24"}

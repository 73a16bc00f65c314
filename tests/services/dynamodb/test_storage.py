"""What a file holds is there for the next process; backups and earlier instants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.composition import compose
from chalice_offline.core.context import Caller
from chalice_offline.core.errors import ProjectError
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.storage import SqliteStorage
from tests.services.dynamodb.conftest import order

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.dynamodb.conftest import Orders

TABLE = {
    "TableName": "orders",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "state", "AttributeType": "S"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-state",
            "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
}


class Opened:
    """An emulator on a file, spoken to without a door."""

    def __init__(self, file: Path) -> None:
        self.storage = SqliteStorage(file)
        self.driver = VirtualDriver()
        self.emulator = compose(self.driver, storage=self.storage)

    def call(self, operation: str, **request: Any) -> Any:
        return self.emulator.call(
            "dynamodb", operation, {"TableName": "orders", **request}, Caller()
        )

    def put(self, name: str, **attributes: Any) -> None:
        self.call("PutItem", Item={"id": {"S": name}, **attributes})


def test_tables_survive(tmp_path: Path) -> None:
    """Items, indexes, counts, streams and time to live are as they were."""
    first = Opened(tmp_path / "file")
    first.call("CreateTable", **TABLE)
    first.call(
        "UpdateTimeToLive",
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"},
    )
    until = str(first.driver.clock.now_ms() // 1000 + 60)
    first.put("a", state={"S": "new"}, raw={"B": b"\x00"}, until={"N": until})
    first.put("b", state={"S": "new"})
    first.driver.advance(2000)
    first.storage.close()

    second = Opened(tmp_path / "file")
    table = second.call("DescribeTable")["Table"]
    assert (table["ItemCount"], table["GlobalSecondaryIndexes"][0]["ItemCount"]) == (2, 2)
    found = second.call("Scan", IndexName="by-state")["Items"]
    assert {item["id"]["S"] for item in found} == {"a", "b"}
    assert second.call("GetItem", Key={"id": {"S": "a"}})["Item"]["raw"] == {"B": b"\x00"}
    second.put("c")
    second.driver.advance(61_000)
    assert second.call("DescribeTable")["Table"]["ItemCount"] == 2
    assert "Item" not in second.call("GetItem", Key={"id": {"S": "a"}})
    second.storage.close()


def test_counts_are_right_after_a_kill(tmp_path: Path) -> None:
    """Counts are kept once a second; a process that ends before has its items counted again."""
    first = Opened(tmp_path / "file")
    first.call("CreateTable", **TABLE)
    first.put("a", state={"S": "new"})
    first.storage.close()
    second = Opened(tmp_path / "file")
    second.put("b")
    table = second.call("DescribeTable")["Table"]
    assert (table["ItemCount"], table["GlobalSecondaryIndexes"][0]["ItemCount"]) == (2, 1)
    second.storage.close()


def test_a_transactions_token_survives(tmp_path: Path) -> None:
    """What was asked with a token is not done again by the next process, until ten minutes on."""
    add = {
        "Update": {
            "TableName": "orders",
            "Key": {"id": {"S": "a"}},
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }
    request = {"TransactItems": [add], "ClientRequestToken": "once"}

    def transact(opened: Opened) -> str:
        opened.emulator.call("dynamodb", "TransactWriteItems", request, Caller())
        return str(opened.call("GetItem", Key={"id": {"S": "a"}})["Item"]["n"]["N"])

    first = Opened(tmp_path / "file")
    first.call("CreateTable", **TABLE)
    assert transact(first) == "1"
    first.storage.close()
    second = Opened(tmp_path / "file")
    assert transact(second) == "1"
    second.driver.advance(600_000)
    assert [*second.storage.collection("dynamodb/request-tokens").items()] == []
    assert transact(second) == "2"
    second.storage.close()


@pytest.mark.parametrize("content", [b"garbage", b'{"Place": 1}', b"[]"])
def test_a_table_that_cannot_be_read_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes
) -> None:
    """The file is named, and its table is as it was."""
    file = tmp_path / "file"
    first = Opened(file)
    first.call("CreateTable", **TABLE)
    tables = first.storage.collection("dynamodb/tables")
    key = next(tables.items())[0]
    first.storage.begin()
    tables.put(key, content)
    first.storage.close()
    storage = SqliteStorage(file)
    with pytest.raises(ProjectError, match=f"{file} is damaged"):
        compose(VirtualDriver(), storage=storage)
    assert storage.collection("dynamodb/tables").get(key) == content
    storage.close()


def test_nothing_is_left_of_a_deleted_table(tmp_path: Path) -> None:
    """Its collections are gone, but for the stream that stays for a day."""
    first = Opened(tmp_path / "file")
    first.call("CreateTable", **TABLE)
    first.put("a", state={"S": "new"})
    first.call("DeleteTable")
    left = [name for name in first.storage.names("dynamodb/") if name.count("/") > 1]
    assert [name.split("/")[1] for name in left] == ["stream"]
    first.storage.close()
    second = Opened(tmp_path / "file")
    assert second.call("ListTables")["TableNames"] == []
    second.driver.advance(25 * 3600 * 1000)
    assert [name for name in second.storage.names("dynamodb/") if name.count("/") > 1] == []
    second.storage.close()


def test_a_backup_becomes_a_table(orders: Orders) -> None:
    """Items as they were; the backup outlives its table."""
    orders.create()
    orders.put(order("a", x=1))
    details = orders.client.create_backup(TableName="orders", BackupName="before")["BackupDetails"]
    orders.put(order("a", x=2))
    orders.client.delete_table(TableName="orders")
    assert orders.client.list_backups()["BackupSummaries"][0]["BackupName"] == "before"
    orders.client.restore_table_from_backup(TargetTableName="again", BackupArn=details["BackupArn"])
    assert orders.client.scan(TableName="again")["Items"] == [order("a", x=1)]
    orders.client.delete_backup(BackupArn=details["BackupArn"])
    assert orders.client.list_backups()["BackupSummaries"] == []


def test_a_table_of_an_earlier_instant(orders: Orders) -> None:
    """Writes since then are undone: changed, deleted and new items."""
    orders.create()
    specification = {"PointInTimeRecoveryEnabled": True}
    orders.client.update_continuous_backups(
        TableName="orders", PointInTimeRecoverySpecification=specification
    )
    orders.put(order("kept", x=1))
    orders.put(order("changed", x=1))
    orders.put(order("deleted", x=1))
    orders.aws.advance(seconds=10)
    then = orders.aws.now
    orders.aws.advance(seconds=10)
    orders.put(order("changed", x=2))
    orders.put(order("changed", x=3))
    orders.put(order("new", x=1))
    orders.client.delete_item(TableName="orders", Key={"id": {"S": "deleted"}, "at": {"N": "1"}})
    orders.client.restore_table_to_point_in_time(
        SourceTableName="orders", TargetTableName="then", RestoreDateTime=then
    )
    found = orders.client.scan(TableName="then")["Items"]
    assert sorted((item["id"]["S"], item["x"]["N"]) for item in found) == [
        ("changed", "1"),
        ("deleted", "1"),
        ("kept", "1"),
    ]

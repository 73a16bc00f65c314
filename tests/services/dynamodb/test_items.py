"""Items: put, read, updated, deleted; conditions, returned values, capacities and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.services.dynamodb.conftest import order

if TYPE_CHECKING:
    from tests.services.dynamodb.conftest import Orders

KEY = {"id": {"S": "a"}, "at": {"N": "1"}}


def test_an_item_comes_back_as_it_was_put(orders: Orders) -> None:
    """Every type, binaries inside maps included; numbers in AWS's spelling."""
    orders.create()
    item = order("a", raw=b"\x00\xff") | {
        "n": {"N": "1.50"},
        "m": {"M": {"l": {"L": [{"B": b"x"}, {"NULL": True}, {"BOOL": False}]}}},
        "s": {"SS": ["x", "y"]},
    }
    orders.put(item)
    assert orders.get(KEY) == item | {"n": {"N": "1.5"}}


def test_the_resource_of_boto3_works(aws: Any, orders: Orders) -> None:
    """Python values in, Python values out."""
    orders.create(sort=False)
    table = boto3.resource(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=orders.client.meta.endpoint_url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    ).Table("orders")
    with table.batch_writer() as batch:
        for number in range(30):
            batch.put_item({"id": str(number), "n": number})
    assert sorted(item["n"] for item in table.scan()["Items"]) == list(range(30))


def test_a_condition_that_fails_changes_nothing(orders: Orders) -> None:
    """The item that was there can be asked for."""
    orders.create()
    orders.put(order("a", amount=5))
    with pytest.raises(ClientError) as caught:
        orders.put(
            order("a", amount=6),
            ConditionExpression="attribute_not_exists(id)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    response = caught.value.response
    assert response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert response["Error"]["Message"] == "The conditional request failed"
    assert response["Item"] == order("a", amount=5) == orders.get(KEY)


def test_update_returns_what_was_touched(orders: Orders) -> None:
    """UPDATED_OLD and UPDATED_NEW have the paths of the expression, ALL_* everything."""
    orders.create()
    orders.put(order("a", amount=5, state="new"))

    def update(returns: str) -> Any:
        return orders.client.update_item(
            TableName="orders",
            Key=KEY,
            UpdateExpression="SET amount = amount + :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues=returns,
        ).get("Attributes")

    assert update("UPDATED_OLD") == {"amount": {"N": "5"}}
    assert update("UPDATED_NEW") == {"amount": {"N": "7"}}
    assert update("ALL_OLD") == order("a", amount=7, state="new")
    assert update("ALL_NEW") == order("a", amount=9, state="new")
    assert update("NONE") is None


def test_an_update_without_changes_makes_the_item(orders: Orders) -> None:
    """UpdateItem with nothing but a key is an item of that key."""
    orders.create()
    orders.client.update_item(TableName="orders", Key=KEY)
    assert orders.get(KEY) == KEY


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"id": {"S": "a"}}, "Missing the key at in the item"),
        ({**KEY, "at": {"S": "1"}}, "Type mismatch for key at expected: N actual: S"),
        ({**KEY, "id": {"S": ""}}, "cannot contain an empty string value. Key: id"),
        ({**KEY, "id": {"S": "x" * 2049}}, "maximum size limit of2048 bytes"),
        ({**KEY, "x": {"S": "x" * 409_600}}, "Item size has exceeded the maximum allowed size"),
        ({**KEY, "x": {"N": "1e200"}}, "Number overflow"),
        ({**KEY, "x": {"SS": ["a", "a"]}}, "contains duplicates"),
    ],
)
def test_items_that_cannot_be(orders: Orders, item: Any, text: str) -> None:
    """AWS's words, and nothing was written."""
    orders.create()
    code, message = orders.refused("put_item", TableName="orders", Item=item)
    assert code == "ValidationException"
    assert text in message
    assert orders.scan() == []


def test_a_key_must_be_the_tables_key(orders: Orders) -> None:
    """No attribute less, none more, each of its type."""
    orders.create()
    for key in ({"id": {"S": "a"}}, {**KEY, "x": {"S": "b"}}, {**KEY, "at": {"S": "1"}}):
        assert orders.refused("get_item", TableName="orders", Key=key) == (
            "ValidationException",
            "The provided key element does not match the schema",
        )


def test_the_key_is_never_updated(orders: Orders) -> None:
    """AWS says which attribute it is."""
    orders.create()
    request = {"UpdateExpression": "SET id = :x", "ExpressionAttributeValues": {":x": {"S": "b"}}}
    _code, message = orders.refused("update_item", TableName="orders", Key=KEY, **request)
    assert "Cannot update attribute id. This attribute is part of the key" in message


def test_capacity_counts_the_larger_item_and_the_indexes(orders: Orders) -> None:
    """A kilobyte a unit; an index costs when its entry changes, twice when it moves."""
    index = {
        "IndexName": "by-state",
        "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    orders.create(attributes="state:S", GlobalSecondaryIndexes=[index])

    def put(item: dict[str, Any]) -> tuple[float, float, float]:
        consumed = orders.put(item, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
        of_index = consumed.get("GlobalSecondaryIndexes", {}).get("by-state", {})
        return (
            consumed["CapacityUnits"],
            consumed["Table"]["CapacityUnits"],
            of_index.get("CapacityUnits", 0.0),
        )

    assert put(order("a", state="new", x="x" * 2000)) == (3.0, 2.0, 1.0)
    assert put(order("a", state="new")) == (2.0, 2.0, 0.0)
    assert put(order("a", state="old")) == (3.0, 1.0, 2.0)


def test_batches_are_refused_whole(orders: Orders) -> None:
    """One wrong item, or one key twice, and nothing is written."""
    orders.create()
    for entries, text in (
        ([order("a"), {"id": {"S": "b"}}], "The provided key element does not match the schema"),
        ([order("a"), order("a")], "Provided list of item keys contains duplicates"),
    ):
        puts = [{"PutRequest": {"Item": item}} for item in entries]
        code, message = orders.refused("batch_write_item", RequestItems={"orders": puts})
        assert (code, text in message) == ("ValidationException", True)
    assert orders.scan() == []


def test_a_batch_of_more_than_16_megabytes_comes_in_parts(orders: Orders) -> None:
    """The keys that did not fit are given back."""
    orders.create()
    for number in range(45):
        orders.put(order("a", number, x="x" * 390_000))
    keys = [{"id": {"S": "a"}, "at": {"N": str(number)}} for number in range(45)]
    reply = orders.client.batch_get_item(RequestItems={"orders": {"Keys": keys}})
    found, left = reply["Responses"]["orders"], reply["UnprocessedKeys"]["orders"]["Keys"]
    assert len(found) + len(left) == 45
    assert 0 < len(left) < 10


@pytest.mark.parametrize(
    ("update", "text"),
    [
        (
            "SET amount = :n, extra.x = :n",
            (
                "One or more parameter values were invalid: Type mismatch for Index Key amount "
                "Expected: S Actual: N IndexName: by-amount"
            ),
        ),
        (
            "ADD amount :n",
            (
                "One or more parameter values were invalid: Type mismatch for Index Key amount "
                "Expected: S Actual: N IndexName: by-amount"
            ),
        ),
        (
            "SET extra = :n, note = amount.x",
            (
                "Key attributes must be scalars; list random access '[]' and map lookup '.' are "
                "not allowed: IndexKey: amount"
            ),
        ),
        (
            "ADD amount.x :n",
            (
                "Key attributes must be scalars; list random access '[]' and map lookup '.' are "
                "not allowed: IndexKey: amount"
            ),
        ),
        (
            "SET amount = extra",
            "The update expression attempted to update the secondary index key to unsupported type",
        ),
    ],
)
def test_an_update_that_an_index_cannot_key_is_refused(
    orders: Orders, update: str, text: str
) -> None:
    """What the request says is judged before the item, what the item has in words of its own."""
    index = {
        "IndexName": "by-amount",
        "KeySchema": [{"AttributeName": "amount", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    orders.create(attributes="amount:S", GlobalSecondaryIndexes=[index])
    orders.put(order("a", extra=3))
    request = {
        "TableName": "orders",
        "Key": order("a"),
        "UpdateExpression": update,
        "ExpressionAttributeValues": {":n": {"N": "1"}},
    }
    if ":n" not in update:
        del request["ExpressionAttributeValues"]
    assert orders.refused("update_item", **request) == ("ValidationException", text)
    assert orders.scan() == [order("a", extra=3)]


def test_no_path_leads_into_a_key(orders: Orders) -> None:
    """Keys of the table and of its indexes are scalars; every expression is told so."""
    index = {
        "IndexName": "by-state",
        "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    orders.create(attributes="state:S", GlobalSecondaryIndexes=[index])
    key = {"id": {"S": "a"}, "at": {"N": "1"}}
    names = {"#s": "state"}
    text = (
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
        "allowed: %s: %s"
    )
    of_key, of_index = text % ("Key", "id"), text % ("IndexKey", "state")
    for operation, request, expected in (
        ("get_item", {"Key": key, "ProjectionExpression": "id[0]"}, of_key),
        ("scan", {"FilterExpression": "attribute_exists(id.x)"}, of_key),
        ("scan", {"ProjectionExpression": "#s.x", "ExpressionAttributeNames": names}, of_index),
        (
            "update_item",
            {
                "Key": key,
                "UpdateExpression": "REMOVE #s.x",
                "ExpressionAttributeNames": names,
            },
            of_index,
        ),
    ):
        refusal = orders.refused(operation, TableName="orders", **request)
        assert refusal == ("ValidationException", expected)


def test_a_refusal_shows_items_with_binaries(orders: Orders) -> None:
    """ReturnValuesOnConditionCheckFailure gives the item as it is, alone and in a transaction."""
    orders.create()
    item = order("a", raw=b"\x00\xff")
    orders.put(item)
    request = {
        "TableName": "orders",
        "Item": item,
        "ConditionExpression": "attribute_not_exists(id)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(ClientError) as alone:
        orders.client.put_item(**request)
    assert alone.value.response["Item"] == item
    with pytest.raises(ClientError) as together:
        orders.client.transact_write_items(TransactItems=[{"Put": request}])
    assert together.value.response["CancellationReasons"][0]["Item"] == item

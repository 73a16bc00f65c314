"""Transactions: all or nothing, once for a token, a reason for each part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.services.dynamodb.conftest import order

if TYPE_CHECKING:
    from tests.services.dynamodb.conftest import Orders


def put(item: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Return a Put action."""
    return {"Put": {"TableName": "orders", "Item": item, **options}}


def test_one_failed_condition_cancels_all(orders: Orders) -> None:
    """Nothing is written; the reasons stand in the order of the actions."""
    orders.create()
    orders.put(order("b"))
    fresh = {
        "ConditionExpression": "attribute_not_exists(id)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(ClientError) as caught:
        orders.client.transact_write_items(
            TransactItems=[put(order("a")), put(order("b", x=1), **fresh)]
        )
    response = caught.value.response
    assert response["Error"]["Code"] == "TransactionCanceledException"
    assert response["Error"]["Message"].endswith("[None, ConditionalCheckFailed]")
    assert response["CancellationReasons"][1] == {
        "Code": "ConditionalCheckFailed",
        "Message": "The conditional request failed",
        "Item": order("b"),
    }
    assert orders.scan() == [order("b")]


def test_no_transaction_reads_more_than_four_megabytes(orders: Orders) -> None:
    """Ten large items are read together, eleven are not: with GetItems, or with statements."""
    orders.create()
    for number in range(11):
        orders.put(order(str(number), text="x" * 400_000))
    gets = [
        {"Get": {"TableName": "orders", "Key": {"id": {"S": str(number)}, "at": {"N": "1"}}}}
        for number in range(11)
    ]
    selects = [
        {"Statement": f"SELECT * FROM orders WHERE id = '{number}' AND \"at\" = 1"}
        for number in range(11)
    ]
    text = "Transaction payload size cannot exceed 4194304 bytes"
    for operation, member, parts in (
        ("transact_get_items", "TransactItems", gets),
        ("execute_transaction", "TransactStatements", selects),
    ):
        assert orders.refused(operation, **{member: parts}) == ("ValidationException", text)
        reply = getattr(orders.client, operation)(**{member: parts[:10]})
        assert len(reply["Responses"]) == 10


def test_what_is_repeated_costs_reads(orders: Orders) -> None:
    """The first request is charged for its writes, the same one again for reading the items."""
    orders.create()
    request: dict[str, Any] = {
        "TransactItems": [put(order("a"))],
        "ClientRequestToken": "t",
        "ReturnConsumedCapacity": "TOTAL",
    }
    statements: dict[str, Any] = {
        "TransactStatements": [{"Statement": "INSERT INTO orders VALUE {'id': 'b', 'at': 1}"}],
        "ClientRequestToken": "u",
        "ReturnConsumedCapacity": "TOTAL",
    }
    for write in (
        lambda: orders.client.transact_write_items(**request),
        lambda: orders.client.execute_transaction(**statements),
    ):
        first, again = (write()["ConsumedCapacity"][0] for _ in range(2))
        assert (first["WriteCapacityUnits"], first.get("ReadCapacityUnits")) == (2.0, None)
        assert (again.get("WriteCapacityUnits"), again["ReadCapacityUnits"]) == (None, 2.0)


def test_a_token_counts_once_for_ten_minutes(orders: Orders) -> None:
    """The same request again changes nothing; another one with the token is refused."""
    orders.create()
    orders.put(order("a", count=0))
    add = {
        "Update": {
            "TableName": "orders",
            "Key": {"id": {"S": "a"}, "at": {"N": "1"}},
            "UpdateExpression": "ADD #c :one",
            "ExpressionAttributeNames": {"#c": "count"},
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }

    def count() -> str:
        return str(orders.scan()[0]["count"]["N"])

    for _ in range(2):
        orders.client.transact_write_items(TransactItems=[add], ClientRequestToken="t")
    assert count() == "1"
    code, _ = orders.refused(
        "transact_write_items", TransactItems=[put(order("b"))], ClientRequestToken="t"
    )
    assert code == "IdempotentParameterMismatchException"
    orders.aws.advance(seconds=601)
    orders.client.transact_write_items(TransactItems=[add], ClientRequestToken="t")
    assert count() == "2"


def test_an_item_has_one_action(orders: Orders) -> None:
    """Two on the same item are refused before anything is read."""
    orders.create()
    assert orders.refused(
        "transact_write_items", TransactItems=[put(order("a")), put(order("a", x=1))]
    ) == (
        "ValidationException",
        "Transaction request cannot include multiple operations on one item",
    )


def test_reading_costs_twice(orders: Orders) -> None:
    """A transactional read of a small item is two units."""
    orders.create()
    orders.put(order("a", x=1))
    key = {"id": {"S": "a"}, "at": {"N": "1"}}
    gone = {"id": {"S": "b"}, "at": {"N": "1"}}
    gets = [{"Get": {"TableName": "orders", "Key": one}} for one in (key, gone)]
    reply = orders.client.transact_get_items(TransactItems=gets, ReturnConsumedCapacity="TOTAL")
    assert reply["Responses"] == [{"Item": order("a", x=1)}, {}]
    assert reply["ConsumedCapacity"][0]["CapacityUnits"] == 4.0


def test_statements_write_and_read(orders: Orders) -> None:
    """PartiQL: an insert of what is there is refused; an update needs its item."""
    orders.create()
    execute = orders.client.execute_statement
    execute(Statement="INSERT INTO orders VALUE {'id': 'a', 'at': 1, 'n': 1}")
    code, message = orders.refused(
        "execute_statement", Statement="INSERT INTO orders VALUE {'id': 'a', 'at': 1}"
    )
    assert (code, message) == ("DuplicateItemException", "Duplicate primary key exists in table")
    execute(Statement="UPDATE orders SET n = n + 1 WHERE id = 'a' AND \"at\" = 1")
    found = execute(Statement="SELECT n FROM orders WHERE id = ?", Parameters=[{"S": "a"}])
    assert found["Items"] == [{"n": {"N": "2"}}]
    code, _ = orders.refused(
        "execute_statement", Statement="UPDATE orders SET n = 1 WHERE id = 'b' AND \"at\" = 1"
    )
    assert code == "ConditionalCheckFailedException"


def test_a_transaction_of_statements_is_cancelled_whole(orders: Orders) -> None:
    """The reason for a duplicate is DuplicateItem."""
    orders.create()
    orders.put(order("b"))
    statements = [f"INSERT INTO orders VALUE {{'id': '{name}', 'at': 1}}" for name in "ab"]
    code, message = orders.refused(
        "execute_transaction", TransactStatements=[{"Statement": one} for one in statements]
    )
    assert code == "TransactionCanceledException"
    assert message.endswith("[None, DuplicateItem]")
    assert orders.scan() == [order("b")]


def test_a_select_goes_on_with_its_token(orders: Orders) -> None:
    """Pages of a SELECT over two partitions are together all of it."""
    orders.create()
    for at in range(4):
        orders.put(order("a", at))
        orders.put(order("b", at))
    request: dict[str, Any] = {"Statement": "SELECT * FROM orders WHERE id IN ['a', 'b']"}
    found: list[Any] = []
    while True:
        reply = orders.client.execute_statement(**request, Limit=3)
        found += reply["Items"]
        if "NextToken" not in reply:
            break
        request["NextToken"] = reply["NextToken"]
    assert sorted((item["id"]["S"], item["at"]["N"]) for item in found) == [
        (name, str(at)) for name in "ab" for at in range(4)
    ]


def test_an_empty_key_is_refused_and_cancels_nothing(orders: Orders) -> None:
    """Of an action that names a key; a transaction of one action says so as the call alone does."""
    orders.create(sort=False)
    update = {
        "TableName": "orders",
        "Key": {"id": {"S": ""}},
        "UpdateExpression": "SET n = :n",
        "ExpressionAttributeValues": {":n": {"N": "1"}},
    }
    assert orders.refused("transact_write_items", TransactItems=[{"Update": update}]) == (
        "ValidationException",
        (
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: id"
        ),
    )


def test_a_statement_on_no_index_does_not_name_it(orders: Orders) -> None:
    """Query does."""
    orders.create()
    refused = orders.refused("execute_statement", Statement='SELECT * FROM "orders"."no-index"')
    assert refused == ("ValidationException", "The table does not have the specified index")

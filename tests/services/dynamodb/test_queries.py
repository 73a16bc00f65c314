"""Query and Scan: ranges, order, pages, filters, indexes and segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.services.dynamodb.conftest import order

if TYPE_CHECKING:
    from tests.services.dynamodb.conftest import Orders

A = {":a": {"S": "a"}}


@pytest.fixture
def filled(orders: Orders) -> Orders:
    """Three partitions with ten orders each."""
    index = {
        "IndexName": "by-state",
        "KeySchema": [
            {"AttributeName": "state", "KeyType": "HASH"},
            {"AttributeName": "amount", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]},
    }
    orders.create(attributes="state:S amount:N", GlobalSecondaryIndexes=[index])
    for name in "abc":
        for at in range(-3, 7):
            item = order(name, at, amount=at * at, note="n", extra="o")
            orders.put(item | ({"state": {"S": "new"}} if at % 2 else {}))
    return orders


def ats(reply: dict[str, Any]) -> list[int]:
    """Return the sort keys of what was found."""
    return [int(item["at"]["N"]) for item in reply["Items"]]


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        ("id = :a", {}, list(range(-3, 7))),
        ("id = :a AND #at = :x", {":x": "2"}, [2]),
        ("id = :a AND #at < :x", {":x": "-1"}, [-3, -2]),
        ("id = :a AND #at <= :x", {":x": "-1"}, [-3, -2, -1]),
        ("id = :a AND #at > :x", {":x": "4.5"}, [5, 6]),
        ("id = :a AND #at >= :x", {":x": "5"}, [5, 6]),
        ("id = :a AND #at BETWEEN :x AND :y", {":x": "-1", ":y": "1"}, [-1, 0, 1]),
    ],
)
def test_ranges_of_numbers(
    filled: Orders, condition: str, values: dict[str, str], expected: list[int]
) -> None:
    """In numeric order, and the other way round when asked."""
    given = A | {name: {"N": value} for name, value in values.items()}
    names = {"ExpressionAttributeNames": {"#at": "at"}} if "#at" in condition else {}
    assert ats(filled.query(condition, given, **names)) == expected
    backwards = filled.query(condition, given, ScanIndexForward=False, **names)
    assert ats(backwards) == expected[::-1]


def test_pages_go_on_where_they_stopped(filled: Orders) -> None:
    """A limit that is reached gives a key to go on with, at the very end, too."""
    found: list[int] = []
    start: dict[str, Any] = {}
    pages = 0
    while True:
        reply = filled.query("id = :a", A, Limit=5, ScanIndexForward=False, **start)
        found += ats(reply)
        pages += 1
        if "LastEvaluatedKey" not in reply:
            break
        start = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}
    assert (found, pages) == (list(range(6, -4, -1)), 3)


def test_a_filter_counts_what_it_leaves_out(filled: Orders) -> None:
    """ScannedCount is what was read, Count what passed."""
    reply = filled.query("id = :a", A | {":n": {"S": "new"}}, FilterExpression="#s = :n",
                         ExpressionAttributeNames={"#s": "state"})  # fmt: skip
    assert (reply["ScannedCount"], reply["Count"]) == (10, 5)
    _code, message = filled.refused(
        "query",
        TableName="orders",
        KeyConditionExpression="id = :a",
        FilterExpression="id = :a",
        ExpressionAttributeValues=A,
    )
    assert message == (
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: id"
    )


def test_an_index_has_its_own_order_and_projection(filled: Orders) -> None:
    """Items without the index's key are not in it; others show what is projected."""
    names = {"#s": "state"}
    reply = filled.query("#s = :n", {":n": {"S": "new"}}, IndexName="by-state",
                         ExpressionAttributeNames=names)  # fmt: skip
    totals = [int(item["amount"]["N"]) for item in reply["Items"]]
    assert totals == sorted(totals)
    assert len(totals) == 15
    assert set(reply["Items"][0]) == {"id", "at", "state", "amount", "note"}
    request: dict[str, Any] = {
        "TableName": "orders",
        "IndexName": "by-state",
        "KeyConditionExpression": "#s = :n",
        "ExpressionAttributeValues": {":n": {"S": "new"}},
    }
    assert "does not project [extra]" in filled.refused(
        "query", **request, ProjectionExpression="extra", ExpressionAttributeNames=names
    )[1]  # fmt: skip
    assert filled.refused(
        "query", **request, ConsistentRead=True, ExpressionAttributeNames=names
    )[1] == "Consistent reads are not supported on global secondary indexes"  # fmt: skip


def test_segments_share_the_table_out(filled: Orders) -> None:
    """Every item is in exactly one segment."""
    found = [
        (item["id"]["S"], item["at"]["N"])
        for segment in range(7)
        for item in filled.scan(Segment=segment, TotalSegments=7)
    ]
    assert len(found) == len(set(found)) == 30


def test_a_page_ends_after_a_megabyte(orders: Orders) -> None:
    """What is left is found with the key that the page ends with."""
    orders.create()
    for at in range(20):
        orders.put(order("a", at, x="x" * 100_000))
    first = orders.query("id = :a", A)
    assert 10 <= first["Count"] <= 11
    rest = orders.query("id = :a", A, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert first["Count"] + rest["Count"] == 20
    assert "LastEvaluatedKey" not in rest


_BY_STATE = {
    "IndexName": "by-state",
    "KeySchema": [
        {"AttributeName": "state", "KeyType": "HASH"},
        {"AttributeName": "total", "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}
_START = {"id": {"S": "a"}, "at": {"N": "1"}}
_ENTRY = _START | {"state": {"S": "new"}, "total": {"N": "5"}}
_SCHEMA = "The provided key element does not match the schema"
_INVALID = "The provided starting key is invalid"
_OUTSIDE = "The provided starting key is outside query boundaries based on provided conditions"
_NOT_ASKED = "The provided starting key does not match the range key predicate"
_ONE_ROW = "The query can return at most one row and cannot be restarted"
_EMPTY = (
    f"{_INVALID}: One or more parameter values are not valid. The AttributeValue for a key "
    "attribute cannot contain an empty string value. Key: id"
)


@pytest.fixture
def by_state(orders: Orders) -> Orders:
    """A table with a global index that has a sort key and does not project all."""
    orders.create(attributes="state:S total:N", GlobalSecondaryIndexes=[_BY_STATE])
    return orders


@pytest.mark.parametrize(
    ("condition", "start", "text"),
    [
        ("id = :a", {"id": {"S": "b"}, "at": {"N": "1"}}, _OUTSIDE),
        ("id = :a AND #at > :n", _START, _NOT_ASKED),
        ("id = :a AND #at < :n", _START | {"id": {"S": "b"}}, _ONE_ROW),
        ("id = :a", {"id": {"S": "a"}}, _INVALID),
        ("id = :a", _START | {"x": {"S": "b"}}, _INVALID),
        ("id = :a", {"id": {"S": "a"}, "x": {"N": "1"}}, _INVALID),
        ("id = :a", _START | {"at": {"S": "1"}}, _SCHEMA),
        ("x = :a", {"id": {"N": "1"}, "at": {"N": "1"}}, _SCHEMA),
        ("x = :a", {"id": {"S": "a"}}, _INVALID),
        ("x = :a", _START | {"at": {"S": "1"}}, "Query condition missed key schema element: id"),
        ("id = :a", _START | {"id": {"S": ""}}, _EMPTY),
    ],
)
def test_a_start_that_the_query_cannot_have_is_refused(
    filled: Orders, condition: str, start: dict[str, Any], text: str
) -> None:
    """In AWS's words; its attributes are looked at one by one, each before the condition on it."""
    numbers = ":n" in condition
    request = {
        "TableName": "orders",
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": A | ({":n": {"N": "3"}} if numbers else {}),
        **({"ExpressionAttributeNames": {"#at": "at"}} if numbers else {}),
    }
    refused = filled.refused("query", **request, ExclusiveStartKey=start)
    assert refused == ("ValidationException", text)


@pytest.mark.parametrize(
    ("start", "text"),
    [
        (_START, _INVALID),
        (_ENTRY | {"total": {"S": "5"}}, _SCHEMA),
        (_ENTRY | {"at": {"S": "1"}}, f"{_INVALID}: {_SCHEMA}"),
    ],
)
def test_a_start_in_an_index_has_both_keys(
    by_state: Orders, start: dict[str, Any], text: str
) -> None:
    """The index's key comes first, and the table's is told as part of the starting key."""
    request = {"TableName": "orders", "IndexName": "by-state", "ExclusiveStartKey": start}
    assert by_state.refused("scan", **request) == ("ValidationException", text)
    asked = {"state": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "new"}]}}
    assert by_state.refused("query", **request, KeyConditions=asked) == (
        "ValidationException",
        text,
    )


def test_a_start_is_looked_at_before_what_an_index_projects(by_state: Orders) -> None:
    """But for the table's own key, which a scan looks at last."""
    request = {"TableName": "orders", "IndexName": "by-state", "Select": "ALL_ATTRIBUTES"}
    assert by_state.refused("scan", **request, ExclusiveStartKey=_START)[1] == _INVALID
    wrong = _ENTRY | {"at": {"S": "1"}}
    text = by_state.refused("scan", **request, ExclusiveStartKey=wrong)[1]
    assert "Select type ALL_ATTRIBUTES is not supported for global secondary index" in text
    text = by_state.refused("scan", TableName="orders", ExclusiveStartKey={"id": {"S": "a"}})[1]
    assert text == f"{_INVALID}: {_SCHEMA}"


def test_a_local_index_fetches_what_it_has_not(orders: Orders) -> None:
    """ALL_ATTRIBUTES reads the items themselves, and that costs."""
    index = {
        "IndexName": "by-amount",
        "KeySchema": [
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "amount", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    orders.create(attributes="amount:N", LocalSecondaryIndexes=[index])
    orders.put(order("a", 1, amount=9, extra="o"))
    reply = orders.query(
        "id = :a",
        A,
        IndexName="by-amount",
        Select="ALL_ATTRIBUTES",
        ConsistentRead=True,
        ReturnConsumedCapacity="TOTAL",
    )
    assert reply["Items"] == [order("a", 1, amount=9, extra="o")]
    assert reply["ConsumedCapacity"]["CapacityUnits"] == 2.0

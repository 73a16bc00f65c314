"""PartiQL through the operations: what tables hold afterwards, and what is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def dynamodb(aws: Any) -> Any:
    """A client, and a table "notes" with keys pk (S) and sk (N), an index by g, one item."""
    client = aws.client("dynamodb")
    client.create_table(
        TableName="notes",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
            {"AttributeName": "g", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    client.execute_statement(
        Statement="INSERT INTO notes VALUE {'pk': 'a', 'sk': 1, 'n': 1, 'g': 'x', 'd': <<1, 2>>}"
    )
    return client


@pytest.fixture
def items(dynamodb: Any) -> Callable[..., list[Any]]:
    """`items(statement, *parameters)`: the items that a statement returns."""

    def execute(statement: str, *parameters: Any) -> list[Any]:
        given = {"Parameters": list(parameters)} if parameters else {}
        found: list[Any] = dynamodb.execute_statement(Statement=statement, **given)["Items"]
        return found

    return execute


def test_statements_read_what_they_wrote(items: Any) -> None:
    """Insert, select by key, by index and by condition, update and delete, with their replies."""
    items("INSERT INTO notes VALUE {'pk': ?, 'sk': 2, 'g': 'x', 'm': {'k': [1, 2]}}", {"S": "a"})
    by_key = items("SELECT sk, m.k[1] FROM notes WHERE pk = ? ORDER BY sk DESC", {"S": "a"})
    assert by_key == [{"sk": {"N": "2"}, "k[1]": {"N": "2"}}, {"sk": {"N": "1"}}]
    by_index = items('SELECT sk FROM "notes"."by-g" WHERE g = \'x\' AND n IS NOT MISSING')
    assert by_index == [{"sk": {"N": "1"}}]
    [updated] = items(
        "UPDATE notes SET n = n + 5, d = set_delete(d, <<2>>) REMOVE g "
        "WHERE pk = 'a' AND sk = 1 AND n = 1 RETURNING ALL NEW *"
    )
    assert updated == {"pk": {"S": "a"}, "sk": {"N": "1"}, "n": {"N": "6"}, "d": {"NS": ["1"]}}
    assert items("DELETE FROM notes WHERE pk = 'a' AND sk = 1 RETURNING ALL OLD *") == [updated]
    assert [one["sk"] for one in items("SELECT * FROM notes")] == [{"N": "2"}]


def test_writes_keep_to_their_conditions(items: Any) -> None:
    """UPDATE needs an item; DELETE of none is content; an item is not inserted twice."""
    for statement, code in (
        ("INSERT INTO notes VALUE {'pk': 'a', 'sk': 1}", "DuplicateItemException"),
        ("UPDATE notes SET n = 2 WHERE pk = 'q' AND sk = 1", "ConditionalCheckFailedException"),
        ("DELETE FROM notes WHERE pk='a' AND sk=1 AND n = 7", "ConditionalCheckFailedException"),
        ("EXISTS(SELECT * FROM notes WHERE pk='a' AND sk=1 AND n=1)", "ValidationException"),
        ("SELECT * FROM nowhere", "ResourceNotFoundException"),
    ):
        with pytest.raises(ClientError) as refused:
            items(statement)
        assert refused.value.response["Error"]["Code"] == code
    assert items("DELETE FROM notes WHERE pk = 'q' AND sk = 1 AND n = 7") == []
    assert items("SELECT n FROM notes WHERE pk = 'a' AND sk = 1") == [{"n": {"N": "1"}}]


def test_a_wrong_statement_does_not_stop_its_batch(dynamodb: Any) -> None:
    """Each statement of a batch has an answer of its own."""
    good = "SELECT n FROM notes WHERE pk = 'a' AND sk = 1"
    replies = dynamodb.batch_execute_statement(
        Statements=[{"Statement": "bad"}, {"Statement": good}]
    )
    wrong, right = replies["Responses"]
    assert wrong["Error"] == {
        "Code": "ValidationError",
        "Message": "Statement wasn't well formed, can't be processed: Expected data manipulation",
    }
    assert right["Item"] == {"n": {"N": "1"}}


def test_a_transaction_writes_all_or_nothing(dynamodb: Any, items: Any) -> None:
    """EXISTS guards the other statements; a wrong one is named by its place."""
    guard = "EXISTS(SELECT * FROM notes WHERE pk = 'a' AND sk = 1 AND n = {})"
    insert = "INSERT INTO notes VALUE {'pk': 'b', 'sk': 1}"

    def execute(*statements: str) -> Any:
        return dynamodb.execute_transaction(
            TransactStatements=[{"Statement": statement} for statement in statements]
        )

    with pytest.raises(ClientError) as cancelled:
        execute(guard.format(7), insert)
    reasons = cancelled.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["ConditionalCheckFailed", "None"]
    with pytest.raises(ClientError) as refused:
        execute(insert, "UPDATE notes SET")
    assert refused.value.response["Error"]["Message"].startswith(
        "Validation failed in TransactStatements[1]: Statement wasn't well formed"
    )
    assert items("SELECT * FROM notes WHERE pk = 'b'") == []
    execute(guard.format(1), insert)
    assert len(items("SELECT * FROM notes WHERE pk = 'b'")) == 1

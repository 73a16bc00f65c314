"""Tables: made, described, changed and deleted, with AWS's refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.services.dynamodb.conftest import ARN, order

if TYPE_CHECKING:
    from tests.services.dynamodb.conftest import Orders

BY_STATE = {
    "IndexName": "by-state",
    "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}


def test_a_new_table_is_creating_then_active(orders: Orders) -> None:
    """The reply says CREATING; whoever asks next finds it ACTIVE."""
    assert orders.create()["TableStatus"] == "CREATING"
    described = orders.describe()
    assert (described["TableStatus"], described["TableArn"]) == ("ACTIVE", ARN)
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert orders.client.list_tables()["TableNames"] == ["orders"]


def test_a_table_of_that_name_is_there_already(orders: Orders) -> None:
    """ResourceInUseException names it."""
    orders.create()
    request = {
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    }
    refusal = ("ResourceInUseException", "Table already exists: orders")
    assert orders.refused("create_table", **request) == refusal


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"BillingMode": "PROVISIONED"}, "ReadCapacityUnits and WriteCapacityUnits must both be"),
        ({"AttributeDefinitions": []}, "Some index key attribute have no definition"),
        (
            {"KeySchema": [{"AttributeName": "id", "KeyType": "RANGE"}]},
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        ),
        (
            {"KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}]},
            "Some index key attributes are not defined in AttributeDefinitions. Keys: [x]",
        ),
        ({"GlobalSecondaryIndexes": [BY_STATE]}, "Keys: [state], AttributeDefinitions: [id, at]"),
        ({"GlobalSecondaryIndexes": []}, "List of GlobalSecondaryIndexes is empty"),
        (
            {"StreamSpecification": {"StreamEnabled": True}},
            "StreamViewType must be specified when StreamEnabled is true",
        ),
        ({"TableName": "no"}, "TableName must be at least 3 characters long"),
    ],
)
def test_wrong_definitions_make_no_table(orders: Orders, change: dict[str, Any], text: str) -> None:
    """Each refusal is AWS's, and nothing is left of the table."""
    request = {
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "at", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "N"},
        ],
    } | change
    code, message = orders.refused("create_table", **request)
    assert code == "ValidationException"
    assert text in message
    assert orders.client.list_tables()["TableNames"] == []


def test_a_deleted_table_is_gone_with_its_items(orders: Orders) -> None:
    """Its name is free, and a new table of it is empty."""
    orders.create()
    orders.put(order("a"))
    assert orders.client.delete_table(TableName="orders")["TableDescription"]["TableStatus"] == (
        "DELETING"
    )
    assert orders.refused("describe_table", TableName="orders") == (
        "ResourceNotFoundException",
        "Requested resource not found: Table: orders not found",
    )
    orders.create()
    assert orders.scan() == []


def test_a_protected_table_is_not_deleted(orders: Orders) -> None:
    """Deletion protection has to be taken off first."""
    orders.create(DeletionProtectionEnabled=True)
    code, message = orders.refused("delete_table", TableName="orders")
    assert (code, "protected against deletion" in message) == ("ValidationException", True)
    orders.client.update_table(TableName="orders", DeletionProtectionEnabled=False)
    orders.client.delete_table(TableName="orders")


def test_an_index_made_later_has_what_was_there_before(orders: Orders) -> None:
    """Items whose attribute does not fit the index's key stay out of it, and stay in the table."""
    orders.create()
    orders.put(order("a", state="new"))
    orders.put(order("b", state=7))
    orders.client.update_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "state", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": BY_STATE}],
    )
    [index] = orders.describe()["GlobalSecondaryIndexes"]
    assert (index["IndexStatus"], index["ItemCount"]) == ("ACTIVE", 1)
    assert orders.scan(IndexName="by-state") == [order("a", state="new")]
    _code, message = orders.refused("put_item", TableName="orders", Item=order("c", state=7))
    assert "Type mismatch for Index Key state Expected: S Actual: N IndexName: by-state" in message
    orders.client.update_table(
        TableName="orders", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-state"}}]
    )
    orders.put(order("c", state=7))
    assert "GlobalSecondaryIndexes" not in orders.describe()


def test_what_violates_a_new_index_stays_and_can_be_changed(orders: Orders) -> None:
    """It is not in the index; an update of anything else goes through, one of that is judged."""
    orders.create()
    orders.put(order("a", state=7))
    orders.client.update_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "state", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": BY_STATE}],
    )
    key = {"id": {"S": "a"}, "at": {"N": "1"}}

    def change(name: str, value: dict[str, str]) -> dict[str, Any]:
        return {
            "TableName": "orders",
            "Key": key,
            "UpdateExpression": "SET #n = :v",
            "ExpressionAttributeNames": {"#n": name},
            "ExpressionAttributeValues": {":v": value},
        }

    orders.client.update_item(**change("note", {"S": "x"}))
    assert orders.scan(IndexName="by-state") == []
    assert orders.refused("update_item", **change("state", {"N": "8"}))[1].endswith(
        "Type mismatch for Index Key state Expected: S Actual: N IndexName: by-state"
    )
    orders.client.update_item(**change("state", {"S": "new"}))
    assert orders.scan(IndexName="by-state") == [order("a", state="new")]


def test_counts_and_sizes_follow_the_items(orders: Orders) -> None:
    """DescribeTable knows how many items there are, and how large they are."""
    orders.create(sort=False)
    for name in "abc":
        orders.put({"id": {"S": name}, "x": {"S": "12345"}})
    orders.client.delete_item(TableName="orders", Key={"id": {"S": "c"}})
    described = orders.describe()
    assert (described["ItemCount"], described["TableSizeBytes"]) == (2, 18)


def test_an_unknown_operation_is_refused_in_a_sentence(orders: Orders) -> None:
    """What is not emulated says so."""
    code, message = orders.refused("list_exports")
    assert (code, "does not emulate dynamodb:ListExports" in message) == ("NotImplemented", True)


def test_tags_are_kept_and_counted(orders: Orders) -> None:
    """A table has at most 50 tags."""
    orders.create(Tags=[{"Key": "team", "Value": "till"}])
    tags = [{"Key": str(n), "Value": ""} for n in range(50)]
    assert orders.refused("tag_resource", ResourceArn=ARN, Tags=tags)[0] == "ValidationException"
    orders.client.tag_resource(ResourceArn=ARN, Tags=tags[:2])
    orders.client.untag_resource(ResourceArn=ARN, TagKeys=["0"])
    found = orders.client.list_tags_of_resource(ResourceArn=ARN)["Tags"]
    assert found == [{"Key": "team", "Value": "till"}, {"Key": "1", "Value": ""}]


def test_warm_throughput_asked_for_is_being_brought_about(orders: Orders) -> None:
    """CreateTable tells what was asked for as UPDATING; a moment later it is there."""
    warm = {"ReadUnitsPerSecond": 1000, "WriteUnitsPerSecond": 1200}
    created = orders.create(WarmThroughput=warm)
    assert created["WarmThroughput"] == warm | {"Status": "UPDATING"}
    orders.aws.advance(seconds=60)
    assert orders.describe()["WarmThroughput"] == {**warm, "Status": "ACTIVE"}


def test_only_arns_of_tables_are_tagged(orders: Orders) -> None:
    """What is no ARN nobody may tag; other ARNs name no table; and nothing to do is refused."""
    orders.create()
    tags = [{"Key": "a", "Value": "b"}]

    def tag(arn: str) -> tuple[str, str]:
        return orders.refused("tag_resource", ResourceArn=arn, Tags=tags)

    assert tag("abcd") == (
        "AccessDeniedException",
        (
            "User: arn:aws:iam::000000000000:root is not authorized to perform: "
            "dynamodb:TagResource on resource: abcd"
        ),
    )
    for arn in ("a:b:c:d:e:f/g", f"{ARN}/index/x"):
        text = f"Invalid TableArn: Invalid ResourceArn provided as input {arn}"
        assert tag(arn) == ("ValidationException", text)
    assert tag(f"{ARN}2")[1] == f"Requested resource not found: ResourcArn: {ARN}2 not found"
    assert orders.refused("untag_resource", ResourceArn=f"{ARN}2", TagKeys=[]) == (
        "ValidationException",
        "Atleast one Tag Key needs to be provided as Input.",
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"BillingMode": "PROVISIONED"}, "ProvisionedThroughput must be specified when"),
        (
            {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 10**12 + 1}},
            "Given value 1000000000001 for WriteCapacityUnits is out of bounds",
        ),
        ({"GlobalSecondaryIndexUpdates": [{}]}, "GlobalSecondaryIndexUpdate.Delete must not be"),
        (
            {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "abc"}}] * 2},
            "Only one global secondary index update per index is allowed simultaneously.",
        ),
    ],
)
def test_a_wrong_change_is_refused_before_its_table_is_missed(
    orders: Orders, change: dict[str, Any], text: str
) -> None:
    """UpdateTable judges the request alone first (dynalite's tests, recorded)."""
    code, message = orders.refused("update_table", TableName="missing", **change)
    assert code == "ValidationException"
    assert text in message

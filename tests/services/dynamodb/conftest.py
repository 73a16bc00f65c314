"""What the table tests share: clients, a table called orders, short ways to call."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/orders"


class Orders:
    """One table called orders: hash key `id`, sort key `at` (a number) unless asked otherwise."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.client = aws.client("dynamodb")
        self.streams = aws.client("dynamodbstreams")

    def create(self, *, sort: bool = True, attributes: str = "", **options: Any) -> Any:
        """Make the table; `attributes` are further ones that indexes need: "state:S total:N"."""
        kinds = {"id": "S"} | ({"at": "N"} if sort else {})
        keys = dict(zip(kinds, ("HASH", "RANGE"), strict=False))
        kinds |= dict(one.split(":") for one in attributes.split())
        return self.client.create_table(
            **{
                "TableName": "orders",
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": n, "KeyType": k} for n, k in keys.items()],
                "AttributeDefinitions": [
                    {"AttributeName": n, "AttributeType": k} for n, k in kinds.items()
                ],
                **options,
            }
        )["TableDescription"]

    def describe(self) -> dict[str, Any]:
        return dict(self.client.describe_table(TableName="orders")["Table"])

    def put(self, item: dict[str, Any], **options: Any) -> dict[str, Any]:
        return dict(self.client.put_item(TableName="orders", Item=item, **options))

    def get(self, key: dict[str, Any], **options: Any) -> Any:
        return self.client.get_item(TableName="orders", Key=key, **options).get("Item")

    def scan(self, **options: Any) -> list[dict[str, Any]]:
        return list(self.client.scan(TableName="orders", **options)["Items"])

    def query(self, condition: str, values: dict[str, Any], **options: Any) -> dict[str, Any]:
        return dict(
            self.client.query(
                TableName="orders",
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                **options,
            )
        )

    def records(self, arn: str = "") -> list[dict[str, Any]]:
        arn = arn or self.describe()["LatestStreamArn"]
        described = self.streams.describe_stream(StreamArn=arn)["StreamDescription"]
        found: list[dict[str, Any]] = []
        for shard in described["Shards"]:
            iterator = self.streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            found += self.streams.get_records(ShardIterator=iterator)["Records"]
        return found

    def refused(self, operation: str, **request: Any) -> tuple[str, str]:
        """Return code and text of the error that a call gets."""
        with pytest.raises(ClientError) as caught:
            getattr(self.client, operation)(**request)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]


def order(name: str, at: int = 1, **attributes: Any) -> dict[str, Any]:
    """Return an item: strings, numbers and bytes get their types."""
    made = {"id": {"S": name}, "at": {"N": str(at)}}
    for attribute, value in attributes.items():
        kind = "N" if isinstance(value, int) else "B" if isinstance(value, bytes) else "S"
        made[attribute] = {kind: str(value) if kind == "N" else value}
    return made


@pytest.fixture
def orders(aws: Any) -> Orders:
    """Clients, and no table yet."""
    return Orders(aws)

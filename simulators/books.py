"""What both sides hold at an instant: the vendors' world, the orders table and the queues.

The auditor reads them, whether time is virtual (simulators/street.py) or real.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib.domain.order import reference_id

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Mapping

    from simulators.cart import PlacedOrder
    from simulators.world import World

BUCKET = "order-middleware-local"
QUEUES = (
    "inbound-orders",
    "pos-square",
    "pos-toast",
    "pos-clover",
    "ticket-changes",
    "channel-callbacks",
    "notifications",
    "shop-payments",
    "shop-orders",
    "shop-couriers",
    "shop-messages",
)


class Books:
    """The books of one evening. `client` makes boto3 clients, `placed` is by the orders' ids."""

    def __init__(self, client: Callable[[str], Any], world: World) -> None:
        self.client = client
        self.world = world
        self.placed: dict[str, PlacedOrder] = {}
        self._urls: dict[str, str] = {}

    def records(self) -> list[dict[str, Any]]:
        """Return the orders table."""
        return self._all("orders")

    def checkouts(self) -> list[dict[str, Any]]:
        """Return the table of our shop's checkouts."""
        return self._all("checkouts")

    def due(self) -> Iterator[str]:
        """Yield the orders, and checkouts of our shop, for which something is still owed."""
        for table, key in (("orders", "order_key"), ("checkouts", "checkout_id")):
            yield from (item[key]["S"] for item in self._all(table, IndexName="due-by-shard"))

    def _all(self, table: str, **index: str) -> list[dict[str, Any]]:
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=table, **index)
        return [item for page in pages for item in page["Items"]]

    def mails(self) -> Counter[tuple[str, str]] | None:
        """Return how often each address got which subject; None where nobody counts."""
        return None

    def notes(self) -> Iterator[dict[str, str]]:
        """Yield what staff were told."""
        s3 = self.client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="alerts/")
        for entry in [entry for page in pages for entry in page.get("Contents", [])]:
            yield json.loads(s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read())

    def first_message(self, name: str) -> str:
        """Return the beginning of a message of a queue; it stays there."""
        sqs = self.client("sqs")
        url = self._url(name)
        reply = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)
        return str(next((m["Body"] for m in reply.get("Messages", ())), ""))[:200]

    def queue_depth(self, name: str) -> int:
        """Return how many messages wait in a queue."""
        sqs = self.client("sqs")
        url = self._url(name)
        names = ["ApproximateNumberOfMessages"]
        reply = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return int(reply["Attributes"][names[0]])

    def unfinished(self, name: str) -> int:
        """Return how many messages a queue has: waiting, delayed, or under way."""
        sqs = self.client("sqs")
        url = self._url(name)
        reply = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return sum(int(n) for name, n in reply.items() if name.startswith("ApproximateNumber"))

    def _url(self, name: str) -> str:
        if name not in self._urls:
            self._urls[name] = self.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        return self._urls[name]


class ClosedBooks(Books):
    """The books when nothing happens any more: each is read once."""

    def __init__(self, open_books: Books) -> None:
        super().__init__(open_books.client, open_books.world)
        self.placed, self._urls = open_books.placed, open_books._urls  # noqa: SLF001 - its own
        self.mails = open_books.mails  # type: ignore[method-assign]
        self._notes: list[dict[str, str]] | None = None
        self._tables: dict[str, list[dict[str, Any]]] = {}

    def notes(self) -> Iterator[dict[str, str]]:
        """Yield what staff were told."""
        if self._notes is None:
            self._notes = list(super().notes())
        return iter(self._notes)

    def _all(self, table: str, **index: str) -> list[dict[str, Any]]:
        if index:
            return super()._all(table, **index)
        if table not in self._tables:
            self._tables[table] = super()._all(table)
        return self._tables[table]


def names(item: Mapping[str, Any], reference: str) -> bool:
    """Say whether a ticket's reference is that of a stored order."""
    if reference.endswith(item["order_key"]["S"]):  # Toast, Clover
        return True
    return reference == reference_id(item["channel"]["S"], item["order_id"]["S"])  # Square

"""A night: orders of a day, what partners deliver about them, and the matching."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chalicelib import bootstrap
from chalicelib.domain.events import Event

if TYPE_CHECKING:
    from simulators.street import Street

BUCKET = "order-middleware-local"
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:nightly-settlement"
HEADER = "order_id,kind,currency,subtotal,tax,tip,fees,payout"


class Night:
    """Orders of a day, the files that partners send about them, and the night after."""

    def __init__(self, street: Street) -> None:
        self.street = street
        self.offline = street.offline
        self.s3 = self.offline.client("s3")
        self.states = self.offline.client("stepfunctions")

    def records(self, channel: str) -> list[Any]:
        """Return what we have of a partner's orders, the first store's first."""
        orders = bootstrap.services().orders
        found = (orders.get(item["order_key"]["S"]) for item in self.street.records())
        mine = [record for record in found if record is not None and record.channel == channel]
        return sorted(mine, key=lambda record: record.store.store_id)

    def deliver(self, record: Any, *lines: str, name: str = "day.csv") -> None:
        """Let a partner deliver the file of an order's store."""
        self.put(record, "\n".join([HEADER, *lines, ""]).encode(), name)

    def put(self, record: Any, content: bytes, name: str = "day.csv") -> None:
        """Let a partner deliver bytes for an order's store."""
        key = f"settlements/new/{record.channel}/{record.channel_store_id}/{name}"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)

    def table(self, channel: str, content: bytes) -> None:
        """Write down what a partner calls our words."""
        self.s3.put_object(Bucket=BUCKET, Key=f"settlements/columns/{channel}.json", Body=content)

    def put_away(self, where: str) -> list[str]:
        """Return CHANNEL/STORE/NAME of each content that was matched, or was unreadable."""
        kept = (key.split("/") for key in self.files(f"{where}/"))
        return [f"{at[1]}/{at[2]}/{at[4]}" for at in kept if at[3] != "latest"]

    def settle(self, day: str = "") -> dict[str, Any]:
        """Run the workflow and return how it ended."""
        arn = self.states.start_execution(
            stateMachineArn=MACHINE, input=json.dumps({"day": day} if day else {})
        )["executionArn"]
        return self.ended(arn)

    def ended(self, arn: str) -> dict[str, Any]:
        """Wait for an execution's end."""
        self.offline.settle(within=timedelta(hours=2), raise_errors=False)
        reply: dict[str, Any] = self.states.describe_execution(executionArn=arn)
        assert reply["status"] != "RUNNING"
        return reply

    def read(self, key: str) -> str:
        """Return a file of the bucket."""
        return str(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode())

    def folder(self) -> str:
        """Return the folder of the latest run."""
        newest = max(
            self.states.list_executions(stateMachineArn=MACHINE)["executions"],
            key=lambda one: one["startDate"],
        )
        return f"settlements/runs/{newest['name']}"

    def differences(self) -> list[dict[str, str]]:
        """Return the table that the latest run left."""
        return list(csv.DictReader(io.StringIO(self.read(f"{self.folder()}/differences.csv"))))

    def files(self, prefix: str) -> list[str]:
        """Return the keys of files."""
        reply = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"settlements/{prefix}")
        return [one["Key"].removeprefix("settlements/") for one in reply.get("Contents", [])]

    def events(self, type_: str) -> list[Event]:
        """Return the events of a type, each once however often it was published."""
        details = [
            json.loads(entry["Detail"])
            for call in self.offline.journal.entries()
            if call.subject == "events.PutEvents"
            for entry in call.detail["Entries"]
        ]
        events = [Event.from_detail(one) for one in details if one.get("type") == type_]
        return list({event.id: event for event in events}.values())


def line_of(record: Any, **changes: int) -> str:
    """Return the line that settles an order as it should."""
    order = record.order
    tax = sum(c.amount.amount for c in order.charges if (c.kind, c.party) == ("tax", "merchant"))
    tip = sum(c.amount.amount for c in order.charges if (c.kind, c.party) == ("tip", "merchant"))
    parts = {"subtotal": order.subtotal.amount, "tax": tax, "tip": tip, "fees": 100} | changes
    payout = parts["subtotal"] + parts["tax"] + parts["tip"] - parts["fees"]
    cells = [f"{amount / 100:.2f}" for amount in (*parts.values(), payout)]
    return ",".join([record.order_id, "sale", order.currency, *cells])

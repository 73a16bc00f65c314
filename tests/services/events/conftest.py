"""A small world for EventBridge: queues that catch what rules send."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass
class Catcher:
    """A queue as a target, and what reached it."""

    client: Any
    url: str
    arn: str

    def messages(self) -> list[dict[str, Any]]:
        """Take everything off the queue."""
        taken: list[dict[str, Any]] = []
        while batch := self.client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        ).get("Messages", []):
            taken += batch
            for message in batch:
                self.client.delete_message(
                    QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"]
                )
        return taken

    def bodies(self) -> list[str]:
        """Take everything off the queue and return the bodies as they are."""
        return [message["Body"] for message in self.messages()]

    def events(self) -> list[Any]:
        """Take everything off the queue and return the bodies as JSON."""
        return [json.loads(body) for body in self.bodies()]


class World:
    """An events client with what the tests do all the time."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.events = aws.client("events")
        self._sqs: dict[tuple[str, str], Any] = {}

    def catcher(
        self,
        name: str = "caught",
        *,
        region: str = "us-east-1",
        account: str = "test",
        **attributes: str,
    ) -> Catcher:
        """Make a queue."""
        if (region, account) not in self._sqs:
            self._sqs[region, account] = self.aws.client("sqs", region=region, account=account)
        client = self._sqs[region, account]
        url = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        reply = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return Catcher(client, url, reply["Attributes"]["QueueArn"])

    def rule(
        self,
        *targets: str | dict[str, Any],
        name: str = "rule",
        bus: str = "default",
        pattern: dict[str, Any] | None = None,
        **settings: Any,
    ) -> str:
        """Make a rule on `shop` events, or on a pattern, with targets given as ARNs or whole."""
        if "ScheduleExpression" not in settings:
            settings["EventPattern"] = json.dumps(pattern or {"source": ["shop"]})
        arn = self.events.put_rule(Name=name, EventBusName=bus, **settings)["RuleArn"]
        whole = [
            {"Id": f"target-{number}", **({"Arn": target} if isinstance(target, str) else target)}
            for number, target in enumerate(targets)
        ]
        if whole:
            self.events.put_targets(Rule=name, EventBusName=bus, Targets=whole)
        return str(arn)

    def put(self, detail: Any = None, **entry: Any) -> dict[str, Any]:
        """Put one event of source `shop`."""
        whole = {
            "Source": "shop",
            "DetailType": "order.received",
            "Detail": json.dumps({} if detail is None else detail),
            **entry,
        }
        return dict(self.events.put_events(Entries=[whole]))

    def notes(self, outcome: str) -> list[Any]:
        """Return the journal's notes whose outcome has `outcome` in it."""
        return [
            entry
            for entry in self.aws.emulator.journal.entries()
            if entry.kind == "note" and outcome in entry.outcome
        ]


@pytest.fixture
def world(aws: Any) -> World:
    return World(aws)

"""A scheduler, and a queue it sends to."""

from __future__ import annotations

import json
from typing import Any

import pytest

ROLE = "arn:aws:iam::000000000000:role/scheduler"
EXACT = {"Mode": "OFF"}


class Scheduled:
    """Clients, a target queue and a dead-letter queue."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.client = aws.client("scheduler")
        self.sqs = aws.client("sqs")
        self.queue_arn = self.queue("target")
        self.dead_letter_arn = self.queue("dead-letters")

    def queue(self, name: str, **attributes: str) -> str:
        self.sqs.create_queue(QueueName=name, Attributes=attributes)
        return f"arn:aws:sqs:us-east-1:000000000000:{name}"

    def create(self, expression: str, *, name: str = "s", **settings: Any) -> str:
        """Create a schedule whose target is the queue unless `Target` adds to or changes that."""
        target = {"Arn": self.queue_arn, "RoleArn": ROLE, **settings.pop("Target", {})}
        window = settings.pop("FlexibleTimeWindow", EXACT)
        reply = self.client.create_schedule(
            Name=name,
            ScheduleExpression=expression,
            FlexibleTimeWindow=window,
            Target=target,
            **settings,
        )
        return str(reply["ScheduleArn"])

    def messages(self, queue: str = "target") -> list[dict[str, Any]]:
        url = self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        taken: list[dict[str, Any]] = []
        while received := self.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages"):
            taken.extend(received)
            for message in received:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    def sent_at(self) -> list[float]:
        """When each message was sent, in seconds since the start."""
        start_ms = 1_767_225_600_000
        return [
            (int(message["Attributes"]["SentTimestamp"]) - start_ms) / 1000
            for message in self.messages()
        ]

    def bodies(self) -> list[Any]:
        return [json.loads(message["Body"]) for message in self.messages()]

    def dead_letter(self) -> tuple[Any, dict[str, str]]:
        """The one dead letter: its body and its attributes."""
        (message,) = self.messages("dead-letters")
        attributes = {
            name: value["StringValue"] for name, value in message["MessageAttributes"].items()
        }
        return json.loads(message["Body"]), attributes


@pytest.fixture
def scheduled(aws: Any) -> Scheduled:
    return Scheduled(aws)

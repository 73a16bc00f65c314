"""What the Lambda tests share: short ways to a queue, a function and what it was given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT = "000000000000"


class Bench:
    """One emulator, its clients, and functions that remember what they were given."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.lambda_ = aws.client("lambda")
        self.sqs = aws.client("sqs")
        self.started_at = aws.now

    def function(
        self, name: str = "work", handler: Callable[[Any], Any] | None = None, **settings: Any
    ) -> list[Any]:
        """Register a function; return the list its events are appended to."""
        events: list[Any] = []

        def remember(event: Any) -> Any:
            events.append(event)
            return handler(event) if handler else None

        self.aws.function(name, remember, **settings)
        return events

    def queue(self, name: str = "jobs", **attributes: str) -> str:
        """Create a queue and return its URL."""
        return str(self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])

    def arn(self, queue: str) -> str:
        return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue}"

    def map(self, queue: str = "jobs", function: str = "work", **settings: Any) -> str:
        """Map a queue to a function, wait until that is done, and return the mapping's UUID."""
        made = self.lambda_.create_event_source_mapping(
            EventSourceArn=self.arn(queue), FunctionName=function, **settings
        )
        self.wait_for_mapping()
        return str(made["UUID"])

    def wait_for_mapping(self) -> None:
        """Let a change of a mapping take place; what happens from then on counts as elapsed."""
        self.aws.advance(seconds=0.5)
        self.started_at = self.aws.now

    def send(self, url: str, *bodies: str, **options: Any) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=url, MessageBody=body, **options)

    def messages(self, url: str) -> list[Any]:
        """Receive everything visible in a queue, bodies parsed where they are JSON."""
        reply = self.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        found = reply.get("Messages", [])
        for message in found:
            try:
                message["Body"] = json.loads(message["Body"])
            except ValueError:
                continue
        return list(found)

    def counts(self, url: str) -> tuple[int, int]:
        """Return how many messages are visible and how many in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return int(found[names[0]]), int(found[names[1]])

    def elapsed(self) -> float:
        """Return the virtual seconds since the test began."""
        return float((self.aws.now - self.started_at).total_seconds())


@pytest.fixture
def bench(aws: Any) -> Bench:
    return Bench(aws)


def bodies(event: Any) -> list[str]:
    """Return the bodies of an SQS event's records."""
    return [record["body"] for record in event["Records"]]

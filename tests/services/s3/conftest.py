"""A bucket and a queue it notifies."""

from __future__ import annotations

import json
from typing import Any

import pytest


class Notified:
    """A bucket, a queue, and what arrives there."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.bucket = "orders-archive"
        self.s3 = aws.client("s3")
        self.sqs = aws.client("sqs")
        self.s3.create_bucket(Bucket=self.bucket)
        self.queue_url, self.queue_arn = self.queue("notifications")

    def queue(self, name: str, region: str = "us-east-1") -> tuple[str, str]:
        sqs = self.aws.client("sqs", region=region)
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, attributes["Attributes"]["QueueArn"]

    def configure(self, **configuration: Any) -> None:
        self.s3.put_bucket_notification_configuration(
            Bucket=self.bucket, NotificationConfiguration=configuration
        )

    def notify_queue(self, *events: str, **settings: Any) -> None:
        self.configure(
            QueueConfigurations=[{"QueueArn": self.queue_arn, "Events": list(events), **settings}]
        )
        assert [body.get("Event") for body in self.bodies()] == ["s3:TestEvent"]

    def messages(self, **options: Any) -> list[dict[str, Any]]:
        """Take everything the queue holds."""
        taken: list[dict[str, Any]] = []
        while received := self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, **options
        ).get("Messages"):
            taken.extend(received)
            for message in received:
                self.sqs.delete_message(
                    QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
        return taken

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(message["Body"]) for message in self.messages()]

    def records(self) -> list[dict[str, Any]]:
        return [record for body in self.bodies() for record in body["Records"]]

    def told(self) -> list[tuple[str, str]]:
        """What happened to which key, in order of arrival."""
        return [(each["eventName"], each["s3"]["object"]["key"]) for each in self.records()]


@pytest.fixture
def notified(aws: Any) -> Notified:
    return Notified(aws)

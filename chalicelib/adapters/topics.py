"""SNS: topics that people subscribe to."""

from __future__ import annotations

from typing import Any

from chalicelib.adapters.errors import aws_errors

SUBJECT_LENGTH = 99
"""Below 100 characters, AWS's limit for the subject of a mail; ASCII only."""


class Topics:
    """Topics by ARN."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def publish(self, topic_arn: str, subject: str, text: str) -> None:
        """Send a message to everybody who subscribed."""
        plain = subject.encode("ascii", "replace").decode()[:SUBJECT_LENGTH]
        with aws_errors("Publish"):
            self._client.publish(TopicArn=topic_arn, Subject=plain, Message=text)

"""SQS."""

from __future__ import annotations

from typing import Any

from chalicelib.adapters.errors import aws_errors


class Queues:
    """Queues by name. Their URLs are asked for once per process."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._urls: dict[str, str] = {}

    def send_in_order(self, queue: str, body: str, group: str) -> None:
        """Send to a FIFO queue with content-based deduplication: order holds within `group`."""
        with aws_errors("SendMessage"):
            self._client.send_message(
                QueueUrl=self._url(queue), MessageBody=body, MessageGroupId=group
            )

    def hold_back(self, queue: str, receipt_handle: str, seconds: int) -> None:
        """Let a received message be delivered again in `seconds` instead of at its timeout."""
        with aws_errors("ChangeMessageVisibility"):
            self._client.change_message_visibility(
                QueueUrl=self._url(queue), ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )

    def _url(self, queue: str) -> str:
        if queue not in self._urls:
            self._urls[queue] = self._client.get_queue_url(QueueName=queue)["QueueUrl"]
        return self._urls[queue]

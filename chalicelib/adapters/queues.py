"""SQS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.errors import AwsUnavailable, aws_errors
from chalicelib.domain.deadlines import MAX_WAIT_SECONDS
from chalicelib.telemetry import trace, work

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH = 10
"""AWS's limit for SendMessageBatch."""


class Queues:
    """Queues by name. Their URLs are asked for once per process."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._urls: dict[str, str] = {}

    def send(self, queue: str, body: dict[str, Any], delay_seconds: int = 0) -> None:
        """Send one message, to be delivered in a while."""
        more: dict[str, Any] = {}
        if delay_seconds > 0:
            more["DelaySeconds"] = min(delay_seconds, MAX_WAIT_SECONDS)
        if traceparent := work.traceparent():
            more["MessageAttributes"] = {
                trace.HEADER: {"DataType": "String", "StringValue": traceparent}
            }
        with aws_errors("SendMessage"):
            self._client.send_message(
                QueueUrl=self._url(queue), MessageBody=json.dumps(body), **more
            )

    def send_all(self, queue: str, bodies: Sequence[dict[str, Any]]) -> None:
        """Send many messages; AwsUnavailable when any was not taken."""
        failed: list[str] = []
        for start in range(0, len(bodies), BATCH):
            entries = [
                {"Id": str(number), "MessageBody": json.dumps(body)}
                for number, body in enumerate(bodies[start : start + BATCH])
            ]
            with aws_errors("SendMessageBatch"):
                reply = self._client.send_message_batch(QueueUrl=self._url(queue), Entries=entries)
            failed += [entry.get("Code", "") for entry in reply.get("Failed", [])]
        if failed:
            raise AwsUnavailable(f"SendMessageBatch: {', '.join(sorted(set(failed)))}")

    def hold_back(self, queue: str, receipt_handle: str, seconds: int) -> None:
        """Let a received message be delivered again in `seconds` instead of at its timeout."""
        with aws_errors("ChangeMessageVisibility"):
            self._client.change_message_visibility(
                QueueUrl=self._url(queue), ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )

    def _url(self, queue: str) -> str:
        if queue not in self._urls:
            with aws_errors("GetQueueUrl"):
                self._urls[queue] = self._client.get_queue_url(QueueName=queue)["QueueUrl"]
        return self._urls[queue]

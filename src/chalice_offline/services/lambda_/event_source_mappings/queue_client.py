"""What a mapping asks of its queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.targets import queue_url
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.principal import PRINCIPAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.arn import Arn
    from chalice_offline.core.kernel import Kernel, Request, Result

Record = dict[str, Any]


class QueueClient:
    """One queue, called as any client would."""

    def __init__(self, kernel: Kernel, arn: Arn) -> None:
        self._kernel = kernel
        self._arn = arn
        self._url = queue_url(arn)

    def receive(self, count: int) -> list[Record]:
        """Receive up to ten messages; raises AwsError when the queue is gone."""
        request = {
            "QueueUrl": self._url,
            "MaxNumberOfMessages": min(count, limits.RECEIVE_MAX),
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
            "WaitTimeSeconds": 0,
        }
        messages: list[Record] = self._call("ReceiveMessage", request, ()).get("Messages", [])
        return messages

    def delete(self, records: list[Record], causes: tuple[int, ...]) -> None:
        """Delete what was handled; what cannot be deleted is noted."""
        for entries in _entries(records):
            request = {"QueueUrl": self._url, "Entries": entries}
            try:
                failed = self._call("DeleteMessageBatch", request, causes).get("Failed", [])
            except AwsError as error:
                self._kernel.note(str(self._arn), request, causes, f"not deleted: {error}")
                continue
            if failed:  # a FIFO message whose visibility timeout is over is not deleted any more
                reasons = ", ".join(sorted({item["Message"] for item in failed}))
                note = {"Failed": failed}
                self._kernel.note(str(self._arn), note, causes, f"not deleted: {reasons}")

    def release(self, records: list[Record], causes: tuple[int, ...]) -> None:
        """Let messages be received again at once."""
        self.hide(records, 0, causes)

    def hide(self, records: list[Record], seconds: int, causes: tuple[int, ...]) -> None:
        """Let messages be received again after so long, from now."""
        for entries in _entries(records, VisibilityTimeout=seconds):
            request = {"QueueUrl": self._url, "Entries": entries}
            try:
                self._call("ChangeMessageVisibilityBatch", request, causes)
            except AwsError as error:
                what = "released" if seconds == 0 else "hidden for longer"
                self._kernel.note(str(self._arn), request, causes, f"not {what}: {error}")

    def visibility_timeout_ms(self) -> int | None:
        """Return how long a received message is hidden; None when the queue is gone."""
        attributes = self._attributes("VisibilityTimeout")
        return None if attributes is None else int(attributes.get("VisibilityTimeout", "0")) * 1000

    def has_dead_letter_queue(self) -> bool:
        """Whether messages that are received too often are moved away."""
        return "RedrivePolicy" in (self._attributes("RedrivePolicy") or {})

    def _attributes(self, name: str) -> dict[str, str] | None:
        request = {"QueueUrl": self._url, "AttributeNames": [name]}
        try:
            attributes: dict[str, str] | None = self._call("GetQueueAttributes", request, ()).get(
                "Attributes", {}
            )
        except AwsError:  # deleted meanwhile
            return None
        return attributes

    def _call(self, operation: str, request: Request, causes: tuple[int, ...]) -> Result:
        reply = self._kernel.deliver(
            "sqs",
            operation,
            request,
            account_id=self._arn.account_id,
            region=self._arn.region,
            causes=causes,
            principal=PRINCIPAL,
        )
        return reply if isinstance(reply, dict) else {}


def _entries(records: list[Record], **more: Any) -> Iterator[list[dict[str, Any]]]:
    """Yield the entries of batch requests about `records`, as many a request as SQS takes."""
    for start in range(0, len(records), limits.RECEIVE_MAX):
        yield [
            {"Id": str(number), "ReceiptHandle": record["receiptHandle"], **more}
            for number, record in enumerate(records[start : start + limits.RECEIVE_MAX])
        ]

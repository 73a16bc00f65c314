"""What SQS holds, of all accounts and regions, and how it is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.sqs.addresses import QueueKey, key_from_arn, key_from_url
from chalice_offline.services.sqs.errors import queue_missing

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.sqs.move_task import MoveTask
    from chalice_offline.services.sqs.queue import Queue


class SqsState:
    """Queues, when a queue of a name was last deleted, and message move tasks by source."""

    def __init__(self, kernel: Kernel) -> None:
        """Start without queues."""
        self.kernel = kernel
        self.queues: dict[QueueKey, Queue] = {}
        self.deleted_at_ms: dict[QueueKey, int] = {}
        self.move_tasks: dict[str, list[MoveTask]] = {}
        self.queue_count = 0

    def find_queue(self, url: str, context: CallContext) -> Queue:
        """Return the queue a QueueUrl means; AwsError QueueDoesNotExist when there is none."""
        found = self.queues.get(key_from_url(url, context))
        if found is None:
            raise queue_missing()
        return found

    def find_queue_or_none(self, arn: str) -> Queue | None:
        """Return the queue with this ARN, or None."""
        key = key_from_arn(arn)
        return None if key is None else self.queues.get(key)

    def find_sources(self, dead_letter_arn: str) -> list[Queue]:
        """Return the queues whose redrive policy names this ARN, by name."""
        return [
            queue
            for _, queue in sorted(self.queues.items())
            if (policy := queue.attributes.redrive_policy) is not None
            and policy.dead_letter_arn == dead_letter_arn
        ]

    def next_queue_number(self) -> int:
        """Return a number that no queue had before: it tells receipt handles apart."""
        self.queue_count += 1
        return self.queue_count

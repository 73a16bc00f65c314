"""The SQS service: its queues, and what each operation is done by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.sqs.addresses import QueueKey, key_from_arn, key_from_url
from chalice_offline.services.sqs.delete import delete_message, delete_message_batch
from chalice_offline.services.sqs.errors import queue_missing
from chalice_offline.services.sqs.move_tasks import (
    cancel_message_move_task,
    list_message_move_tasks,
    start_message_move_task,
)
from chalice_offline.services.sqs.permissions import add_permission, remove_permission
from chalice_offline.services.sqs.queues import (
    create_queue,
    delete_queue,
    get_queue_url,
    list_dead_letter_source_queues,
    list_queues,
    purge_queue,
)
from chalice_offline.services.sqs.receive import receive_message
from chalice_offline.services.sqs.send import send_message, send_message_batch
from chalice_offline.services.sqs.settings import (
    get_queue_attributes,
    list_queue_tags,
    set_queue_attributes,
    tag_queue,
    untag_queue,
)
from chalice_offline.services.sqs.visibility import (
    change_message_visibility,
    change_message_visibility_batch,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel, Operation
    from chalice_offline.services.sqs.move_task import MoveTask
    from chalice_offline.services.sqs.queue import Queue

# Operations that are accepted and change nothing.
INERT: frozenset[str] = frozenset()


class Sqs:
    """Amazon SQS, all accounts and regions."""

    name = "sqs"
    operations: Mapping[str, Operation] = {
        "CreateQueue": create_queue,
        "GetQueueUrl": get_queue_url,
        "ListQueues": list_queues,
        "DeleteQueue": delete_queue,
        "PurgeQueue": purge_queue,
        "GetQueueAttributes": get_queue_attributes,
        "SetQueueAttributes": set_queue_attributes,
        "TagQueue": tag_queue,
        "UntagQueue": untag_queue,
        "ListQueueTags": list_queue_tags,
        "AddPermission": add_permission,
        "RemovePermission": remove_permission,
        "SendMessage": send_message,
        "SendMessageBatch": send_message_batch,
        "ReceiveMessage": receive_message,
        "DeleteMessage": delete_message,
        "DeleteMessageBatch": delete_message_batch,
        "ChangeMessageVisibility": change_message_visibility,
        "ChangeMessageVisibilityBatch": change_message_visibility_batch,
        "ListDeadLetterSourceQueues": list_dead_letter_source_queues,
        "StartMessageMoveTask": start_message_move_task,
        "ListMessageMoveTasks": list_message_move_tasks,
        "CancelMessageMoveTask": cancel_message_move_task,
    }

    def __init__(self, kernel: Kernel) -> None:
        """Start without queues."""
        self.kernel = kernel
        self.queues: dict[QueueKey, Queue] = {}
        self.deleted_at_ms: dict[QueueKey, int] = {}
        self.move_tasks: dict[str, list[MoveTask]] = {}
        self._queue_count = 0

    def queue(self, url: str, context: CallContext) -> Queue:
        """Return the queue a QueueUrl means; AwsError QueueDoesNotExist when there is none."""
        found = self.queues.get(key_from_url(url, context))
        if found is None:
            raise queue_missing()
        return found

    def queue_by_arn(self, arn: str) -> Queue | None:
        """Return the queue with this ARN, or None."""
        key = key_from_arn(arn)
        return None if key is None else self.queues.get(key)

    def next_queue_number(self) -> int:
        """Return a number that no queue had before: it tells receipt handles apart."""
        self._queue_count += 1
        return self._queue_count

    def sources_of(self, dead_letter_arn: str) -> list[Queue]:
        """Return the queues whose redrive policy names this ARN, by name."""
        return [
            queue
            for _, queue in sorted(self.queues.items())
            if (policy := queue.attributes.redrive_policy) is not None
            and policy.dead_letter_arn == dead_letter_arn
        ]

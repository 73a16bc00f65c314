"""Amazon SQS: what each operation is done by."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chalice_offline.core.kernel import Service
from chalice_offline.services.common.page_paths import SQS_MESSAGES
from chalice_offline.services.sqs.delete import delete_message, delete_message_batch
from chalice_offline.services.sqs.messages_page import messages_page
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
from chalice_offline.services.sqs.renewal import renewed
from chalice_offline.services.sqs.send import send_message, send_message_batch
from chalice_offline.services.sqs.settings import (
    get_queue_attributes,
    list_queue_tags,
    set_queue_attributes,
    tag_queue,
    untag_queue,
)
from chalice_offline.services.sqs.state import SqsState
from chalice_offline.services.sqs.visibility import (
    change_message_visibility,
    change_message_visibility_batch,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Kernel, Operation

OPERATIONS: Mapping[str, Operation] = {
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


def service(kernel: Kernel) -> Service:
    """Return SQS without queues."""
    state = SqsState(kernel)
    page = partial(messages_page, state)
    pages = {SQS_MESSAGES: page, f"{SQS_MESSAGES}/": page}
    return Service("sqs", state, OPERATIONS, pages=pages, renew=renewed)

"""StartMessageMoveTask, ListMessageMoveTasks and CancelMessageMoveTask (texts recorded)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.sqs import limits
from chalice_offline.services.sqs.addresses import key_from_arn
from chalice_offline.services.sqs.errors import (
    invalid_parameter,
    invalid_value,
    resource_missing,
)
from chalice_offline.services.sqs.move_task import (
    ACTIVE,
    CANCELLING,
    RUNNING,
    MoveTask,
    decode_handle,
)
from chalice_offline.services.sqs.moving import start_moving

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sqs.queue import Queue
    from chalice_offline.services.sqs.state import SqsState

_ARN_FORMAT = "arn:<partition>:<service>:<region>:<account-id>:<resource-id>"


def start_message_move_task(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Start to move the messages of a dead-letter queue back, or to another queue."""
    source = _queue(sqs, "SourceArn", request["SourceArn"])
    if not sqs.find_sources(source.arn):
        raise invalid_parameter("Source queue must be configured as a Dead Letter Queue.")
    destination_arn = request.get("DestinationArn")
    if destination_arn is not None:
        destination = _queue(sqs, "DestinationArn", destination_arn)
        if destination is source:
            raise invalid_parameter(
                "Source queue arn and destination queue arn cannot be the same."
            )
        if destination.attributes.is_fifo != source.attributes.is_fifo:
            raise invalid_parameter(
                "The source queue and destination queue must be of the same queue type."
            )
    rate = request.get("MaxNumberOfMessagesPerSecond")
    if rate is not None and not 1 <= rate <= limits.MOVED_PER_SECOND:
        raise invalid_parameter(
            "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter "
            f"a number that's between 1 and {limits.MOVED_PER_SECOND}."
        )
    tasks = sqs.move_tasks.setdefault(source.arn, [])
    if any(task.status in ACTIVE for task in tasks):
        raise invalid_parameter(
            "There is already a task running. Only one active task is allowed for a source queue "
            "arn at a given time."
        )
    task = MoveTask(
        task_id=sqs.kernel.ids.uuid(),
        source_arn=source.arn,
        destination_arn=destination_arn or "",
        rate_per_second=rate,
        started_ms=context.now_ms,
        to_move=source.visible_count,
        entry=context.entry,
    )
    tasks.insert(0, task)
    del tasks[limits.MOVE_TASKS_LISTED :]
    start_moving(sqs, task)
    return {"TaskHandle": task.handle}


def list_message_move_tasks(sqs: SqsState, context: CallContext, request: Request) -> Result:  # noqa: ARG001
    """Return a queue's latest tasks, the latest first."""
    source = _queue(sqs, "SourceArn", request["SourceArn"])
    count = request.get("MaxResults")
    if count is not None and not 1 <= count <= limits.MOVE_TASKS_LISTED:
        reason = f"Must be between 1 and {limits.MOVE_TASKS_LISTED}, if provided."
        raise invalid_value("MaxResults", count, reason)
    tasks = sqs.move_tasks.get(source.arn, [])
    return {"Results": [task.shown() for task in tasks[: count or 1]]}


def cancel_message_move_task(sqs: SqsState, context: CallContext, request: Request) -> Result:  # noqa: ARG001
    """Stop a running task; what it moved stays moved."""
    handle = decode_handle(request["TaskHandle"])
    source = _queue(sqs, "SourceArn", handle.source_arn)
    for task in sqs.move_tasks.get(source.arn, []):
        if task.task_id == handle.task_id:
            if task.status != RUNNING:
                raise invalid_parameter("Only active tasks can be cancelled.")
            task.status = CANCELLING  # it stops before the next message
            return {"ApproximateNumberOfMessagesMoved": task.moved}
    raise resource_missing("Task does not exist.")


def _queue(sqs: SqsState, parameter: str, arn: str) -> Queue:
    if key_from_arn(arn) is None:
        raise invalid_parameter(
            f"You must use this format to specify the {parameter}: {_ARN_FORMAT}"
        )
    queue = sqs.find_queue_or_none(arn)
    if queue is None:
        text = f"The resource that you specified for the {parameter} parameter doesn't exist."
        raise resource_missing(text)
    return queue

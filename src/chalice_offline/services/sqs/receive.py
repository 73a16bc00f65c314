"""ReceiveMessage: short and long polls, dead letters, repeated attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.sqs import contents, limits
from chalice_offline.services.sqs.dead_letters import dead_letter
from chalice_offline.services.sqs.errors import invalid_value, over_limit
from chalice_offline.services.sqs.message import IN_FLIGHT
from chalice_offline.services.sqs.received import shown

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply, Request, Result
    from chalice_offline.services.sqs.message import Message
    from chalice_offline.services.sqs.queue import Queue
    from chalice_offline.services.sqs.state import SqsState


def receive_message(sqs: SqsState, context: CallContext, request: Request) -> Reply:
    """Hand out messages; with none there, wait for one as long as the caller asked for."""
    queue = sqs.find_queue(request["QueueUrl"], context)
    _check_request(queue, request)
    wait_seconds = request.get("WaitTimeSeconds")
    wait_ms = queue.attributes.wait_ms if wait_seconds is None else wait_seconds * 1000

    def attempt() -> Result:
        messages = _take(sqs, queue, request)
        if not messages:
            return {}
        return {"Messages": [shown(queue, message, request) for message in messages]}

    result = attempt()
    if result:
        return result
    if not queue.attributes.is_fifo and queue.in_flight_count >= limits.IN_FLIGHT and not wait_ms:
        # ReceiveMessage: short polls are told, long polls just find nothing.
        raise over_limit("The maximum number of in flight messages is reached.")
    return queue.waiters.wait(attempt, wait_ms) if wait_ms else {}


def _check_request(queue: Queue, request: Request) -> None:
    count = request.get("MaxNumberOfMessages")
    if count is not None and not 1 <= count <= limits.RECEIVED_AT_ONCE:
        raise invalid_value("MaxNumberOfMessages", count, "Must be between 1 and 10, if provided.")
    wait = request.get("WaitTimeSeconds")
    if wait is not None and not 0 <= wait <= limits.WAIT_TIME_SECONDS:
        raise invalid_value("WaitTimeSeconds", wait, "Must be >= 0 and <= 20, if provided.")
    timeout = request.get("VisibilityTimeout")
    if timeout is not None and not 0 <= timeout <= limits.VISIBILITY_TIMEOUT_SECONDS:
        reason = "Must be between 0 and 43200, if provided."
        raise invalid_value("VisibilityTimeout", timeout, reason)
    attempt_id = request.get("ReceiveRequestAttemptId")
    if attempt_id is not None:
        if not queue.attributes.is_fifo:
            reason = "The request include parameter that is not valid for this queue type."
            raise invalid_value("ReceiveRequestAttemptId", attempt_id, reason)
        contents.check_token("ReceiveRequestAttemptId", attempt_id)


def _take(sqs: SqsState, queue: Queue, request: Request) -> list[Message]:
    timeout_seconds = request.get("VisibilityTimeout")
    timeout_ms: int = (
        queue.attributes.visibility_timeout_ms
        if timeout_seconds is None
        else timeout_seconds * 1000
    )
    attempt_id = request.get("ReceiveRequestAttemptId")
    messages = _take_again(queue, attempt_id, timeout_ms) if attempt_id else []
    if not messages:
        limit = request.get("MaxNumberOfMessages") or 1
        messages = queue.take(limit, timeout_ms, lambda dead: dead_letter(sqs, queue, dead))
    if attempt_id and messages:
        queue.attempts.remember(attempt_id, messages, sqs.kernel.now_ms)
    return messages


def _take_again(queue: Queue, attempt_id: str, timeout_ms: int) -> list[Message]:
    """Return what the same attempt got before, if none of it was modified since.

    The visibility timeout starts anew, the receipt handles stay (ReceiveRequestAttemptId).
    """
    attempt = queue.attempts.find(attempt_id, queue.now_ms)
    if attempt is None:
        return []
    for message, receive_count, visible_at_ms in attempt.handed_out:
        is_as_it_was = (
            message.place == IN_FLIGHT
            and message.receive_count == receive_count
            and message.visible_at_ms == visible_at_ms
            and queue.messages.get(message.number) is message
        )
        if not is_as_it_was:
            return []
    messages = [message for message, _, _ in attempt.handed_out]
    for message in messages:
        queue.change_visibility(message, timeout_ms)
    return messages

"""Looking into queues without receiving, and moving a single dead letter: what AWS cannot do."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from chalice_offline.services.sqs.errors import invalid_parameter, queue_missing, resource_missing
from chalice_offline.services.sqs.message import PLACES, VISIBLE
from chalice_offline.services.sqs.moving import move

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.services.sqs.message import Message
    from chalice_offline.services.sqs.queue import Queue
    from chalice_offline.services.sqs.state import SqsState

_LOOKED_AT = 1_000


def describe_queues(sqs: SqsState, account_id: str, region: str) -> list[dict[str, Any]]:
    """Return the queues of an account and region by name, each with what is in it now."""
    return [
        _described(sqs, queue)
        for key, queue in sorted(sqs.queues.items())
        if (key.account_id, key.region) == (account_id, region)
    ]


def _described(sqs: SqsState, queue: Queue) -> dict[str, Any]:
    policy = queue.attributes.redrive_policy
    oldest = queue.ages.oldest()
    waits_ms = queue.deadlines.first_ms()
    return {
        "name": queue.key.name,
        "arn": queue.arn,
        "fifo": queue.attributes.is_fifo,
        "visible": queue.visible_count,
        "in_flight": queue.in_flight_count,
        "delayed": queue.delayed_count,
        "next_visible_ms": None if waits_ms is None else _instant_ms(queue, waits_ms),
        "oldest_sent_ms": oldest.sent_ms if oldest else None,
        "visibility_timeout_ms": queue.attributes.visibility_timeout_ms,
        "dead_letter_queue": policy.dead_letter_arn if policy else None,
        "maximum_receives": policy.maximum_receives if policy else None,
        "dead_letters_of": [source.arn for source in sqs.find_sources(queue.arn)],
        "arrived": queue.ledger.arrived,
        "deleted": queue.ledger.deleted,
        "dead_lettered": queue.ledger.dead_lettered,
        "watched": sqs.kernel.is_watched(queue.arn),
    }


def peek(sqs: SqsState, queue_arn: str, start: int, limit: int) -> list[dict[str, Any]]:
    """Return messages of a queue in the order in which they came; none of them is received."""
    queue = _find(sqs, queue_arn)
    return [
        _shown(queue, message) for message in islice(queue.messages.values(), start, start + limit)
    ]


def _shown(queue: Queue, message: Message) -> dict[str, Any]:
    attributes: Mapping[str, Any] = message.attributes or {}
    return {
        "id": message.message_id,
        "body": message.body,
        "attributes": dict(attributes),
        "place": PLACES[message.place],
        "sent_ms": message.sent_ms,
        "receive_count": message.receive_count,
        "visible_ms": (
            None if message.place == VISIBLE else _instant_ms(queue, message.visible_at_ms)
        ),
        "group": message.group_id or None,
        "dead_letter_source": message.dead_letter_source_arn or None,
    }


def next_receive(sqs: SqsState, queue_arn: str, message_id: str) -> tuple[int, str] | None:
    """Return when a message in flight is visible again, and the dead-letter queue it goes to then.

    The queue is "" when it will be received once more. None when it is not in flight, or not among
    the oldest messages of a long queue.
    """
    queue = sqs.find_queue_or_none(queue_arn)
    if queue is None:
        return None
    looked_at = islice(queue.messages.values(), _LOOKED_AT)
    message = next((one for one in looked_at if one.message_id == message_id), None)
    if message is None or message.place == VISIBLE:
        return None
    policy = queue.attributes.redrive_policy
    is_dead = policy is not None and message.receive_count >= policy.maximum_receives
    letters = policy.dead_letter_arn if policy is not None and is_dead else ""
    return _instant_ms(queue, message.visible_at_ms), letters


def redrive_one(
    sqs: SqsState, context: CallContext, queue_arn: str, message_id: str, destination_arn: str = ""
) -> str:
    """Move one message of a dead-letter queue, as a move task moves all; return where to.

    Raises AwsError when the queue, the message or the destination is not there, or the message is
    in flight.
    """
    source = _find(sqs, queue_arn)
    found = next((one for one in source.messages.values() if one.message_id == message_id), None)
    if found is None:
        raise resource_missing(f"The queue has no message {message_id}.")
    if found.place != VISIBLE:
        raise invalid_parameter(f"The message {message_id} is {PLACES[found.place]}.")
    destination_arn = destination_arn or found.dead_letter_source_arn
    if not destination_arn:
        raise invalid_parameter("Nothing is known of where the message came from: say where to.")
    destination = _find(sqs, destination_arn)
    if destination is source:
        raise invalid_parameter("The message is there already.")
    source.remove(found)
    source.ledger.moved += 1
    move(sqs, context.entry, found, source, destination)
    source.wake()
    return destination.arn


def _find(sqs: SqsState, arn: str) -> Queue:
    queue = sqs.find_queue_or_none(arn)
    if queue is None:
        raise queue_missing()
    return queue


def _instant_ms(queue: Queue, awake_ms: int) -> int:
    return awake_ms + queue.now_ms - queue.awake_ms

"""Checks that every message is in exactly one place. For tests and simulations."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chalice_offline.services.sqs.message import DELAYED, IN_FLIGHT, PLACES, VISIBLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.services.sqs.queue import Queue
    from chalice_offline.services.sqs.state import SqsState


def audit(sqs: SqsState) -> list[str]:
    """Return one sentence per broken promise; an empty list when the state is consistent."""
    findings = [finding for queue in sqs.queues.values() for finding in _audit_queue(queue)]
    held = Counter(
        message.message_id for queue in sqs.queues.values() for message in queue.messages.values()
    )
    findings += [f"message {one} is held {count} times" for one, count in held.items() if count > 1]
    return findings


def _audit_queue(queue: Queue) -> Iterator[str]:
    name = queue.key.name
    present = len(queue.messages)
    if queue.ledger.arrived - queue.ledger.departed != present:
        yield f"{name}: {queue.ledger} does not add up to {present} messages"
    counted = (queue.visible_count, queue.delayed_count, queue.in_flight_count)
    found = Counter(message.place for message in queue.messages.values())
    for place, count in zip((VISIBLE, DELAYED, IN_FLIGHT), counted, strict=True):
        if found[place] != count:
            yield f"{name}: {found[place]} messages are {PLACES[place]}, {count} are counted"
    yield from _audit_reach(queue)
    yield from _audit_times(queue)
    if queue.attributes.is_fifo:
        yield from _audit_groups(queue)


def _audit_reach(queue: Queue) -> Iterator[str]:
    """Each visible message must be found by a receive, each hidden one by a deadline."""
    in_backlog = frozenset(queue.backlog.numbers())
    with_deadline = frozenset(queue.deadlines.numbers())
    for number, message in queue.messages.items():
        if message.number != number:
            yield f"{queue.key.name}: message {message.number} is kept as {number}"
        if message.place == VISIBLE and number not in in_backlog:
            yield f"{queue.key.name}: message {number} is visible and no receive can find it"
        if message.place != VISIBLE and number not in with_deadline:
            yield f"{queue.key.name}: message {number} is hidden and nothing brings it back"


def _audit_times(queue: Queue) -> Iterator[str]:
    for number, message in queue.messages.items():
        if message.place != VISIBLE and message.visible_at_ms <= queue.awake_ms:
            yield f"{queue.key.name}: message {number} is hidden beyond its time"
        if message.sent_ms + queue.attributes.retention_ms <= queue.now_ms:
            yield f"{queue.key.name}: message {number} has outlived the retention period"


def _audit_groups(queue: Queue) -> Iterator[str]:
    latest: dict[str, int] = {}
    for number in queue.backlog.numbers():
        message = queue.messages.get(number)
        if message is None:
            continue
        if latest.get(message.group_id, 0) >= number:
            yield f"{queue.key.name}: group {message.group_id} is out of order at {number}"
        latest[message.group_id] = number

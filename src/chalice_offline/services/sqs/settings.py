"""Attributes and tags of queues: get, set, tag, untag, list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.common.tags import untag
from chalice_offline.services.sqs import attributes
from chalice_offline.services.sqs.errors import unknown_attribute
from chalice_offline.services.sqs.redrive_targets import check_redrive_target

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sqs.queue import Queue
    from chalice_offline.services.sqs.state import SqsState


def get_queue_attributes(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Return the attributes asked for; none asked for, none returned (recorded)."""
    queue = sqs.find_queue(request["QueueUrl"], context)
    names: list[str] = request.get("AttributeNames") or []
    for name in names:
        if name != "All" and name not in attributes.READABLE:
            raise unknown_attribute(name)
    present = _present(queue) if names else {}
    if "All" not in names:
        present = {name: present[name] for name in names if name in present}
    return {"Attributes": present} if present else {}


def set_queue_attributes(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Change attributes; "" takes a policy or a key away."""
    queue = sqs.find_queue(request["QueueUrl"], context)
    wanted = attributes.change(queue.attributes, request["Attributes"])
    check_redrive_target(sqs, queue.arn, wanted, request["Attributes"])
    queue.change_attributes(wanted)
    return {}


def tag_queue(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Add tags; a key the queue has gets the new value."""
    sqs.find_queue(request["QueueUrl"], context).tags.update(request["Tags"])
    return {}


def untag_queue(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Take tags away; keys the queue does not have are fine."""
    untag(sqs.find_queue(request["QueueUrl"], context).tags, request["TagKeys"])
    return {}


def list_queue_tags(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Return a queue's tags; without any, no `Tags` member (recorded)."""
    queue = sqs.find_queue(request["QueueUrl"], context)
    return {"Tags": dict(queue.tags)} if queue.tags else {}


def _present(queue: Queue) -> dict[str, str]:
    return {
        "QueueArn": queue.arn,
        "ApproximateNumberOfMessages": str(queue.visible_count),
        "ApproximateNumberOfMessagesNotVisible": str(queue.in_flight_count),
        "ApproximateNumberOfMessagesDelayed": str(queue.delayed_count),
        "CreatedTimestamp": str(queue.created_ms // 1000),
        "LastModifiedTimestamp": str(queue.modified_ms // 1000),
        **attributes.shown(queue.attributes),
    }

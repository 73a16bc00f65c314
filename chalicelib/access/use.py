"""Looking into the queue: written down before it happens, and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.access.steps import known
from chalicelib.domain.errors import DomainError
from chalicelib.domain.events import iso

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services

ROLE = "order-middleware-break-glass"
"""The role whose sessions look (.chalice/resources.json). It trusts this function's role alone."""


class NotOpen(DomainError):  # noqa: N818 - what it is
    """The access is not open to this caller now."""


def use(services: Services, data: dict[str, Any], function_arn: str) -> dict[str, Any]:
    """Return up to ten dead letters. `data`: {"request_id", "caller" (ARN)}.

    That somebody looks is in the trail before anything is read, under the condition that the
    access is still open; what was seen is in it before it is shown. No look leaves no trace,
    whatever dies where.
    """
    request = known(services, data["request_id"])
    now_ms = services.now_ms()
    if request.requester != data["caller"] or not request.is_open(now_ms):
        raise NotOpen(f"request {request.id} is {request.state}")
    if not services.access.note(request, "looked", now_ms, {"by": data["caller"]}):
        raise NotOpen(f"request {request.id} has changed")
    partition, _, region, account = function_arn.split(":")[1:5]
    letters = services.dead_letters.read(
        role_arn=f"arn:{partition}:iam::{account}:role/{ROLE}",
        queue_arn=f"arn:{partition}:sqs:{region}:{account}:{request.queue}",
        session=request.id,
        until=iso(request.ends_ms),
    )
    seen = {"by": data["caller"], "messages": [letter["id"] for letter in letters]}
    if not services.access.note(request, "saw", services.now_ms(), seen):
        raise NotOpen(f"request {request.id} has changed")
    return {"messages": letters}

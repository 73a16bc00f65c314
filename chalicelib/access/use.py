"""Looking into the queue: written down before it happens, and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.access.letters import store_of
from chalicelib.access.requests import ALL_STORES
from chalicelib.access.steps import known
from chalicelib.domain.errors import DomainError
from chalicelib.domain.events import iso

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.access.requests import Request
    from chalicelib.bootstrap import Services

ROLE = "order-middleware-break-glass"
"""The role whose sessions look (.chalice/resources.json). It trusts this function's role alone."""

ENOUGH = 10
"""So many letters of the store are a look's."""

ENOUGH_BYTES = 1024 * 1024
"""Lambda carries six MB, and one more batch of SQS's is a MiB at most."""

MOST_BATCHES = 10


class NotOpen(DomainError):  # noqa: N818 - what it is
    """The access is not open to this caller now."""


class LookedAlready(DomainError):  # noqa: N818 - what it is
    """The look was made, and its answer got lost on the way: it is not made again."""


def use(services: Services, data: dict[str, Any], function_arn: str) -> dict[str, Any]:
    """Return ten dead letters or so. `data`: {"request_id", "caller" (ARN), "look" (its id)}.

    That somebody looks is in the trail before anything is read, under the condition that the
    access is still open; what was seen is in it before it is shown. No look leaves no trace,
    whatever dies where, and none is made twice. Shown are the letters of the request's store: of
    the others, and of those whose store nobody can tell, there is only a number.
    """
    request = known(services, data["request_id"])
    now_ms, look = services.now_ms(), data["look"]
    if request.requester != data["caller"] or not request.is_open(now_ms):
        raise NotOpen(f"request {request.id} is {request.state}")
    if not services.access.note_look(request, look, now_ms, {"by": data["caller"]}):
        if services.access.has_looked(request.id, look):
            raise LookedAlready(f"look {look} of request {request.id} was made")
        raise NotOpen(f"request {request.id} has changed")
    partition, _, region, account = function_arn.split(":")[1:5]
    batches = services.dead_letters.batches(
        role_arn=f"arn:{partition}:iam::{account}:role/{ROLE}",
        queue_arn=f"arn:{partition}:sqs:{region}:{account}:{request.queue}",
        session=request.id,
        until=iso(request.ends_ms),
    )
    shown, others, unknown = _sorted(services, request, batches)
    counts = {"of_other_stores": others, "of_unknown_stores": unknown}
    seen = {"by": data["caller"], "messages": [letter["id"] for letter in shown], **counts}
    if not services.access.note(request, "saw", services.now_ms(), seen, look):
        raise NotOpen(f"request {request.id} has changed")
    return {"messages": shown, **counts}


def _sorted(
    services: Services, request: Request, batches: Iterable[list[dict[str, Any]]]
) -> tuple[list[dict[str, Any]], int, int]:
    """Return the letters that may be shown, and how many others there were: elsewhere, unknown."""
    shown: list[dict[str, Any]] = []
    others = unknown = size = 0
    for number, batch in enumerate(batches, start=1):
        for letter in batch:
            store = request.store
            if request.store != ALL_STORES:
                store = store_of(services, letter["body"])
            if store == request.store:
                shown.append(letter)
                size += len(letter["body"].encode())
            elif store:
                others += 1
            else:
                unknown += 1
        if len(shown) >= ENOUGH or size >= ENOUGH_BYTES or number >= MOST_BATCHES:
            break
    return shown, others, unknown

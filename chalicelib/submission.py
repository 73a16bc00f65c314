"""The order becomes one ticket at the point of sale, whatever crashes in between.

    1. write SUBMITTING            so that whoever comes next knows that a call may be under way
    2. create the ticket           with a key made from the order alone
    3. release it to the kitchen   with another such key
    4. write ACCEPTED with its event

Who finds the order in SUBMITTING or POS_UNKNOWN looks the ticket up before creating it. Every
attempt is bounded by the order's deadline (domain/deadlines.py), never by a count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.domain.deadlines import may_call_pos
from chalicelib.domain.errors import RetryLater, VersionConflict
from chalicelib.domain.events import Event, event_id
from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.domain.states import MAY_HAVE_TICKET, State
from chalicelib.outbox import relay
from chalicelib.pos.base import PosOutcomeUnknown, PosRefused, PosUnavailable

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import SubmitOrder
    from chalicelib.domain.record import OrderRecord
    from chalicelib.pos.base import PointOfSale, Ticket

LOOK_AGAIN_SECONDS = 2
"""A lost call may still be on its way: give it this long before looking."""


class OutOfTime(Exception):  # noqa: N818 - internal signal
    """No call may be begun for this order any more."""


def submit_order(services: Services, command: SubmitOrder) -> None:
    """Make one attempt. RetryLater asks for another one."""
    record = services.orders.get(command.key)
    if record is None:
        raise RetryLater(f"there is no order {command.key}")
    if not record.undecided:
        # A duplicate, or the crash came between step 4 and its publication.
        relay(services, record)
        return
    try:
        _attempt(services, record)
    except OutOfTime:
        log.warning("submission.out_of_time", order=record.key)


def _attempt(services: Services, record: OrderRecord) -> None:
    pos = point_of_sale(services, record)
    if record.state is State.RECEIVED and not may_call_pos(record.received_ms, services.now_ms()):
        # No call was ever made, so there is nothing to look up: the answer is no.
        reject(services, record, Refusal(Reason.TIMED_OUT, "the point of sale had no time left"))
        return
    ticket = _find(services, pos, record)
    if record.state is not State.SUBMITTING and ticket is None:
        record = services.orders.save(record.submit(services.now_ms()))
    try:
        if ticket is None:
            _check_time(services, record)
            ticket = pos.create(record)
        _check_time(services, record)
        pos.release(record, ticket)
    except PosUnavailable as error:
        raise RetryLater(f"point of sale: {error}", error.retry_after) from error
    except PosOutcomeUnknown as error:
        if record.state is State.SUBMITTING:
            record = services.orders.save(record.lose_track(services.now_ms()))
            relay(services, record)
        raise RetryLater(f"outcome unknown: {error}", LOOK_AGAIN_SECONDS) from error
    except PosRefused as error:
        reject(services, record, error.refusal)
    else:
        accept(services, record, ticket)


def _find(services: Services, pos: PointOfSale, record: OrderRecord) -> Ticket | None:
    """Look for an earlier attempt's ticket. A look-up decides nothing: all its errors retry."""
    if record.state not in MAY_HAVE_TICKET:
        return None
    _check_time(services, record)
    try:
        return pos.find(record)
    except PosUnavailable as error:
        raise RetryLater(f"look-up: {error}", error.retry_after) from error
    except (PosOutcomeUnknown, PosRefused) as error:
        raise RetryLater(f"look-up: {error}") from error


def accept(services: Services, record: OrderRecord, ticket: Ticket) -> None:
    """Write down that the ticket is there, and tell everybody."""
    try:
        record = services.orders.save(record.accept(ticket.pos_order_id, services.now_ms()))
    except VersionConflict:
        _report_orphan(services, record, ticket)
        raise
    relay(services, record)


def reject(services: Services, record: OrderRecord, refusal: Refusal) -> None:
    """Write down that there will be no ticket, and why, and tell everybody."""
    relay(services, services.orders.save(record.reject(refusal, services.now_ms())))


def point_of_sale(services: Services, record: OrderRecord) -> PointOfSale:
    """Return the point of sale of the order's store."""
    assert record.store is not None, "an order that is submitted has a store"
    return services.points_of_sale[record.store.pos]


def _report_orphan(services: Services, record: OrderRecord, ticket: Ticket) -> None:
    """Tell people of a ticket whose order was cancelled or denied while it was being made."""
    now = services.orders.get(record.key)
    if now is None or now.state not in (State.CANCELLED, State.REJECTED):
        return
    data = {"posOrderId": ticket.pos_order_id, "state": str(now.state)}
    type_ = "order.ticket_orphaned"
    event = Event(event_id(record.key, type_), type_, record.key, services.now_ms(), data)
    services.bus.publish([event])
    log.error(type_, order=record.key, pos_order=ticket.pos_order_id)


def _check_time(services: Services, record: OrderRecord) -> None:
    if not may_call_pos(record.received_ms, services.now_ms()):
        raise OutOfTime(record.key)

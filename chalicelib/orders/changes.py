"""What partner and kitchen say about an order later: cancelled, released, ready, done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.domain.duties import Duty, Undo
from chalicelib.domain.errors import RetryLater, VersionConflict
from chalicelib.domain.events import Event, event_id
from chalicelib.domain.money import Money
from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.domain.states import State
from chalicelib.orders.outbox import Overtaken, change, relay, relay_and_settle, save
from chalicelib.orders.receive import new_record
from chalicelib.orders.wakes import wake
from chalicelib.pos.base import (
    PosNotConnected,
    PosNotice,
    PosOutcomeUnknown,
    PosRefused,
    PosUnavailable,
    Ticket,
    TicketState,
)
from chalicelib.pos.calling import again_later
from chalicelib.stores.breaker import CircuitOpen
from chalicelib.telemetry import work

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import CancelOrder, NoteEdit, NotePosChange, ReleaseOrder
    from chalicelib.domain.record import OrderRecord
    from chalicelib.pos.base import PointOfSale

NO_RELEASE_AFTER_MS = 600_000
"""A release whose order we still do not know after so long is about an order of somebody else."""

CANCELLED_BY_KITCHEN = Refusal(Reason.KITCHEN_CANCELLED, "The restaurant cancelled the order")


def cancel_order(services: Services, command: CancelOrder) -> None:
    """Stop the order wherever it is; remember the cancellation if it came before the order."""
    notice = command.notice
    record = services.orders.get(notice.key)
    if record is None:
        fresh = new_record(services, notice, command.received_ms)
        try:
            record = save(services, fresh.cancel(services.now_ms()), over=None)
        except VersionConflict:
            raise RetryLater("the order is being received", 1) from None
    elif record.state not in (State.CANCELLED, State.REJECTED):
        try:
            record = change(services, record, lambda r: r.cancel(services.now_ms()))
        except Overtaken as overtaken:
            log.info("order.cancel_ignored", order=notice.key, state=str(overtaken))
            return
    else:
        log.info("order.cancel_ignored", order=notice.key, state=record.state)
    if record.undo is Undo.PENDING:
        wake(services, record, Duty.KITCHEN)
    relay_and_settle(services, record)


def release_order(services: Services, command: ReleaseOrder) -> None:
    """Let the kitchen see an order that was held for its courier."""
    record = services.orders.get(command.notice.key)
    if record is None or record.state is State.NOTIFIED:
        age_ms = services.now_ms() - command.received_ms
        if age_ms > NO_RELEASE_AFTER_MS:
            log.warning("order.release_unknown", order=command.notice.key)
            return
        # Ever longer, so that the time ends it before the count of its deliveries (20) does.
        raise RetryLater("the release came before its order", 5 + age_ms // 3_000)
    try:
        fired = change(services, record, lambda r: r.fire(services.now_ms()))
    except Overtaken:
        # Not held, or fired already, or over.
        log.info("order.release_ignored", order=record.key, state=record.state)
        return
    wake(services, fired, Duty.KITCHEN)


def note_edit(services: Services, command: NoteEdit) -> None:
    """Tell staff that the customer changed the order: the ticket is not changed here."""
    notice = command.notice
    data = {"channel": notice.channel, "orderId": notice.order_id, "why": notice.event_type}
    id_ = event_id(notice.key, notice.event_id)
    services.bus.publish([Event(id_, "order.edited", notice.key, command.received_ms, data)])


def note_pos_change(services: Services, command: NotePosChange) -> None:
    """Follow what happens to a ticket after it was printed."""
    pos = services.points_of_sale[command.vendor]
    state = TicketState(command.state) if command.state else None
    where = (command.pos_order_id, state, command.location_id, command.seller_id)
    notice = PosNotice("", "", *where, command.reference)
    try:
        if state is None:
            services.breaker.look(command.vendor, command.location_id, pos.capabilities)
        key = _order_key_of(services, pos, notice)
        if key is None and state is TicketState.VOIDED:
            # Clover shows nothing of what was deleted, not even whose it was.
            key = services.orders.key_of_ticket(command.vendor, command.pos_order_id)
        record = services.orders.get(key) if key else None
        if record is not None and state is None:
            state = pos.state_of(record, _ticket(record, command.pos_order_id))
    except PosNotConnected as error:
        # Ours, and nobody can look what became of it: again, until its queue gives it to people.
        raise again_later(error) from error
    except PosRefused as error:
        log.warning("pos_change.unreadable", vendor=command.vendor, reason=str(error))
        return
    except CircuitOpen as error:
        # Ever longer waits: a second of each would use up its deliveries in a busy minute.
        raise RetryLater(str(error)) from error
    except (PosUnavailable, PosOutcomeUnknown) as error:
        raise again_later(error) from error
    if record is None or state is None:
        log.info("pos_change.not_ours", vendor=command.vendor)
        return
    work.about(record.key, record.trace)
    _follow(services, record, command.pos_order_id, state)


def _order_key_of(services: Services, pos: PointOfSale, notice: PosNotice) -> str | None:
    """Return the key of our order behind a ticket.

    Where the webhook does not say what has become of it, the point of sale is asked for that: so
    our own table is asked whose it is. So it is where we are not let in: most of a merchant's
    orders are none of ours, and must not wait for the owner.
    """
    if notice.state is None:
        key = services.orders.key_of_ticket(pos.vendor, notice.pos_order_id)
        if key is not None:
            return key
    try:
        return pos.order_key_of(notice)
    except (PosNotConnected, PosUnavailable) as error:
        if isinstance(error, PosUnavailable) and not error.disconnected:
            raise
        log.warning("pos_change.not_connected", vendor=pos.vendor, reason=str(error))
        return services.orders.key_of_ticket(pos.vendor, notice.pos_order_id)


def _ticket(record: OrderRecord, pos_order_id: str) -> Ticket:
    currency = record.store.currency if record.store else "USD"
    return Ticket(pos_order_id, Money(record.ticket_total or 0, currency))


def _follow(services: Services, record: OrderRecord, pos_order_id: str, state: TicketState) -> None:
    if record.pos_order_id not in (None, pos_order_id):
        log.info("pos_change.other_ticket", order=record.key)
        return
    if record.undecided and state in (TicketState.READY, TicketState.COMPLETED, TicketState.VOIDED):
        raise RetryLater(f"{record.key} is not decided yet")
    steps = {
        TicketState.READY: lambda r: r.get_ready(services.now_ms()),
        TicketState.COMPLETED: lambda r: r.complete(services.now_ms()),
        TicketState.VOIDED: lambda r: r.cancel(services.now_ms(), kitchens=CANCELLED_BY_KITCHEN),
    }
    if state not in steps:
        return
    try:
        changed = change(services, record, steps[state])
    except Overtaken:
        log.info("pos_change.ignored", order=record.key, state=record.state, news=state)
        return
    if state is TicketState.COMPLETED:
        relay_and_settle(services, changed)
    else:
        relay(services, changed)

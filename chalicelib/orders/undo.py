"""A ticket that must not be is looked for and voided until the point of sale confirms it.

The partner has had its answer by then, or has given it itself: nobody waits for this. So there
is no deadline but patience, and at its end a person is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.domain.deadlines import QUIET_MS, UNDO_HOURS, backoff_seconds
from chalicelib.domain.duties import Duty, Undo
from chalicelib.domain.events import Event, event_id
from chalicelib.orders.attempt import known_ticket, note_failure
from chalicelib.orders.outbox import Overtaken, change, relay, relay_and_settle
from chalicelib.orders.wakes import wake_again
from chalicelib.pos.base import PosNotConnected, PosOutcomeUnknown, PosRefused, PosUnavailable
from chalicelib.stores.breaker import CircuitOpen

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.record import OrderRecord
    from chalicelib.pos.base import PointOfSale, Ticket

LONGEST_WAIT_SECONDS = 300


def undo_ticket(services: Services, record: OrderRecord, ticket: Ticket | None = None) -> None:
    """Void the order's ticket, or see that there is none. `ticket`: as just made by the caller."""
    store = record.store
    assert store is not None, "an order with a ticket has a store"
    pos = services.points_of_sale[store.pos]
    now_ms = services.now_ms()
    if ticket is None and record.next_try_ms is not None and now_ms < record.next_try_ms:
        return
    lease_ms = pos.capabilities.lease_ms
    try:
        record = change(services, record, lambda r: _begun(r, now_ms, lease_ms))
    except Overtaken:
        return
    ticket = ticket or known_ticket(record)
    try:
        services.breaker.enter(store, pos.capabilities, now_ms, pos.capabilities.void_calls)
        _undo(services, pos, record, ticket)
        services.breaker.succeeded(store)
    except CircuitOpen as error:
        _later(services, record, str(error), error.until_ms)
    except (PosUnavailable, PosOutcomeUnknown) as error:
        note_failure(services.breaker, store, error)
        wait = backoff_seconds(record.tries + 1, LONGEST_WAIT_SECONDS, error.retry_after)
        _later(services, record, str(error), services.now_ms() + wait * 1000)
    except PosNotConnected as error:
        # When the owner has connected again it can still be done; until then people have to.
        services.breaker.not_let_in(store)
        _tell_once(services, record, str(error))
        wait = backoff_seconds(record.tries + 1, LONGEST_WAIT_SECONDS)
        _later(services, record, str(error), services.now_ms() + wait * 1000)
    except PosRefused as error:
        services.breaker.succeeded(store)  # it answers
        _end(services, record, Undo.FAILED, str(error))


def _undo(services: Services, pos: PointOfSale, record: OrderRecord, ticket: Ticket | None) -> None:
    ticket = ticket or pos.find(record)
    if ticket is not None:
        pos.void(record, ticket)
        _end(services, record, Undo.DONE, "", ticket)
        return
    quiet_ms = (record.called_ms or record.received_ms) + QUIET_MS + pos.capabilities.settle_ms
    if services.now_ms() >= quiet_ms:
        _end(services, record, Undo.DONE, "")
    else:
        _later(services, record, "the ticket may still appear", quiet_ms)


def _begun(record: OrderRecord, now_ms: int, lease_ms: int) -> OrderRecord:
    if record.undo is not Undo.PENDING or record.is_leased(now_ms):
        raise Overtaken(record)
    return record.begin(now_ms, lease_ms)


def _later(services: Services, record: OrderRecord, reason: str, at_ms: int) -> None:
    now_ms = services.now_ms()
    began_ms = record.called_ms or record.received_ms
    if now_ms - began_ms > UNDO_HOURS * 3_600_000:
        _end(services, record, Undo.FAILED, reason)
        return
    relay(services, record)
    waiting = change(services, record, lambda r: r.postpone(at_ms, reason, services.now_ms()))
    log.warning("undo.waits", order=record.key, reason=reason)
    wake_again(services, waiting, Duty.KITCHEN, at_ms)


def _tell_once(services: Services, record: OrderRecord, reason: str) -> None:
    """Tell staff of a ticket that cannot be undone for now; said again, it is the same note."""
    type_ = "order.void_failed"
    data = {
        "channel": record.channel,
        "orderId": record.order_id,
        "storeId": record.store.store_id if record.store else None,
        "receivedMs": record.received_ms,
        "why": f"not yet: {reason}",
    }
    id_ = event_id(record.key, type_, "not connected")
    if record.waiting_for != reason[:200]:
        services.bus.publish([Event(id_, type_, record.key, services.now_ms(), data)])


def _end(
    services: Services, record: OrderRecord, how: Undo, why: str, ticket: Ticket | None = None
) -> None:
    id_ = ticket.pos_order_id if ticket else record.pos_order_id
    ended = change(services, record, lambda r: r.undone(how, id_, services.now_ms(), why))
    log.info("undo.ended", order=record.key, how=how, reason=why)
    relay_and_settle(services, ended)

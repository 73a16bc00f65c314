"""Once a minute: decide what nobody decided in time, and say again what nobody heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.domain.deadlines import is_overdue
from chalicelib.domain.errors import DomainError, VersionConflict
from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.domain.states import State
from chalicelib.outbox import relay, relay_and_settle
from chalicelib.pos.base import PosOutcomeUnknown, PosRefused, PosUnavailable
from chalicelib.submission import accept, point_of_sale, reject

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import SweepDeadlines
    from chalicelib.domain.record import OrderRecord

Locations = set[tuple[str, str]]


def sweep_deadlines(services: Services, command: SweepDeadlines) -> None:  # noqa: ARG001 - uniform
    """Bring every due order forward. One order's failure does not stop the others."""
    failures: list[Exception] = []
    unreachable: Locations = set()
    for key in services.orders.due(services.now_ms()):
        try:
            record = services.orders.get(key)
            if record is not None and record.due_ms is not None:
                _bring_forward(services, record, unreachable)
        except VersionConflict:
            log.info("sweep.overtaken", order=key)
        except DomainError as error:
            log.error("sweep.failed", order=key, reason=str(error))
            failures.append(error)
    if failures:
        raise ExceptionGroup("orders that the sweep could not bring forward", failures)


def _bring_forward(services: Services, record: OrderRecord, unreachable: Locations) -> None:
    now_ms = services.now_ms()
    if record.undecided:
        if is_overdue(record.received_ms, now_ms):
            _decide(services, record, unreachable)
    elif not record.awaits_answer:
        relay_and_settle(services, record)
    elif now_ms - record.received_ms > services.channels[record.channel].give_up_ms:
        why = "the partner has decided without us"
        given_up = services.orders.save(record.answer_failed("given_up", why, now_ms))
        relay_and_settle(services, given_up)
    else:
        relay(services, services.orders.save(record.postponed(now_ms)))


def _decide(services: Services, record: OrderRecord, unreachable: Locations) -> None:
    """Say yes when the ticket is there, else no.

    Nobody else is inside a call by now (domain/deadlines.py), and the partner cannot wait for
    another sweep: when the point of sale does not answer either, the answer is no, and the
    event names the state it was in, so that staff look whether a ticket came out after all.
    A location that does not answer is asked once per sweep, not once per order.
    """
    offline = Refusal(Reason.POS_OFFLINE, "the point of sale did not confirm in time")
    assert record.store is not None, "an undecided order has a store"
    location = (record.store.pos, record.store.location_id)
    if record.state is State.RECEIVED or location in unreachable:
        reject(services, record, offline)
        return
    pos = point_of_sale(services, record)
    try:
        ticket = pos.find(record)
        if ticket is not None:
            pos.release(record, ticket)
    except (PosUnavailable, PosOutcomeUnknown, PosRefused) as error:
        log.error("sweep.pos_unreachable", order=record.key, reason=str(error))
        unreachable.add(location)
        reject(services, record, offline)
        return
    if ticket is None:
        reject(services, record, offline)
    else:
        accept(services, record, ticket)

"""The order becomes one ticket in the kitchen, whatever crashes in between.

    1. write SUBMITTING            so that whoever comes next knows that a call may be under way
    2. create the ticket           with a key made from the order alone
    3. write RELEASING             over the version read: a cancellation in between stops it here
    4. release it to the kitchen   with another such key
    5. write ACCEPTED with its event

Where creating is printing, 1 and 4 fall away. Each write that precedes a call also takes a lease
that outlasts the function: a second worker leaves the order to the first. A step that fails in
an orderly way is written down with the time of the next try; only the deadline ends the tries
(domain/deadlines.py), never a count. It also ends the waiting for a worker that hangs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.domain.deadlines import (
    CALL_SECONDS,
    LOOK_AGAIN_SECONDS,
    QUEUED_MS,
    backoff_seconds,
)
from chalicelib.domain.duties import Duty, Undo
from chalicelib.domain.errors import RetryLater
from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.domain.states import ON_THE_WAY, State
from chalicelib.orders.attempt import Attempt, OutOfTime
from chalicelib.orders.outbox import Overtaken, change, relay
from chalicelib.orders.overdue import OFFLINE, refuse_overdue, see_to_its_end
from chalicelib.orders.undo import undo_ticket
from chalicelib.orders.wakes import wake, wake_again
from chalicelib.pos.base import (
    Idempotency,
    PosOutcomeUnknown,
    PosRefused,
    PosUnavailable,
    Prints,
    TicketState,
)
from chalicelib.stores.breaker import CircuitOpen
from chalicelib.telemetry import work

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import SubmitOrder
    from chalicelib.domain.record import OrderRecord
    from chalicelib.pos.base import Ticket

LONGEST_WAIT_SECONDS = 15
"""With it, an order's tries up to its last look (140 s) are as many as a function may wake itself
(WAKES_IN_A_ROW)."""


def submit_order(services: Services, command: SubmitOrder) -> None:
    """Do what is owed for an order at its point of sale."""
    now_ms = services.now_ms()
    pos = services.points_of_sale[command.vendor]
    lease_ms = pos.capabilities.lease_ms
    direct = pos.capabilities.prints is Prints.ON_CREATE
    to = State.RELEASING if direct else State.SUBMITTING
    record, taken = services.orders.take(command.key, to, now_ms, lease_ms)
    if record is None:
        raise RetryLater(f"there is no order {command.key}")
    work.about(record.key, record.trace)
    if taken:
        _mind_hanging(services, record, now_ms, lease_ms)
        _attempt(Attempt(services, pos, record, is_first=True))
    elif record.is_leased(now_ms):
        if refuse_overdue(services, record) is None:
            log.info("order.busy", order=record.key, state=record.state)
            # It may be our own: what failed before it could be written down comes back as a wake.
            wake_again(services, record, Duty.KITCHEN, record.lease_until_ms or now_ms)
    elif record.undo is Undo.PENDING:
        undo_ticket(services, record)
    elif record.state is State.HELD:
        _fire_if_due(services, record)
    elif record.state not in ON_THE_WAY:
        # A duplicate, or the crash came between step 5 and its publication.
        relay(services, record)
    elif record.next_try_ms is not None and now_ms < record.next_try_ms:
        log.info("order.waits", order=record.key, until=record.next_try_ms)
    else:
        _resume(services, record, now_ms, lease_ms)


def _fire_if_due(services: Services, record: OrderRecord) -> None:
    now_ms = services.now_ms()
    if record.next_try_ms is not None and now_ms < record.next_try_ms:
        return
    fired = change(services, record, lambda r: r.fire(services.now_ms()))
    wake(services, fired, Duty.KITCHEN)


def _resume(services: Services, record: OrderRecord, now_ms: int, lease_ms: int) -> None:
    """Take up an order that an earlier attempt left: nobody knows what became of its call."""
    _mind_hanging(services, record, now_ms, lease_ms, has_crashed=record.lease_until_ms is not None)
    try:
        leased = change(services, record, lambda r: _begun(r, now_ms, lease_ms))
    except Overtaken:
        log.info("order.overtaken", order=record.key)
        return
    pos = services.points_of_sale[_vendor(leased)]
    _attempt(Attempt(services, pos, leased, is_first=False))


def _mind_hanging(
    services: Services,
    record: OrderRecord,
    now_ms: int,
    lease_ms: int,
    *,
    has_crashed: bool = False,
) -> None:
    """Should an attempt that begins now hang, have somebody else answer the partner in time."""
    give_up_ms = record.give_up_ms(now_ms)
    if has_crashed or give_up_ms < now_ms + lease_ms:
        see_to_its_end(services, record, give_up_ms)


def _begun(record: OrderRecord, now_ms: int, lease_ms: int) -> OrderRecord:
    if record.state not in ON_THE_WAY or record.is_leased(now_ms):
        raise Overtaken(record)
    return record.begin(now_ms, lease_ms)


def _vendor(record: OrderRecord) -> str:
    assert record.store is not None, "an order on its way to the kitchen has a store"
    return record.store.pos


def _attempt(attempt: Attempt) -> None:
    """Make one attempt, and write down how it ended."""
    try:
        _bring_forward(attempt)
    except Overtaken as overtaken:
        _left_behind(attempt, overtaken.record)
    except CircuitOpen as error:
        _wait_or_decide(attempt, str(error), max(error.until_ms, _next_ms(attempt)))
    except OutOfTime as error:
        _wait_or_decide(attempt, str(error), _next_ms(attempt))
    except PosUnavailable as error:
        _wait_or_decide(attempt, str(error), _next_ms(attempt, error.retry_after))
    except PosOutcomeUnknown as error:
        # Where nothing has to be looked at, nothing has to settle first.
        by_key = attempt.pos.capabilities.idempotency is Idempotency.KEY
        wait = max(0 if by_key else LOOK_AGAIN_SECONDS, error.retry_after or 0)
        _wait_or_decide(attempt, str(error), _next_ms(attempt, wait))
    except PosRefused as error:
        _reject(attempt, error.refusal)


def _next_ms(attempt: Attempt, at_least: int | None = None) -> int:
    wait = backoff_seconds(attempt.record.tries + 1, LONGEST_WAIT_SECONDS, at_least)
    return attempt.now_ms() + wait * 1000


def _bring_forward(attempt: Attempt) -> None:
    capabilities = attempt.pos.capabilities
    ticket = attempt.ticket
    if ticket is None and not attempt.is_first and not _may_repeat(attempt):
        ticket = attempt.find()
    if ticket is None:
        ticket = _create(attempt)
    elif capabilities.prints is Prints.ON_RELEASE and _is_printed(attempt, ticket):
        _accept(attempt, ticket)
        return
    if capabilities.prints is Prints.ON_RELEASE:
        attempt.write_releasing(ticket)
        attempt.release(ticket)
    _accept(attempt, ticket)


def _may_repeat(attempt: Attempt) -> bool:
    """Say whether creating once more is as good as looking: the same key, the same ticket."""
    by_key = attempt.pos.capabilities.idempotency is Idempotency.KEY
    return by_key and attempt.now_ms() + CALL_SECONDS * 1000 <= attempt.record.decide_ms


def _is_printed(attempt: Attempt, ticket: Ticket) -> bool:
    """Look at a ticket whose printing was begun, before printing it once more.

    Not needed where the printing has a key, as long as there is time to print.
    """
    record = attempt.record
    by_key = attempt.pos.capabilities.idempotency is Idempotency.KEY
    if attempt.is_unseen or (by_key and attempt.now_ms() < record.decide_ms):
        return False
    state = attempt.state_of(ticket)
    if state is TicketState.VOIDED:
        raise PosRefused(Refusal(Reason.KITCHEN_CANCELLED, "The restaurant cancelled the order"))
    return state is not TicketState.UNPRINTED


def _create(attempt: Attempt) -> Ticket:
    if attempt.now_ms() + CALL_SECONDS * 1000 > attempt.record.make_until_ms:
        raise OutOfTime("no time is left to begin a ticket")
    return attempt.create()


def _accept(attempt: Attempt, ticket: Ticket) -> None:
    services = attempt.services
    id_, total = ticket.pos_order_id, ticket.total.amount
    accepted = change(services, attempt.record, lambda r: r.accept(id_, total, services.now_ms()))
    relay(services, accepted)


def _wait_or_decide(attempt: Attempt, reason: str, next_try_ms: int) -> None:
    """Try again while there is time for it; after that say what can be said for certain."""
    record, now_ms = attempt.record, attempt.now_ms()
    if now_ms >= _wait_until_ms(attempt):
        _reject(attempt, Refusal(Reason.POS_OFFLINE, OFFLINE, detail=reason))
        return
    limit_ms = record.decide_ms if now_ms < record.decide_ms else _wait_until_ms(attempt)
    _postpone(attempt, reason, max(now_ms, min(next_try_ms, limit_ms)))


def _wait_until_ms(attempt: Attempt) -> int:
    """Return until when waiting may still change something.

    A ticket that exists may be printed a little later. One that may be printed already is looked
    for even longer: to deny it would be a lie.
    """
    record, state = attempt.record, attempt.certain_state()
    if state is State.RELEASING:
        return record.look_until_ms
    return record.print_until_ms if state is State.CREATED else record.decide_ms


def _postpone(attempt: Attempt, reason: str, next_try_ms: int) -> None:
    services, record = attempt.services, attempt.record
    relay(services, record)
    state = attempt.certain_state()
    try:
        waiting = change(
            services, record, lambda r: _waiting(r, state, next_try_ms, reason, services.now_ms())
        )
    except Overtaken as overtaken:
        _left_behind(attempt, overtaken.record)
        return
    log.warning("order.waits", order=record.key, state=waiting.state, reason=reason)
    wake_again(services, waiting, Duty.KITCHEN, next_try_ms)
    if waiting.tries == 1:
        see_to_its_end(services, waiting, waiting.look_until_ms + QUEUED_MS)


def _waiting(
    record: OrderRecord, state: State, next_try_ms: int, reason: str, now_ms: int
) -> OrderRecord:
    if record.state not in ON_THE_WAY:
        raise Overtaken(record)
    return record.postpone(next_try_ms, reason, now_ms, state)


def _reject(attempt: Attempt, refusal: Refusal) -> None:
    """Write down that there will be no ticket, and why, and tell everybody."""
    services = attempt.services
    untouched = not attempt.is_touched
    try:
        rejected = change(
            services,
            attempt.record,
            lambda r: r.reject(refusal, services.now_ms(), untouched=untouched),
        )
    except Overtaken as overtaken:
        _left_behind(attempt, overtaken.record)
        return
    relay(services, rejected)
    if rejected.undo is Undo.PENDING:
        wake(services, rejected, Duty.KITCHEN, LOOK_AGAIN_SECONDS)


def _left_behind(attempt: Attempt, record: OrderRecord | None) -> None:
    """The order ended while we were busy with it: what we made of it is undone at once."""
    log.warning("order.overtaken", order=attempt.record.key, state=record and record.state)
    if record is not None and record.undo is Undo.PENDING:
        undo_ticket(attempt.services, record, ticket=attempt.ticket)

"""One worker's attempt at a point of sale: its calls, each within its time, and what is certain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.money import Money
from chalicelib.domain.states import ON_THE_WAY, State
from chalicelib.orders.outbox import Overtaken, change
from chalicelib.pos.base import (
    PosNotConnected,
    PosOutcomeUnknown,
    PosRefused,
    PosUnavailable,
    Ticket,
    TicketState,
)
from chalicelib.stores.breaker import CircuitOpen
from chalicelib.telemetry.metrics import put
from chalicelib.telemetry.orders import dimensions_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from chalicelib.bootstrap import Services
    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.store import Store
    from chalicelib.pos.base import PointOfSale
    from chalicelib.stores.breaker import Breaker

    T = TypeVar("T")


class OutOfTime(Exception):  # noqa: N818 - internal signal
    """No call may be begun for this order now."""


CERTAINLY_NOT = (PosUnavailable, PosRefused, OutOfTime, CircuitOpen)
"""What says of a call that it was not carried out, or not even made."""


class Attempt:
    """The record as this worker wrote it last, the ticket as far as it knows one.

    `is_first` says that no call was ever made before. `is_touched` says that a ticket may exist,
    `is_unseen` that it is certain that the kitchen has not seen it.
    """

    def __init__(
        self, services: Services, pos: PointOfSale, record: OrderRecord, *, is_first: bool
    ) -> None:
        assert record.store is not None, "an order on its way to the kitchen has a store"
        self.services = services
        self.pos = pos
        self.record = record
        self.is_first = is_first
        self.ticket = known_ticket(record)
        self.is_touched = not is_first
        self.is_unseen = record.state is not State.RELEASING
        self._store = record.store
        self._ends_ms = services.now_ms() + pos.capabilities.step_seconds * 1000

    def now_ms(self) -> int:
        """Return the time."""
        return self.services.now_ms()

    def certain_state(self) -> State:
        """Return the state that the order is in for certain, whatever was written before a call."""
        if not self.is_touched:
            return State.RECEIVED
        if self.record.state is State.RELEASING and self.is_unseen and self.ticket is not None:
            return State.CREATED
        return self.record.state

    def find(self) -> Ticket | None:
        """Look for an earlier attempt's ticket.

        A point of sale that shows an order some time after it was created proves nothing by
        not showing it before.
        """
        ticket = self._call(lambda: self.pos.find(self.record))
        called_ms = self.record.called_ms or 0
        if ticket is None and self.now_ms() < called_ms + self.pos.capabilities.settle_ms:
            raise PosOutcomeUnknown("a ticket may exist that is not to be seen yet")
        if ticket is not None:
            self.ticket = ticket
        return ticket

    def state_of(self, ticket: Ticket) -> TicketState:
        """Look whether the kitchen has seen the ticket."""
        state = self._call(lambda: self.pos.state_of(self.record, ticket))
        self.is_unseen = state is TicketState.UNPRINTED
        return state

    def create(self) -> Ticket:
        """Make the ticket; Overtaken when nobody wants it any more."""
        if not self.is_first:
            self.record = change(self.services, self.record, self._calling)
        before, self.is_touched = self.is_touched, True
        try:
            calls = self.pos.capabilities.create_calls
            self.ticket = self._call(lambda: self.pos.create(self.record), calls)
        except CERTAINLY_NOT:
            self.is_touched = before
            raise
        return self.ticket

    def write_releasing(self, ticket: Ticket) -> None:
        """Write down that the ticket is about to be printed, unless the order has ended."""
        now_ms = self.now_ms()
        if now_ms >= self.record.print_until_ms:
            raise OutOfTime("it is too late to print the ticket")
        lease_ms = self.pos.capabilities.lease_ms
        self.ticket = ticket
        self.record = change(
            self.services,
            self.record,
            lambda r: r.print(ticket.pos_order_id, ticket.total.amount, now_ms, lease_ms),
        )

    def release(self, ticket: Ticket) -> None:
        """Let the kitchen see the ticket."""
        before, self.is_unseen = self.is_unseen, False
        try:
            calls = self.pos.capabilities.release_calls
            self._call(lambda: self.pos.release(self.record, ticket), calls)
        except CERTAINLY_NOT:
            self.is_unseen = before
            raise

    def _calling(self, record: OrderRecord) -> OrderRecord:
        # The look before it may have taken half a minute, and the order may have ended since.
        if record.state not in ON_THE_WAY:
            raise Overtaken(record)
        return record.calling(self.now_ms(), self.pos.capabilities.lease_ms)

    def _call(self, act: Callable[[], T], calls: int = 1) -> T:
        """Do something when the circuit lets it pass and the function lives to see its end."""
        capabilities = self.pos.capabilities
        if self.now_ms() + capabilities.call_seconds * 1000 > self._ends_ms:
            raise OutOfTime("the function has no time left for another call")
        breaker = self.services.breaker
        breaker.enter(self._store, capabilities, self.record.decide_ms, calls)
        try:
            result = act()
        except (PosUnavailable, PosOutcomeUnknown) as error:
            note_failure(breaker, self._store, error)
            put(self.now_ms(), {"VendorFailures": 1}, dimensions_of(self.record))
            raise
        except PosNotConnected:
            breaker.not_let_in(self._store)
            raise
        except PosRefused:
            breaker.succeeded(self._store)
            raise
        breaker.succeeded(self._store)
        return result


def note_failure(breaker: Breaker, store: Store, error: PosUnavailable | PosOutcomeUnknown) -> None:
    """Count a call that brought nothing, against whom it was that did not answer."""
    if isinstance(error, PosUnavailable) and error.disconnected:
        breaker.not_let_in(store)
    else:
        breaker.failed(store)


def known_ticket(record: OrderRecord) -> Ticket | None:
    """Return the ticket as far as the record knows it."""
    if record.pos_order_id is None or record.ticket_total is None:
        return None
    assert record.order is not None, "an order with a ticket has been read"
    return Ticket(record.pos_order_id, Money(record.ticket_total, record.order.currency))

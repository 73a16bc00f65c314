"""One order as it is stored: the order, its state, its version and what is still to be published.

State and events change together in one item (an outbox), so a crash between "written" and
"published" loses nothing: the events stay in the item until the step that they cause writes
the item again, and whoever finds them in between publishes them once more.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chalicelib.domain.deadlines import (
    ANSWER_LEASE_MS,
    DECIDE_MS,
    FIRST_TRY_LATE_MS,
    LAST_LOOK_MS,
    LOOK_ON_MS,
    NUDGE_MS,
    PRINT_LATE_MS,
)
from chalicelib.domain.duties import SAID, Answer, Duty, Undo, duties
from chalicelib.domain.events import Event, event_id
from chalicelib.domain.order import order_key
from chalicelib.domain.states import (
    EVENT_OF_STEP,
    FINAL,
    MAY_HAVE_TICKET,
    ON_THE_WAY,
    PRINTED,
    UNDECIDED,
    State,
    Step,
    next_state,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.domain.order import Order
    from chalicelib.domain.refusal import Refusal
    from chalicelib.domain.store import Store

SCHEMA = 2
"""Version of the stored shape. 1 had no leases, no undo and the state pos_unknown."""


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """The stored order. Every method returns a new record with the version one higher.

    `clock_ms` is when the order's deadline began to run: with its webhook, or when it was fired.
    `decide_within_ms` is its partner's. `webhook` is what a NOTIFIED order is fetched by.
    `ticket_total` is there once `pos_order_id` is. `fired` says that the order had been held.
    `answered` is how the partner's question ended: accepted, denied, cancelled, refused, given_up.
    `by_partner` says that the partner took the order back. `called_ms` is when a worker last
    began to call the point of sale, `lease_until_ms` until when nobody else may. `tries` counts
    orderly failures in a row at the point of sale, `answer_tries` at the partner; `waiting_for`
    names the last one. `answer_begun` says that the partner may know our answer already,
    `answer_lease_until_ms` until when nobody else may say it.
    `due_ms` is when the sweep looks. `trace` is the trace (W3C) that the order's webhook began.
    `origin` holds what was read, so that what a newer version wrote is written back untouched.
    """

    channel: str
    channel_store_id: str
    order_id: str
    received_ms: int
    state: State = State.NEW
    version: int = 0
    clock_ms: int = 0
    decide_within_ms: int = DECIDE_MS
    webhook: Mapping[str, Any] | None = None
    store: Store | None = None
    order: Order | None = None
    pos_order_id: str | None = None
    ticket_total: int | None = None
    refusal: Refusal | None = None
    answered: str | None = None
    by_partner: bool = False
    fired: bool = False
    ready_told: bool = False
    undo: Undo | None = None
    called_ms: int | None = None
    lease_until_ms: int | None = None
    next_try_ms: int | None = None
    tries: int = 0
    answer_next_ms: int | None = None
    answer_tries: int = 0
    answer_begun: bool = False
    answer_lease_until_ms: int | None = None
    waiting_for: str = ""
    trace: str = ""
    due_ms: int | None = None
    outbox: tuple[Event, ...] = ()
    origin: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def key(self) -> str:
        """The order's one name."""
        return order_key(self.channel, self.channel_store_id, self.order_id)

    @property
    def undecided(self) -> bool:
        """Whether somebody still has to say yes or no."""
        return self.state in UNDECIDED

    @property
    def decide_ms(self) -> int:
        """When a yes or a no is to be there."""
        return (self.clock_ms or self.received_ms) + self.decide_within_ms

    @property
    def make_until_ms(self) -> int:
        """By when a ticket that is begun is to be made: later while nobody has tried yet."""
        return self.decide_ms + (0 if self.tries else FIRST_TRY_LATE_MS)

    @property
    def print_until_ms(self) -> int:
        """Until when a ticket that exists may still be printed."""
        return self.decide_ms + PRINT_LATE_MS

    @property
    def look_until_ms(self) -> int:
        """Until when a print whose outcome is unknown is looked for."""
        return self.decide_ms + LOOK_ON_MS

    def give_up_ms(self, began_ms: int) -> int:
        """Until when a worker that took its lease at `began_ms` is waited for."""
        return max(self.look_until_ms, began_ms + LAST_LOOK_MS)

    def is_leased(self, now_ms: int) -> bool:
        """Say whether a worker is, or may be, inside a call to the point of sale."""
        return self.lease_until_ms is not None and now_ms < self.lease_until_ms

    # On its way to the kitchen.

    def notify(self, webhook: Mapping[str, Any], now_ms: int) -> OrderRecord:
        """Write down that there is an order, though it could not be fetched."""
        return _after(replace(self, webhook=webhook), Step.NOTIFY, now_ms)

    def receive(self, order: Order, store: Store, now_ms: int) -> OrderRecord:
        """Write the order down as one that is to be made."""
        return _after(replace(self, order=order, store=store, webhook=None), Step.RECEIVE, now_ms)

    def hold(self, order: Order, store: Store, kitchen_ms: int, now_ms: int) -> OrderRecord:
        """Write the order down as one that is to be made at `kitchen_ms`."""
        known = replace(self, order=order, store=store, webhook=None)
        held = replace(_after(known, Step.HOLD, now_ms), next_try_ms=kitchen_ms)
        return _dated(held, now_ms)

    def fire(self, now_ms: int) -> OrderRecord:
        """Let the held order be made now; its clock starts."""
        return _after(replace(self, clock_ms=now_ms, fired=True), Step.FIRE, now_ms)

    def begin(self, now_ms: int, lease_ms: int) -> OrderRecord:
        """Take the lease for a step at the point of sale, without changing anything else."""
        return self._leased(now_ms, lease_ms)

    def calling(self, now_ms: int, lease_ms: int) -> OrderRecord:
        """Note that a call begins now that may leave a ticket behind."""
        return replace(self._leased(now_ms, lease_ms), called_ms=now_ms)

    def submit(self, now_ms: int, lease_ms: int) -> OrderRecord:
        """Note that a ticket is about to be created."""
        return _after(self, Step.SUBMIT, now_ms).held_by(now_ms, lease_ms)

    def print(
        self, pos_order_id: str | None, ticket_total: int | None, now_ms: int, lease_ms: int
    ) -> OrderRecord:
        """Note that the kitchen is about to see the ticket."""
        known = replace(self, pos_order_id=pos_order_id, ticket_total=ticket_total)
        return _after(known, Step.PRINT, now_ms).held_by(now_ms, lease_ms)

    def held_by(self, now_ms: int, lease_ms: int) -> OrderRecord:
        """Return this version with a lease for a call that begins now."""
        leased = replace(self, called_ms=now_ms, lease_until_ms=now_ms + lease_ms)
        return _dated(leased, now_ms)

    def _leased(self, now_ms: int, lease_ms: int) -> OrderRecord:
        return _touched(replace(self, lease_until_ms=now_ms + lease_ms), now_ms)

    def accept(self, pos_order_id: str, ticket_total: int, now_ms: int) -> OrderRecord:
        """Note that the kitchen has the ticket."""
        known = replace(self, pos_order_id=pos_order_id, ticket_total=ticket_total)
        return _after(known, Step.ACCEPT, now_ms)

    # Its ends.

    def reject(
        self,
        refusal: Refusal,
        now_ms: int,
        *,
        store: Store | None = None,
        untouched: bool = False,
    ) -> OrderRecord:
        """Note that the order will not be made, and why.

        A ticket that may exist is undone, unless it is certain that none was begun (untouched).
        """
        known = replace(self, refusal=refusal.shortened(), store=store or self.store)
        return _after(known if untouched else _undoing(known), Step.REJECT, now_ms)

    def abandon(self, refusal: Refusal, now_ms: int) -> OrderRecord:
        """Note a no that waits no longer for the worker that has the order.

        Nobody undoes its ticket before that worker cannot be inside a call any more.
        """
        until_ms = self.lease_until_ms
        rejected = self.reject(refusal, now_ms)
        return _dated(replace(rejected, lease_until_ms=until_ms, next_try_ms=until_ms), now_ms)

    def cancel(self, now_ms: int, *, kitchens: Refusal | None = None) -> OrderRecord:
        """Note that the partner took the order back, or, with a refusal, the kitchen did.

        The kitchen has dealt with its ticket itself; the partner's cancellation undoes it.
        """
        if kitchens is not None:
            return _after(replace(self, refusal=kitchens), Step.CANCEL, now_ms)
        return _after(_undoing(replace(self, by_partner=True)), Step.CANCEL, now_ms)

    def get_ready(self, now_ms: int) -> OrderRecord:
        """Note that the food is ready."""
        return _after(self, Step.READY, now_ms)

    def complete(self, now_ms: int) -> OrderRecord:
        """Note that the point of sale has finished the order."""
        return _after(self, Step.COMPLETE, now_ms)

    # Beside the state.

    def undone(
        self, how: Undo, pos_order_id: str | None, now_ms: int, why: str = ""
    ) -> OrderRecord:
        """Note how the undoing of the ticket ended; there may have been none after all."""
        changed = replace(
            self, undo=how, pos_order_id=pos_order_id, lease_until_ms=None, next_try_ms=None
        )
        if how is Undo.FAILED or pos_order_id:
            type_ = "order.voided" if how is Undo.DONE else "order.void_failed"
            news = _event(changed, type_, now_ms, {"why": why})
            changed = replace(changed, outbox=(*self.outbox, news))
        return _touched(changed, now_ms).tidied()

    def answering(self, now_ms: int) -> OrderRecord:
        """Note that the partner is about to be told what cannot be read back there."""
        lease_ms = now_ms + ANSWER_LEASE_MS
        return _touched(replace(self, answer_begun=True, answer_lease_until_ms=lease_ms), now_ms)

    def is_being_answered(self, now_ms: int) -> bool:
        """Say whether a worker is, or may be, telling the partner what cannot be read back."""
        until_ms = self.answer_lease_until_ms
        return until_ms is not None and now_ms < until_ms

    def answer(self, answer: Answer, now_ms: int, beside: str = "") -> OrderRecord:
        """Note what the partner was told; `beside` is why it has less than that, for staff."""
        told = replace(self, answer_tries=0, answer_next_ms=None, answer_lease_until_ms=None)
        if beside:
            why = {"why": f"the answer stands, but {beside}"}
            news = _event(self, "order.callback_refused", now_ms, why)
            told = replace(told, outbox=(*self.outbox, news))
        if answer is Answer.READY:
            return _touched(replace(told, ready_told=True), now_ms).tidied()
        return _touched(replace(told, answered=SAID[answer]), now_ms).tidied()

    def answer_failed(self, how: str, why: str, now_ms: int) -> OrderRecord:
        """Note that the partner did not take our answer.

        Nobody will fetch what the partner does not want: a yes that was refused cancels the
        order and undoes its ticket.
        """
        news = _event(self, "order.callback_refused", now_ms, {"why": why})
        failed = replace(
            self, answered=how, answer_lease_until_ms=None, outbox=(*self.outbox, news)
        )
        if self.state in FINAL:
            return _touched(failed, now_ms)
        return _after(_undoing(replace(failed, by_partner=True)), Step.CANCEL, now_ms)

    def heard(self, event_id_: str | None) -> OrderRecord:
        """Return the record without what was published, knowing that one event has arrived."""
        ids = [event.id for event in self.outbox]
        if event_id_ not in ids:
            return self
        return replace(self, outbox=self.outbox[ids.index(event_id_) + 1 :])

    def postpone(
        self, next_try_ms: int, reason: str, now_ms: int, state: State | None = None
    ) -> OrderRecord:
        """Note that a step failed in an orderly way, why, and when it is tried again.

        `state` is where the order certainly is, when a call was certainly not carried out. What
        there was to publish has been published by now (orders/outbox.py).
        """
        waiting = replace(
            self,
            state=state or self.state,
            tries=self.tries + 1,
            waiting_for=reason[:200],
            lease_until_ms=None,
            next_try_ms=next_try_ms,
            outbox=(),
        )
        return _touched(waiting, now_ms)

    def postpone_answer(
        self, next_ms: int, reason: str, now_ms: int, *, is_known: bool = False
    ) -> OrderRecord:
        """Note that the partner could not be told, why, and when it is tried again.

        `is_known` says that it has the answer, and lacks only what is said beside it.
        """
        tries = self.answer_tries + 1
        waiting = replace(
            self,
            answer_tries=tries,
            answer_next_ms=next_ms,
            answer_lease_until_ms=None,
            answer_begun=self.answer_begun or is_known,
            waiting_for=reason[:200],
        )
        return _touched(waiting, now_ms)

    def touched(self, now_ms: int) -> OrderRecord:
        """Return the next version, due again as long as anything is owed."""
        return _touched(self, now_ms).tidied()

    def tidied(self) -> OrderRecord:
        """Return the record without the customer's person once nothing is owed for it."""
        if self.order is None or self.order.person is None or duties(self):
            return self
        return replace(self, order=self.order.without_person())


def _touched(record: OrderRecord, now_ms: int) -> OrderRecord:
    """Return the next version, due again as long as anything is owed."""
    return _dated(replace(record, version=record.version + 1), now_ms)


def _dated(record: OrderRecord, now_ms: int) -> OrderRecord:
    """Have the sweep look when the first of the duties has been quiet for too long."""
    looks = [_expected_ms(record, duty, now_ms) for duty in duties(record)]
    return replace(record, due_ms=min(looks, default=None))


def _expected_ms(record: OrderRecord, duty: Duty, now_ms: int) -> int:
    if duty is Duty.KITCHEN and record.state is State.HELD:
        return record.next_try_ms or now_ms  # nobody but the sweep fires it
    waits_ms = record.next_try_ms
    if duty is Duty.PARTNER:
        waits_ms = record.answer_next_ms or record.answer_lease_until_ms
    if duty is Duty.KITCHEN and record.lease_until_ms is not None:
        waits_ms = record.lease_until_ms
    quiet_ms = max(waits_ms or now_ms, now_ms) + NUDGE_MS
    if record.state in ON_THE_WAY:
        # Past its end at once: whoever writes it must not put that off.
        return min(quiet_ms, max(record.look_until_ms, now_ms))
    return quiet_ms


def _undoing(record: OrderRecord) -> OrderRecord:
    may_exist = record.state in MAY_HAVE_TICKET or record.state in PRINTED
    return replace(record, undo=Undo.PENDING) if may_exist else record


def _after(record: OrderRecord, step: Step, now_ms: int) -> OrderRecord:
    # What is written before a call is no success: the waits between tries go on getting longer.
    is_before_a_call = step in (Step.SUBMIT, Step.PRINT)
    moved = replace(
        record,
        state=next_state(record.state, step),
        lease_until_ms=None,
        next_try_ms=None,
        tries=record.tries if is_before_a_call else 0,
    )
    if step in EVENT_OF_STEP:
        extra = {"from": str(record.state)}
        versioned = replace(moved, version=record.version + 1)
        news = _event(versioned, EVENT_OF_STEP[step], now_ms, extra)
        moved = replace(moved, outbox=(*record.outbox, news))
    return _touched(moved, now_ms)


def _event(record: OrderRecord, type_: str, now_ms: int, extra: dict[str, Any]) -> Event:
    data: dict[str, Any] = {
        "channel": record.channel,
        "orderId": record.order_id,
        "storeId": record.store.store_id if record.store else None,
        "receivedMs": record.received_ms,
        **{name: value for name, value in extra.items() if value},
    }
    if record.store:
        data["pos"] = record.store.pos
    if record.pos_order_id:
        data["posOrderId"] = record.pos_order_id
    if record.refusal:
        data["refusal"] = record.refusal.to_dict()
    if record.waiting_for and record.state in (State.REJECTED, State.CANCELLED):
        data["waitedFor"] = record.waiting_for
    if record.order and type_ in ("order.received", "order.held", "order.accepted"):
        # Small menu drift is recorded, not refused: the customer has paid the partner's price.
        data["subtotal"] = record.order.subtotal.to_dict()
        data["drift"] = record.order.drift.amount
    return Event(event_id(record.key, type_, record.version), type_, record.key, now_ms, data)

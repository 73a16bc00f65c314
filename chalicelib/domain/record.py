"""One order as it is stored: the order, its state, its version and what is still to be published.

State and events change together in one item (an outbox), so a crash between "written" and
"published" loses nothing: the events stay in the item until the step that they cause writes
the item again, and whoever finds them in between publishes them once more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chalicelib.domain.deadlines import DECIDE_MS, REPUBLISH_MS
from chalicelib.domain.events import Event, event_id
from chalicelib.domain.order import order_key
from chalicelib.domain.states import EVENT_OF_STEP, UNDECIDED, State, Step, next_state

if TYPE_CHECKING:
    from chalicelib.domain.order import Order
    from chalicelib.domain.refusal import Refusal
    from chalicelib.domain.store import Store


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """The stored order. Every method returns a new record with the version one higher.

    `due_ms` is when the sweep should look at it, None when nothing is left to do.
    `answered` is how the partner's question ended: accepted, denied, refused or given_up.
    """

    channel: str
    channel_store_id: str
    order_id: str
    received_ms: int
    state: State = State.NEW
    version: int = 0
    store: Store | None = None
    order: Order | None = None
    pos_order_id: str | None = None
    refusal: Refusal | None = None
    answered: str | None = None
    due_ms: int | None = None
    outbox: tuple[Event, ...] = ()

    @property
    def key(self) -> str:
        """The order's one name."""
        return order_key(self.channel, self.channel_store_id, self.order_id)

    @property
    def undecided(self) -> bool:
        """Whether the partner still waits for a yes or a no from us."""
        return self.state in UNDECIDED

    @property
    def awaits_answer(self) -> bool:
        """Whether we have decided and the partner does not know yet."""
        return self.state in (State.ACCEPTED, State.REJECTED) and self.answered is None

    def receive(self, order: Order, store: Store, now_ms: int) -> OrderRecord:
        """Write the order down as one that is to be made."""
        return _after(replace(self, order=order, store=store), Step.RECEIVE, now_ms)

    def submit(self, now_ms: int) -> OrderRecord:
        """Note that a call to the point of sale is about to be made."""
        return _after(self, Step.SUBMIT, now_ms)

    def lose_track(self, now_ms: int) -> OrderRecord:
        """Note that a call's outcome is unknown."""
        return _after(self, Step.LOSE_TRACK, now_ms)

    def accept(self, pos_order_id: str, now_ms: int) -> OrderRecord:
        """Note that the ticket is at the point of sale."""
        return _after(replace(self, pos_order_id=pos_order_id), Step.ACCEPT, now_ms)

    def reject(
        self,
        refusal: Refusal,
        now_ms: int,
        *,
        store: Store | None = None,
        order: Order | None = None,
    ) -> OrderRecord:
        """Note that the order will not be made, and why."""
        known = replace(self, refusal=refusal, store=store or self.store, order=order or self.order)
        return _after(known, Step.REJECT, now_ms)

    def cancel(self, now_ms: int) -> OrderRecord:
        """Note that the partner took the order back."""
        return _after(self, Step.CANCEL, now_ms)

    def complete(self, now_ms: int) -> OrderRecord:
        """Note that the point of sale has finished the order."""
        return _after(self, Step.COMPLETE, now_ms)

    def settled(self, answered: str | None = None) -> OrderRecord:
        """Note that nothing is left to publish or to answer."""
        return replace(
            self,
            answered=answered or self.answered,
            outbox=(),
            due_ms=None,
            version=self.version + 1,
        )

    def answer_failed(self, how: str, why: str, now_ms: int) -> OrderRecord:
        """Note that the partner did not take our answer: a person has to look."""
        event = _event(self, "order.callback_refused", now_ms, {"why": why})
        return replace(
            self,
            answered=how,
            outbox=(event,),
            due_ms=now_ms + REPUBLISH_MS,
            version=self.version + 1,
        )

    def postponed(self, now_ms: int) -> OrderRecord:
        """Keep what is to be published, and have the sweep come back in a while."""
        return replace(self, due_ms=now_ms + REPUBLISH_MS, version=self.version + 1)


def _after(record: OrderRecord, step: Step, now_ms: int) -> OrderRecord:
    state = next_state(record.state, step)
    due_ms = record.received_ms + DECIDE_MS if state in UNDECIDED else now_ms + REPUBLISH_MS
    moved = replace(record, state=state, version=record.version + 1, due_ms=due_ms, outbox=())
    if step not in EVENT_OF_STEP:
        return moved
    event = _event(moved, EVENT_OF_STEP[step], now_ms, {"from": str(record.state)})
    return replace(moved, outbox=(event,))


def _event(record: OrderRecord, type_: str, now_ms: int, extra: dict[str, Any]) -> Event:
    data: dict[str, Any] = {
        "channel": record.channel,
        "orderId": record.order_id,
        "storeId": record.store.store_id if record.store else None,
        "receivedMs": record.received_ms,
        **extra,
    }
    if record.pos_order_id:
        data["posOrderId"] = record.pos_order_id
    if record.refusal:
        data["refusal"] = record.refusal.to_dict()
    if record.order and type_ in ("order.received", "order.accepted"):
        # Menu drift is recorded, not refused: the customer has paid the partner's price.
        data["subtotal"] = record.order.subtotal.to_dict()
        data["drift"] = (record.order.lines_total - record.order.subtotal).amount
    return Event(event_id(record.key, type_, record.version), type_, record.key, now_ms, data)

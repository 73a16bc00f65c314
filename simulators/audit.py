"""What all three sides must agree on when the street has come to rest.

Partner, our record and the kitchen, order by order: the same end, the same money, one ticket or
none; and beside them nothing that waits: no queue, no dead letter, nothing owed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.records import to_record
from chalicelib.domain.order import reference_id
from simulators.books import QUEUES
from simulators.shop import audit as shop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from chalicelib.domain.record import OrderRecord
    from simulators.books import Books
    from simulators.channels.marketplace import Decision
    from simulators.pos.kitchen import Ticket
    from simulators.shop.audit import Mails

YES = frozenset({"accepted", "accepted_at_once", "accepted_on_tablet", "confirmed", "succeeded"})
UNANSWERED = frozenset({"auto_cancelled", "auto_rejected", "timed_out", "cancelled_by_deliveroo"})
"""Ends that partners put to an order that nobody decided in their time."""

KEPT = frozenset({"accepted", "ready", "completed"})
SETTLED = KEPT | {"rejected", "cancelled"}


@dataclass(frozen=True, slots=True)
class Side:
    """One order as all three sides have it."""

    order_id: str
    decisions: tuple[Decision, ...]
    record: OrderRecord | None
    printed: tuple[Ticket, ...]
    standing: tuple[Ticket, ...]
    live: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """What became of the order in its partner's eyes; "" as long as nothing has."""
        # A refused wish to cancel changes nothing; all else replaces what was before.
        ends = [one.decision for one in self.decisions if one.decision != "cancellation_denied"]
        return ends[-1] if ends else ""

    @property
    def is_turned_away(self) -> bool:
        """Whether it is a checkout of our shop that was refused at once."""
        return self.record is None and self.said.startswith(shop.TURNED_AWAY)


def findings(
    street: Books,
    *,
    told_to_staff: AbstractSet[str] = frozenset(),
    maybe_untold: AbstractSet[str] = frozenset(),
    mails: Mails | None = None,
    known: Sequence[Side] | None = None,
) -> list[str]:
    """Return every disagreement.

    About an order in `told_to_staff` a person has been told that its partner could not be: there
    partner and kitchen may differ. A customer of our shop in `maybe_untold` may lack a mail;
    `mails` is what was sent, and `known` all orders, if somebody else has counted or looked.
    """
    known = sides(street) if known is None else known
    found = [text for side in known for text in _of(street, side, told_to_staff)]
    kitchen = {
        side.order_id: shop.Kitchen(side.printed, side.standing, _is_given_back(street, side))
        for side in known
    }
    mails = street.mails() if mails is None else mails
    found += shop.findings(street, kitchen, mails, maybe_untold=maybe_untold)
    queues = [name for queue in QUEUES for name in (queue, f"{queue}-dead-letters")]
    return found + [
        f"{name} holds {depth}: {street.first_message(name)}"
        for name in queues
        if (depth := street.queue_depth(name))
    ]


def sides(street: Books) -> list[Side]:
    """Return every order that anybody knows of."""
    items = street.records()
    records = {item["order_id"]["S"]: to_record(item) for item in items}
    decisions: defaultdict[str, list[Decision]] = defaultdict(list)
    for channel in street.world.channels.values():
        for decision in channel.decisions():
            decisions[decision.order_id].append(decision)
    for decision in shop.decisions(street):
        decisions[decision.order_id].append(decision)
    printed, standing = _tickets(street, items)
    live = _live(street, items)
    known = dict.fromkeys([*street.placed, *records, *decisions, *printed])
    return [
        Side(
            order_id,
            tuple(decisions[order_id]),
            records.get(order_id),
            tuple(printed[order_id]),
            tuple(standing[order_id]),
            tuple(live[order_id]),
        )
        for order_id in known
    ]


def _tickets(
    street: Books, items: Sequence[Mapping[str, Any]]
) -> tuple[defaultdict[str, list[Ticket]], defaultdict[str, list[Ticket]]]:
    printed: defaultdict[str, list[Ticket]] = defaultdict(list)
    standing: defaultdict[str, list[Ticket]] = defaultdict(list)
    known = _references(items)
    for till in street.world.points_of_sale.values():
        still = Counter(till.standing_tickets())
        for ticket in till.tickets():
            reference = str(ticket.reference_id)
            owner = _owner(known, reference)
            printed[owner].append(ticket)
            if still[ticket]:
                standing[owner].append(ticket)
    return printed, standing


def _live(street: Books, items: Sequence[Mapping[str, Any]]) -> defaultdict[str, list[str]]:
    """Return what the points of sale hold of each order, printed or not."""
    live: defaultdict[str, list[str]] = defaultdict(list)
    known = _references(items)
    for till in street.world.points_of_sale.values():
        for reference, id_ in till.live_orders():
            live[_owner(known, reference)].append(id_)
    return live


def _references(items: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the orders' ids by all that points of sale may call them."""
    known: dict[str, str] = {}
    for item in items:
        order_id = item["order_id"]["S"]
        known[item["order_key"]["S"]] = order_id  # Toast, Clover
        known[reference_id(item["channel"]["S"], order_id)] = order_id  # Square
    return known


def _owner(known: Mapping[str, str], reference: str) -> str:
    """Return whose ticket it is; at Toast and Clover a word and a colon stand before our key."""
    return known.get(reference) or known.get(reference.partition(":")[2].strip()) or reference


def _of(street: Books, side: Side, told_to_staff: AbstractSet[str]) -> Iterator[str]:
    order_id, record, count = side.order_id, side.record, len(side.standing)
    is_yes = side.said in YES
    if len(side.printed) > 1:
        yield f"{order_id}: {len(side.printed)} tickets"
    if order_id not in told_to_staff and not _is_eaten(street, side):
        if count != (1 if is_yes else 0):
            yield f"{order_id}: the partner says {side.said or 'nothing'}, the kitchen has {count}"
        if len(side.live) > (1 if is_yes else 0):
            yield f"{order_id}: the partner says {side.said}, the till holds {len(side.live)}"
        if record is not None and (record.state in KEPT) != is_yes:
            yield f"{order_id}: {record.state}, the partner says {side.said or 'nothing'}"
    # Deliveroo has no call that takes back what it holds for later: unconfirmed, it ends by itself.
    if side.said in UNANSWERED and order_id not in told_to_staff:
        yield f"{order_id}: nobody told the partner in time ({side.said})"
    if record is None:
        if not side.said:
            yield f"{order_id}: lost: no record, and the partner still waits"
        return
    if not side.said and record.state != "cancelled":
        yield f"{order_id}: nobody told the partner"
    if record.state not in SETTLED:
        yield f"{order_id}: our record says {record.state}"
    if record.due_ms is not None:
        yield f"{order_id}: something is still owed ({record.state}, {record.waiting_for})"
    yield from _money(street, side, record)


def _is_eaten(street: Books, side: Side) -> bool:
    """Say whether the kitchen was done before the partner took the order back: too late for that.

    Our record may say "cancelled" by then; but also that the ticket could not be undone.
    """
    if side.record is not None and side.record.state == "completed":
        return _is_done(street, side)
    return _is_given_back(street, side)


def _is_given_back(street: Books, side: Side) -> bool:
    """Say whether all was done that can be about a ticket that was done before it could be undone.

    Its money is given back in full, and a person knows.
    """
    record = side.record
    if record is None or record.store is None or record.undo != "failed":
        return False
    if not _is_done(street, side):
        return False
    till = street.world.points_of_sale[record.store.pos]
    told = ("order.void_failed", record.key)
    return till.has_given_back(side.standing[0].order_id) and any(
        (note["type"], note["subject"]) == told for note in street.notes()
    )


def _is_done(street: Books, side: Side) -> bool:
    if side.record is None or side.record.store is None or not side.standing:
        return False
    till = street.world.points_of_sale[side.record.store.pos]
    return till.is_done(side.standing[0].order_id)


def _money(street: Books, side: Side, record: OrderRecord) -> Iterator[str]:
    """Compare what the goods cost at the partner, in our record and on the kitchen's ticket."""
    placed = street.placed.get(side.order_id)
    if placed is None or record.order is None or record.state not in KEPT:
        return
    amounts = {
        "the partner's": placed.subtotal,
        "our subtotal": record.order.subtotal.amount,
        "our lines": record.order.lines_total.amount,
    }
    for ticket in side.standing:
        till = street.world.points_of_sale[placed.store.pos]
        amounts["the kitchen's"] = till.goods_total(ticket.order_id)
    if len(set(amounts.values())) > 1:
        yield f"{side.order_id}: money differs: {amounts}"

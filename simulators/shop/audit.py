"""What customer, bank, kitchen, courier and our record must agree on about orders of our shop."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.shop.tell import WORDS
from simulators.channels.marketplace import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from simulators.books import Books
    from simulators.pos.kitchen import Ticket

Json = dict[str, Any]
Mails = Counter[tuple[str, str]]
"""How often each address got which subject."""

COOKED = frozenset({"making", "ready"})
GONE = frozenset({"back", "no"})
"""Where the money of an order may be that nobody makes."""

STUCK_WITH_FOOD = "courier: cannot be stopped"
"""What staff read when an order ends whose courier has the food already."""


@dataclass(frozen=True, slots=True)
class Kitchen:
    """The tickets of one order: all that were printed, and those that stand.

    `is_given_back` says that the one that stands was done before it could be undone, that its money
    is given back at the till, and that staff know.
    """

    printed: tuple[Ticket, ...] = ()
    standing: tuple[Ticket, ...] = ()
    is_given_back: bool = False


TURNED_AWAY = "refused with "
"""How what was said of a checkout begins that the app has refused: it keeps no record of it."""


def checkouts(books: Books) -> dict[str, Json]:
    """Return what we have written down, by checkout."""
    return {
        item["checkout_id"]["S"]: json.loads(item["body"]["S"]) | {"due": "due_ms" in item}
        for item in books.checkouts()
    }


def decisions(books: Books) -> Iterator[Decision]:
    """Yield what our shop has told each customer in the end, as partners' ledgers have it."""
    ended_ms = _ended_ms(books)
    known = checkouts(books)
    for id_, record in known.items():
        if record["ending"]:
            at_ms = ended_ms[id_] if id_ in ended_ms else record["placed_ms"]
            yield Decision(id_, record["ending"], at_ms, {})
        elif record["kitchen"] in COOKED:
            yield Decision(id_, "accepted", record["courier_ms"] or 0, {})
    for sent in books.world.shop.sent:
        is_new = sent.event_type == "checkout" and sent.resource_id not in known and sent.genuine
        if is_new and 400 <= sent.status < 500:
            yield Decision(sent.resource_id, f"{TURNED_AWAY}{sent.status}", sent.at_ms, {})
    for given_up in books.world.shop.abandoned:
        if given_up.event_type == "checkout" and given_up.resource_id not in known:
            yield Decision(given_up.resource_id, "the site was not answered", 0, {})


def findings(
    books: Books,
    kitchen: Mapping[str, Kitchen],
    mails: Mails | None = None,
    *,
    maybe_untold: AbstractSet[str] = frozenset(),
) -> list[str]:
    """Return every disagreement.

    `mails` is what was sent, None when nobody has counted. A mail may be missing to customers in
    `maybe_untold`: its function died while it was sending.
    """
    money, coming = _money(books), _coming(books)
    stopped_late = _food_in_the_bag(books)
    found: list[str] = []
    records = checkouts(books)
    for id_, record in records.items():
        texts = [
            *_about_tickets(record, kitchen.get(id_, Kitchen()), money[id_]),
            *_about_money(record, kitchen.get(id_, Kitchen()), money[id_]),
            *_about_courier(record, coming[id_], is_late=id_ in stopped_late),
            *_about_the_end(record, books.world.shop.checkouts().get(id_)),
        ]
        if mails is not None:
            address = books.world.shop.checkouts()[id_]["customer"]["email"]
            texts += _about_mails(record, address, mails, may_miss=id_ in maybe_untold)
        found += [f"{id_}: {text}" for text in texts]
    found += _of_nobody(records, money, coming)
    found += _lost(books, records)
    return found


def _about_tickets(record: Json, kitchen: Kitchen, money: Sequence[Json]) -> Iterator[str]:
    held = [one["held_at_ms"] for one in money if one["held_at_ms"] is not None]
    if len(kitchen.printed) > 1:
        yield f"{len(kitchen.printed)} tickets"
    if kitchen.printed and (not held or kitchen.printed[0].printed_at_ms < min(held)):
        yield "a ticket before the money was held"
    wanted = 0 if record["ending"] and not kitchen.is_given_back else 1
    if len(kitchen.standing) != wanted and not record["unstoppable"]:
        yield f"{len(kitchen.standing)} tickets stand ({record['ending']})"


def _about_money(record: Json, kitchen: Kitchen, money: Sequence[Json]) -> Iterator[str]:
    """Charged = record = kitchen; nothing is held for ever, nothing was taken twice."""
    kept = sum(one["kept"] for one in money)
    taken = [one["taken"] for one in money if one["taken"]]
    printed_ms = [ticket.printed_at_ms for ticket in kitchen.printed]
    if any(not printed_ms or one["taken_at_ms"] < min(printed_ms) for one in money if one["taken"]):
        yield "money was taken before there was a ticket"
    if sum(one["held_at_ms"] is not None for one in money) > 1:
        yield "two payments held money"
    if len(taken) > 1 or sum(taken) > record["total"]:
        yield f"captured twice, or too much: {taken} of {record['total']}"
    if any(one["capturable"] for one in money):
        yield "money is still held"
    if kept and not kitchen.standing:
        yield f"charged {kept} without a ticket"
    wanted = 0 if record["ending"] else record["total"]
    wanted -= record["extras"] if record["pickup_instead"] and wanted else 0
    if kept != wanted:
        yield f"charged {kept} instead of {wanted} ({record['ending']})"
    is_settled = record["paid"] in GONE if record["ending"] else record["paid"] == "taken"
    if not is_settled:
        yield f"our record says that the money is {record['paid']} ({record['ending']})"


def _about_courier(record: Json, coming: int, *, is_late: bool) -> Iterator[str]:
    if is_late:
        return
    carried = record["handover"] == "courier" and not record["ending"]
    if coming != (1 if carried else 0):
        yield f"{coming} couriers ({record['ending']})"


def _about_the_end(record: Json, asked_for: Json | None) -> Iterator[str]:
    if record["due"]:
        yield "something is still owed"
    if asked_for is not None and asked_for["total"] != record["total"]:
        yield f"the site says {asked_for['total']}, our record {record['total']}"
    if record["ending"]:
        if record["kitchen"] not in ("no", "out") and not record["unstoppable"]:
            yield f"it has ended, and the kitchen is {record['kitchen']}"
        return
    if record["kitchen"] not in COOKED:
        yield f"it has not ended, and the kitchen is {record['kitchen']}"
    if record["handover"] == "courier" and record["courier"] != "delivered":
        yield f"it has not ended, and the courier is {record['courier']}"


def _about_mails(record: Json, address: str, mails: Mails, *, may_miss: bool) -> Iterator[str]:
    """Each customer hears how it ended, once; and nothing that is not so."""
    for message in record["told"]:
        subject = WORDS[message][0]
        times = mails[address, subject]
        if times > 1:
            yield f"told twice: {subject}"
        if not times and not may_miss:
            yield f"never told: {subject}"
    if record["ending"] and record["ending"] not in record["told"]:
        yield f"nobody has told the customer: {record['ending']}"


def _of_nobody(
    records: Mapping[str, Json], money: Mapping[str, Sequence[Json]], coming: Mapping[str, int]
) -> Iterator[str]:
    """Money and couriers of orders that nobody knows."""
    for id_ in {*money, *coming} - records.keys():
        if any(one["kept"] or one["capturable"] for one in money.get(id_, ())):
            yield f"{id_}: money of an order that nobody knows"
        if coming.get(id_):
            yield f"{id_}: a courier for an order that nobody knows"


def _lost(books: Books, records: Mapping[str, Json]) -> Iterator[str]:
    """The site was told that we have it."""
    for id_, status in books.world.shop.answers().items():
        if status < 300 and status and id_ not in records:
            yield f"{id_}: lost: the site was answered {status}, and there is no checkout"


def _money(books: Books) -> defaultdict[str, list[Json]]:
    stripe = books.world.stripe
    taken_at_ms = stripe.taken_at_ms()
    back: Counter[str] = Counter()
    for refund in stripe.refunds():
        back[refund["payment_intent"]] += refund["amount"]
    found: defaultdict[str, list[Json]] = defaultdict(list)
    for intent in stripe.intents():
        found[intent["metadata"]["order_id"]].append(
            {
                "taken": intent["amount_received"],
                "kept": intent["amount_received"] - back[intent["id"]],
                "capturable": intent["amount_capturable"],
                "held_at_ms": stripe.held_at_ms(intent["id"]),
                "taken_at_ms": taken_at_ms.get(intent["metadata"]["order_id"], 0),
            }
        )
    return found


def _coming(books: Books) -> Counter[str]:
    """Return how many couriers have come, or will, by checkout."""
    return Counter(
        delivery["external_delivery_id"].rpartition(".")[0]
        for delivery in books.world.drive.deliveries()
        if delivery["delivery_status"] != "cancelled"
    )


def _ended_ms(books: Books) -> dict[str, int]:
    """Return when the bank let an order's money go, or gave it back."""
    found: dict[str, int] = {}
    orders = {}
    for intent in books.world.stripe.intents():
        id_ = orders[intent["id"]] = intent["metadata"]["order_id"]
        if intent.get("canceled_at") is not None:
            found[id_] = intent["canceled_at"] * 1000
    for refund in books.world.stripe.refunds():
        found[orders[refund["payment_intent"]]] = refund["created"] * 1000
    return found


def _food_in_the_bag(books: Books) -> set[str]:
    """Return the orders of which staff know that their courier could not be stopped."""
    return {
        note["subject"].rpartition("#")[2]
        for note in books.notes()
        if note["type"] == "order.unsettled" and note["reason"].startswith(STUCK_WITH_FOOD)
    }

"""What all three sides must agree on when the street has come to rest."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.pipeline.conftest import Street

YES = frozenset({"accepted", "accepted_at_once", "accepted_on_tablet", "confirmed", "succeeded"})
SETTLED = frozenset({"accepted", "ready", "completed", "rejected", "cancelled"})
QUEUES = ("inbound-orders", "pos-square", "pos-toast", "pos-clover", "channel-callbacks")


def findings(street: Street) -> list[str]:
    """Return every disagreement: kitchen, partner, our record, queues."""
    found: list[str] = []
    records = _records(street)
    standing = _standing(street)
    decisions = _last_decisions(street)
    for order_id, decision in decisions.items():
        tickets = standing[order_id]
        record = records.get(order_id)
        wanted = 1 if decision in YES else 0
        if tickets != wanted:
            found.append(f"{order_id}: the partner says {decision}, the kitchen has {tickets}")
        if record is not None and record["state"]["S"] not in SETTLED:
            found.append(f"{order_id}: our record says {record['state']['S']}")
        if record is not None and (record["state"]["S"] in ("accepted", "ready", "completed")) != (
            decision in YES
        ):
            found.append(f"{order_id}: {record['state']['S']}, the partner says {decision}")
        if record is not None and "due_ms" in record:
            found.append(f"{order_id}: something is still owed: {record['due_for']['S']}")
    found += [f"{id_}: {n} tickets" for id_, n in _printed(street).items() if n > 1]
    found += [
        f"{order_id}: nobody told the partner"
        for order_id in records.keys() - decisions.keys()
        if records[order_id]["state"]["S"] != "cancelled"
    ]
    for queue in QUEUES:
        for name in (queue, f"{queue}-dead-letters"):
            if depth := street.queue_depth(name):
                found.append(f"{name} holds {depth}")
    return found


def _records(street: Street) -> dict[str, dict[str, Any]]:
    items = street.offline.client("dynamodb").scan(TableName="orders")["Items"]
    return {item["order_id"]["S"]: item for item in items}


def _last_decisions(street: Street) -> dict[str, str]:
    told: dict[str, str] = {}
    for channel in street.world.channels.values():
        told |= {decision.order_id: decision.decision for decision in channel.decisions()}
    return told


def _standing(street: Street) -> Counter[str]:
    tickets = [t for p in street.world.points_of_sale.values() for t in p.standing_tickets()]
    return Counter(street.order_of(ticket) for ticket in tickets)


def _printed(street: Street) -> Counter[str]:
    """Tickets by order, voided or not: nothing is ever cooked twice."""
    tickets = [t for p in street.world.points_of_sale.values() for t in p.tickets()]
    return Counter(street.order_of(ticket) for ticket in tickets)

"""What customer, bank, kitchen, courier and our record must agree on about orders of our shop."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.pipeline.conftest import Street

QUEUES = ("shop-payments", "shop-orders", "shop-couriers", "shop-messages")
ENDINGS_WITHOUT_MONEY = ("back", "no")


def checkouts(street: Street) -> dict[str, dict[str, Any]]:
    """Return what we have written down, by checkout."""
    items = street.offline.client("dynamodb").scan(TableName="checkouts")["Items"]
    return {
        item["checkout_id"]["S"]: json.loads(item["body"]["S"]) | {"due": "due_ms" in item}
        for item in items
    }


def mails(street: Street) -> Counter[tuple[str, str]]:
    """Return how often each customer was told what: address and subject."""
    found: Counter[tuple[str, str]] = Counter()
    for entry in street.offline.journal.entries():
        if entry.kind == "call" and entry.subject.startswith("sesv2."):
            body = json.loads(entry.detail["body"])
            to = body["Destination"]["ToAddresses"][0]
            found[to, body["Content"]["Simple"]["Subject"]["Data"]] += 1
    return found


def findings(street: Street) -> list[str]:
    """Return every disagreement."""
    found: list[str] = []
    tickets = _tickets(street)
    money = _money(street)
    for id_, record in checkouts(street).items():
        found += [f"{id_}: {text}" for text in _about(record, tickets[id_], money[id_])]
    found += _about_couriers(street)
    found += [f"told twice: {what}" for what, times in mails(street).items() if times > 1]
    for queue in QUEUES:
        for name in (queue, f"{queue}-dead-letters"):
            if depth := street.queue_depth(name):
                found.append(f"{name} holds {depth}")
    return found


def _about(record: dict[str, Any], tickets: list[Any], money: list[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    standing = [ticket for ticket, stands in tickets if stands]
    kept = sum(one["kept"] for one in money)
    held = [one["held_at_ms"] for one in money if one["held_at_ms"] is not None]
    if record["due"]:
        found.append("something is still owed")
    if len(tickets) > 1:
        found.append(f"{len(tickets)} tickets")
    if len(held) > 1:
        found.append(f"{len(held)} payments held money")
    if tickets and (not held or tickets[0][0].printed_at_ms < min(held)):
        found.append("a ticket before the money was held")
    if any(one["capturable"] for one in money):
        found.append("money is still held")
    if kept and not standing and record["kitchen"] not in ("making", "ready"):
        found.append(f"charged {kept} without a ticket")
    wanted = 0 if record["ending"] else record["total"]
    wanted -= record["extras"] if record["pickup_instead"] else 0
    if kept != wanted:
        found.append(f"charged {kept} instead of {wanted} ({record['ending']})")
    if len(standing) != (0 if record["ending"] else 1) and not record["unstoppable"]:
        found.append(f"{len(standing)} tickets stand ({record['ending']})")
    return found


def _tickets(street: Street) -> dict[str, list[Any]]:
    """Return the tickets of each order, and whether each stands."""
    found: dict[str, list[Any]] = defaultdict(list)
    for till in street.world.points_of_sale.values():
        standing = till.standing_tickets()
        for ticket in till.tickets():
            found[street.order_of(ticket)].append((ticket, ticket in standing))
    return found


def _money(street: Street) -> dict[str, list[dict[str, Any]]]:
    stripe = street.world.stripe
    back: Counter[str] = Counter()
    for refund in stripe.refunds():
        back[refund["payment_intent"]] += refund["amount"]
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for intent in stripe.intents():
        found[intent["metadata"]["order_id"]].append(
            {
                "kept": intent["amount_received"] - back[intent["id"]],
                "capturable": intent["amount_capturable"],
                "held_at_ms": stripe.held_at_ms(intent["id"]),
            }
        )
    return found


def _about_couriers(street: Street) -> list[str]:
    records = checkouts(street)
    coming: Counter[str] = Counter()
    for delivery in street.world.drive.deliveries():
        if delivery["delivery_status"] != "cancelled":
            coming[delivery["external_delivery_id"].rpartition(".")[0]] += 1
    found = []
    for id_, record in records.items():
        carried = record["handover"] == "courier" and not record["ending"]
        if coming[id_] != (1 if carried else 0):
            found.append(f"{id_}: {coming[id_]} couriers ({record['ending']})")
    return found

"""CreatePayment: what is asked for, and what it leaves: a payment, and a tender on the order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulators.pos.square import fields
from simulators.pos.square.errors import invalid

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A payment that is asked for; amounts in minor units, the tip is not in the amount."""

    source: str
    amount: int
    tip: int
    order_id: str | None


def asked(body: Json, currency: str) -> Asked:
    """Read the request: EXTERNAL or CASH only."""
    source = fields.required_text(body.get("source_id"), "source_id", longest=192)
    if source not in ("EXTERNAL", "CASH"):
        raise invalid("UNSUPPORTED_SOURCE_TYPE", "Only EXTERNAL and CASH.", "source_id")
    details = f"{source.lower()}_details"
    given = fields.mapping(body.get(details), details)
    if source == "EXTERNAL":
        fields.required_text(given.get("type"), "external_details.type", longest=50)
        fields.required_text(given.get("source"), "external_details.source", longest=255)
        fields.text(given.get("source_id"), "external_details.source_id", longest=255)
    amount = fields.money(body.get("amount_money"), "amount_money", currency)
    tip = fields.money(body["tip_money"], "tip_money", currency) if "tip_money" in body else 0
    fields.text(body.get("reference_id"), "reference_id", longest=40)
    fields.text(body.get("note"), "note", longest=500)
    return Asked(source, amount, tip, fields.text(body.get("order_id"), "order_id", longest=192))


def tender_of(payment: Json, order: Json) -> Json:
    """Return how an order shows what it was paid with."""
    return {
        "id": payment["id"],
        "payment_id": payment["id"],
        "location_id": order["location_id"],
        "transaction_id": order["id"],
        "created_at": payment["created_at"],
        "amount_money": payment["total_money"],
        "tip_money": payment["tip_money"],
        "type": "CASH" if payment["source_type"] == "CASH" else "OTHER",
    }

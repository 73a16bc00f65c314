"""RefundPayment: money recorded as paid is recorded as given back.

Square's developer pages, "Refund payments": external and cash payments can be refunded, too; an
order whose payments stand cannot be cancelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.pos.square import fields
from simulators.pos.square.errors import invalid, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]


def made_refund(
    body: Json, payments: Mapping[str, Json], id_: str, now: str, currency: str
) -> Json:
    """Take the refund off its payment and return it."""
    payment_id = fields.required_text(body.get("payment_id"), "payment_id", longest=192)
    payment = payments.get(payment_id)
    if payment is None:
        raise refuse(404, "NOT_FOUND", f"Could not find payment with id: {payment_id}")
    amount = fields.money(body.get("amount_money"), "amount_money", currency)
    left = payment["total_money"]["amount"] - _refunded(payment)
    if not 0 < amount <= left:
        raise invalid("REFUND_AMOUNT_INVALID", f"{left} are left.", "amount_money.amount")
    payment["refunded_money"] = {"amount": _refunded(payment) + amount, "currency": currency}
    payment["updated_at"] = now
    return {
        "id": id_,
        "payment_id": payment_id,
        "order_id": payment.get("order_id"),
        "amount_money": {"amount": amount, "currency": currency},
        "status": "COMPLETED",
        "created_at": now,
        "updated_at": now,
    }


def unrefunded(order: Json, payments: Mapping[str, Json]) -> bool:
    """Say whether any payment of the order still stands."""
    paid = [payments[tender["payment_id"]] for tender in order.get("tenders", [])]
    return any(_refunded(payment) < payment["total_money"]["amount"] for payment in paid)


def _refunded(payment: Json) -> int:
    return int(payment.get("refunded_money", {}).get("amount", 0))

"""What customers of our shop do and see."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulators.orders import OrderGenerator
from tests.pipeline.shop_audit import mails

if TYPE_CHECKING:
    from tests.pipeline.conftest import Street

FEE = 399
ADDRESS = {"street": "1 Main Street", "city": "Oakland", "country": "US"}


def check_out(
    street: Street, *, store: int = 0, number: int = 0, carried: bool | None = None, **changes: Any
) -> str:
    """Let a customer check out; equal numbers are equal carts, by courier or fetched as told."""
    stores = [street.world.generator.stores[store]]
    generator = OrderGenerator(seed=number, stores=stores, channels=["shop"])
    payload = generator.order(number, street.world.now_ms()).payload
    if carried is not None:
        payload = _handed_over(payload, carried=carried)
    checkout_id = street.world.shop.place(payload | changes)
    street.world.tick()
    return checkout_id


def status(street: Street, checkout_id: str) -> dict[str, Any]:
    """Ask how a checkout gets on, as the site does."""
    reply = street.offline.http.request("GET", f"/shop/checkouts/{checkout_id}")
    assert reply.status_code == 200
    return dict(json.loads(reply.body))


def subjects(street: Street, checkout_id: str) -> list[str]:
    """Return what a customer was told."""
    address = street.world.shop.checkouts()[checkout_id]["customer"]["email"]
    return [subject for to, subject in mails(street) if to == address]


def _handed_over(payload: dict[str, Any], *, carried: bool) -> dict[str, Any]:
    before = payload.get("delivery_fee", 0)
    fee = FEE if carried else 0
    changed = payload | {
        "handover": "courier" if carried else "pickup",
        "delivery_fee": fee,
        "total": payload["total"] - before + fee,
    }
    if carried:
        customer = {"phone": "+15555550100", **payload["customer"]}
        changed |= {"customer": customer, "address": payload.get("address", ADDRESS)}
        changed.setdefault("if_no_courier", "cancel")
    return changed

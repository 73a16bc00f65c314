"""What customers of our shop do and see."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulators.orders import OrderGenerator
from simulators.payments.stripe import sign

if TYPE_CHECKING:
    from tests.pipeline.conftest import Street

FEE = 399
ADDRESS = {"street": "1 Main Street", "city": "Oakland", "country": "US"}


def cart(
    street: Street,
    *,
    at_store: int = 0,
    number: int = 0,
    carried: bool | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """Return a checkout; equal numbers are equal carts, by courier or fetched as told."""
    stores = [street.world.generator.stores[at_store]]
    generator = OrderGenerator(seed=number, stores=stores, channels=["shop"])
    payload = generator.order(number, street.world.now_ms()).payload
    if carried is not None:
        payload = _handed_over(payload, carried=carried)
    return payload | changes


def check_out(street: Street, **wishes: Any) -> str:
    """Let a customer check out."""
    checkout_id = street.world.shop.place(cart(street, **wishes))
    street.world.tick()
    return checkout_id


def post(street: Street, **wishes: Any) -> Any:
    """Post a checkout that a courier carries, and return the answer."""
    body = json.dumps(cart(street, carried=True, **wishes)).encode()
    signature = sign("shop-local-signing-secret", street.world.now_ms() // 1000, body)
    headers = {"Shop-Signature": signature}
    return street.offline.http.request("POST", "/shop/checkouts", headers=headers, body=body)


def status(street: Street, checkout_id: str) -> dict[str, Any]:
    """Ask how a checkout gets on, as the site does."""
    reply = street.offline.http.request("GET", f"/shop/checkouts/{checkout_id}")
    assert reply.status_code == 200
    return dict(json.loads(reply.body))


def subjects(street: Street, checkout_id: str) -> list[str]:
    """Return what a customer was told."""
    address = street.world.shop.checkouts()[checkout_id]["customer"]["email"]
    return [subject for to, subject in street.mails() if to == address]


def texts(street: Street) -> list[str]:
    """Return what all mails say."""
    calls = [entry for entry in street.offline.journal.entries() if entry.kind == "call"]
    sent = [entry for entry in calls if entry.subject.startswith("sesv2.")]
    mails = [json.loads(entry.detail["body"]) for entry in sent]
    return [mail["Content"]["Simple"]["Body"]["Text"]["Data"] for mail in mails]


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

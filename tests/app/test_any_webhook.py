"""Whatever a sender signs is answered: taken in, ignored or refused, and harms no queue."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.secrets import Secrets, VendorSecrets
from chalicelib.bootstrap import Services
from chalicelib.ingest.webhooks import receive, receive_from_pos
from chalicelib.shop.webhooks import receive_from_courier, receive_from_provider

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.channels.base import WebhookReply

NOW_MS = 1_800_000_000_000
CHECKOUT = "0f9a5f6e-3c1b-4d2a-8e7f-1a2b3c4d5e6f"
MOST_BYTES = 262_144
"""Of a message, and of an entry for EventBridge."""

HELD = {
    "uber_client_secret": "uber",
    "doordash_webhook_token": "doordash",
    "deliveroo_webhook_secret": "deliveroo",
    "open_delivery_client_secret": "open",
    "square_webhook_signature_key": "square",
    "toast_webhook_secret": "toast",
    "clover_webhook_code": "clover",
    "stripe_webhook_secret": "stripe",
    "drive_webhook_credentials": "drive:drive",
}


class Held:
    """The secrets of all senders."""

    def get(self) -> VendorSecrets:
        return VendorSecrets(HELD)

    def all(self) -> Secrets:
        return Secrets(self.get())


def hex_(key: str, signed: bytes) -> str:
    return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()


def base64_(key: str, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key.encode(), signed, hashlib.sha256).digest()).decode()


def timestamp_of(body: bytes) -> bytes:
    found = json.loads(body).get("timestamp")
    return found.strip().encode() if isinstance(found, str) else b""


SQUARE_URL = b"http://127.0.0.1:8000/webhooks/pos/square"
SIGNED: dict[str, Callable[[bytes], dict[str, str]]] = {
    "uber_eats": lambda body: {"x-uber-signature": hex_("uber", body)},
    "doordash": lambda _: {"authorization": "doordash"},
    "deliveroo": lambda body: {
        "x-deliveroo-sequence-guid": "guid",
        "x-deliveroo-hmac-sha256": hex_("deliveroo", b"guid " + body),
    },
    "open_delivery": lambda body: {
        "x-app-signature": hex_("open", body),
        "x-app-merchantid": "merchant",
    },
    "square": lambda body: {"x-square-hmacsha256-signature": base64_("square", SQUARE_URL + body)},
    "toast": lambda body: {"toast-signature": base64_("toast", body + timestamp_of(body))},
    "clover": lambda _: {"x-clover-auth": "clover"},
    "stripe": lambda body: {
        "stripe-signature": f"t={NOW_MS // 1000},v1="
        + hex_("stripe", f"{NOW_MS // 1000}.".encode() + body)
    },
    "doordash_drive": lambda _: {
        "authorization": "Basic " + base64.b64encode(b"drive:drive").decode()
    },
}
ORDER: dict[str, Any] = {"id": "o-1", "status": "placed", "location_id": "site"}
PAYLOADS: dict[str, list[dict[str, Any]]] = {
    "uber_eats": [
        {
            "event_id": "e-1",
            "event_type": "orders.notification",
            "meta": {"user_id": "store", "resource_id": "o-1", "status": "pos"},
        }
    ],
    "doordash": [
        {
            "event": {"type": "OrderCreate", "status": "NEW"},
            "order": {"id": "dd-1", "store": {"merchant_supplied_id": "store"}},
        },
        {
            "event": {"type": "MenuCreate", "status": "SUCCESS", "reference": "store-1:3"},
            "store": {"merchant_supplied_id": "store"},
            "menu": {"id": "m-1"},
        },
    ],
    "deliveroo": [
        {"event": "order.new", "body": {"order": ORDER}},
        {"event": "order.status_update", "body": {"order": {**ORDER, "status": "canceled"}}},
        {
            "event": "menu.upload_result",
            "body": {"menu_upload_result": {"http_status": 200, "site_ids": ["1"], "errors": []}},
        },
    ],
    "open_delivery": [
        {"eventId": "e-1", "eventType": kind, "orderId": "o-1", "createdAt": "2027-01-15T08:00:00Z"}
        for kind in ("CREATED", "CANCELLED")
    ],
    "square": [
        {
            "merchant_id": "M",
            "type": "order.updated",
            "event_id": "sq-1",
            "data": {"object": {"order_updated": {"order_id": "t-1", "state": "COMPLETED"}}},
        },
        {
            "merchant_id": "M",
            "type": "inventory.count.updated",
            "event_id": "sq-2",
            "data": {
                "object": {
                    "inventory_counts": [
                        {"catalog_object_id": "c", "location_id": "L1", "quantity": "0"}
                    ]
                }
            },
        },
        {
            "merchant_id": "M",
            "type": "oauth.authorization.revoked",
            "event_id": "sq-3",
            "created_at": "2027-01-15T08:00:00Z",
            "data": {"object": {"revocation": {"revoked_at": "2027-01-15T08:00:00Z"}}},
        },
    ],
    "toast": [
        {
            "timestamp": "2027-01-15T08:00:00Z",
            "eventCategory": "order",
            "eventType": "order_updated",
            "guid": "g-1",
            "details": {
                "restaurantGuid": "r",
                "order": {"guid": "t-1", "externalId": "x", "voided": True},
            },
        },
        {
            "timestamp": "2027-01-15T08:00:00Z",
            "eventCategory": "stock",
            "eventType": "out_of_stock",
            "details": {"restaurantGuid": "r", "itemGuid": "i"},
        },
    ],
    "clover": [
        {
            "appId": "APP",
            "merchants": {
                "M1": [
                    {"objectId": "O:1", "type": "UPDATE", "ts": NOW_MS},
                    {"objectId": "I:1", "type": "UPDATE", "ts": NOW_MS},
                    {"objectId": "A:1", "type": "DELETE", "ts": NOW_MS},
                ]
            },
        }
    ],
    "stripe": [
        {
            "id": "evt_1",
            "type": "payment_intent.succeeded",
            "data": {"object": {"id": "pi_1", "metadata": {"order_id": CHECKOUT}}},
        },
        {
            "id": "evt_2",
            "type": "charge.refunded",
            "data": {
                "object": {
                    "id": "ch_1",
                    "payment_intent": "pi_1",
                    "metadata": {"order_id": CHECKOUT},
                }
            },
        },
    ],
    "doordash_drive": [
        {"event_name": "DASHER_CONFIRMED", "external_delivery_id": f"{CHECKOUT}.1"},
        {"event_name": "DELIVERY_CANCELLED", "external_delivery_id": f"{CHECKOUT}.2"},
    ],
}
SENDERS = sorted(PAYLOADS)

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False),
    st.text(max_size=12), st.sampled_from(["", " ", "../../x", "a#b", "x" * 3_000, "x" * 300_000]),
)  # fmt: skip
JUNK = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where something stands in a payload."""
    found = [path] if path else []
    if isinstance(value, dict):
        return found + [p for name, one in value.items() for p in places(one, (*path, name))]
    if isinstance(value, list):
        return found + [p for n, one in enumerate(value) for p in places(one, (*path, n))]
    return found


def changed(payload: Any, path: tuple[Any, ...], value: Any, *, gone: bool) -> Any:
    made = json.loads(json.dumps(payload))
    *parents, last = path
    at = made
    for part in parents:
        at = at[part]
    if gone:
        del at[last]
    else:
        at[last] = value
    return made


def send(house: Any, sender: str, body: bytes) -> WebhookReply:
    """Send it, signed as that sender signs."""
    services = Services(
        house.config, house.clock, bus=house.bus, files=house.files, secrets=Held(),
        default_bus=house.default_bus, queues=house.queues, tokens=house.tokens, http=house.http,
        stores=house.stores, limits=house.limits,
    )  # fmt: skip
    house.clock.at_ms = NOW_MS
    take_in: Any = {
        "stripe": receive_from_provider,
        "doordash_drive": receive_from_courier,
        **dict.fromkeys(("square", "toast", "clover"), receive_from_pos),
    }.get(sender, receive)
    reply: WebhookReply = take_in(services, sender, SIGNED[sender](body), body)
    return reply


@pytest.mark.parametrize("sender", SENDERS)
def test_the_webhooks_that_are_changed_here_are_taken_in(make_house: Any, sender: str) -> None:
    """As they are: else nothing would be tried behind the signature."""
    for payload in PAYLOADS[sender]:
        house = make_house()
        assert send(house, sender, json.dumps(payload).encode()).status in (200, 202, 204)


@pytest.mark.parametrize("sender", SENDERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_is_signed_is_answered_and_harms_no_queue(
    make_house: Any, sender: str, data: st.DataObject
) -> None:
    """No function ends, and no message is one that nobody could ever handle."""
    payload = data.draw(st.sampled_from(PAYLOADS[sender]))
    for _ in range(data.draw(st.integers(1, 2))):
        where = places(payload)
        if where:
            path, junk = data.draw(st.sampled_from(where)), data.draw(JUNK)
            payload = changed(payload, path, junk, gone=data.draw(st.booleans()))
    house = make_house()
    reply = send(house, sender, json.dumps(payload).encode())
    assert reply.status in (200, 202, 204, 400)
    for _, message, _ in house.queues.sent:
        assert len(json.dumps(message)) < MOST_BYTES
        if "checkout_id" in message:
            assert message["checkout_id"] == CHECKOUT
            assert len(message.get("payment_id", "")) <= 100
            assert len(message.get("delivery_id", "")) <= 100
    for event in house.bus.events + house.default_bus.events:
        detail = json.dumps(event.to_detail(""))
        assert len(detail.encode()) < MOST_BYTES
        assert event.id


@pytest.mark.parametrize("foreign", ["#1001", "1001", "x" * 3_000, f"{CHECKOUT}0", " ", "../x"])
def test_what_is_somebody_elses_at_the_same_account_is_passed_over(
    make_house: Any, foreign: str
) -> None:
    """Other programs name their orders as they like; a refusal would have them sent for days."""
    house = make_house()
    thing = {"id": "pi_1", "metadata": {"order_id": foreign}}
    paid = {"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": thing}}
    carried = {"event_name": "DASHER_CONFIRMED", "external_delivery_id": f"{foreign}.1"}
    for sender, payload in (("stripe", paid), ("doordash_drive", carried)):
        assert send(house, sender, json.dumps(payload).encode()).status == 200
    assert house.queues.sent == []

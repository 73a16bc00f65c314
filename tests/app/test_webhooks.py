"""What comes in over HTTP: signatures over raw bytes, bad input, answers in the sender's terms."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.secrets import SecretsUnavailable
from chalicelib.bootstrap import Services
from chalicelib.handlers import COMMANDS
from chalicelib.ingest.webhooks import INLINE_BYTES, receive, receive_from_pos
from chalicelib.pos.base import SellerGone, TicketState

if TYPE_CHECKING:
    from chalicelib.channels.base import WebhookReply

UBER = {
    "event_id": "e-1",
    "event_type": "orders.notification",
    "meta": {"user_id": "ue-store", "resource_id": "o-1", "status": "pos"},
    "resource_href": "https://evil.example/v2/eats/order/o-1",
}
DOORDASH: dict[str, Any] = {
    "event": {"type": "OrderCreate", "status": "NEW"},
    "order": {"id": "dd-1", "store": {"merchant_supplied_id": "dd-store"}},
}
SQUARE = {
    "merchant_id": "M",
    "type": "order.updated",
    "event_id": "sq-1",
    "data": {"object": {"order_updated": {"order_id": "ticket-1", "state": "COMPLETED"}}},
}
ACK = {"uber_eats": 200, "doordash": 202}


def raw(payload: Any) -> bytes:
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()


def uber_headers(body: bytes) -> dict[str, str]:
    digest = hmac.new(b"uber-local-secret", body, hashlib.sha256).hexdigest()
    return {"x-uber-signature": digest}


def headers_of(channel: str, body: bytes) -> dict[str, str]:
    return (
        uber_headers(body) if channel == "uber_eats" else {"authorization": "doordash-local-token"}
    )


def post(house: Any, channel: str, payload: Any, headers: Any = None) -> WebhookReply:
    """Send a webhook, properly signed unless other headers are given."""
    body = raw(payload)
    services = Services(
        house.config, house.clock, channels=house.real_channels(), bus=house.bus,
        files=house.files, default_bus=house.default_bus,
        points_of_sale={"square": house.square()},
        secrets=house.services.secrets, queues=house.queues,
    )  # fmt: skip
    if channel == "square":
        return receive_from_pos(services, channel, headers, body)
    return receive(
        services, channel, headers_of(channel, body) if headers is None else headers, body
    )


@pytest.mark.parametrize(("channel", "payload"), [("uber_eats", UBER), ("doordash", DOORDASH)])
def test_webhook_is_acknowledged_in_the_partners_terms(
    house: Any, channel: str, payload: Any
) -> None:
    """Uber Eats wants 200 and an empty body, DoorDash 202: 200 would accept the order."""
    reply = post(house, channel, payload)
    assert (reply.status, reply.body) == (ACK[channel], "")
    assert house.bus.types() == ["channel.order.notified"]


@pytest.mark.parametrize(("channel", "payload"), [("uber_eats", UBER), ("doordash", DOORDASH)])
def test_webhook_event_carries_the_exact_bytes(house: Any, channel: str, payload: Any) -> None:
    """What was signed is what is kept, spaces and escapes included."""
    body = b" " + json.dumps(payload, indent=3).encode().replace(b"o-1", b"o\\u002d1")
    assert post(house, channel, body).status == ACK[channel]
    assert house.bus.events[0].data["body"].encode() == body


def test_large_webhook_goes_to_s3(house: Any) -> None:
    """An event has a size limit; the body is kept beside it under its own digest."""
    body = raw({**DOORDASH, "padding": "x" * INLINE_BYTES})
    assert post(house, "doordash", body).status == 202
    data = house.bus.events[0].data
    assert "body" not in data
    assert house.files.objects[data["bodyFile"]] == body


BAD_BODIES = {
    "empty": b"",
    "no JSON": b"{order:",
    "a list": b"[]",
    "a number": b"5",
    "not UTF-8": b'{"a":"\xff"}',
    "UTF-16": json.dumps(UBER).encode("utf-16"),
    "NaN": b'{"a": NaN}',
    "infinite": b'{"a": 1e400}',
    "half a surrogate": b'{"a": "\\ud800"}',
    "too deep": b"[" * 200_000,
    "an endless number": b'{"a": ' + b"9" * 5000 + b"}",
    "no fields": b"{}",
}


@pytest.mark.parametrize("channel", ["uber_eats", "doordash"])
@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_bad_body_is_refused_and_leaves_nothing(house: Any, channel: str, body: bytes) -> None:
    """400, no event, no file."""
    assert post(house, channel, body).status == 400
    assert not house.bus.events
    assert not house.files.objects


@pytest.mark.parametrize(
    ("channel", "change"),
    [
        ("uber_eats", {"meta": {"user_id": "ue-store"}}),
        ("uber_eats", {"meta": {"user_id": "ue-store", "resource_id": "../../admin"}}),
        ("uber_eats", {"meta": None}),
        ("uber_eats", {"event_type": 5}),
        ("doordash", {"order": {"id": "dd-1"}}),
        ("doordash", {"order": {"id": 1.5, "store": {"merchant_supplied_id": "s"}}}),
        ("doordash", {"event": []}),
    ],
)
def test_incomplete_webhook_is_refused(house: Any, channel: str, change: Any) -> None:
    """Without a store and an order id there is nothing to do or to answer."""
    payload = {**(UBER if channel == "uber_eats" else DOORDASH), **change}
    assert post(house, channel, payload).status == 400
    assert not house.bus.events


BODY = raw(UBER)
BAD_HEADERS = [
    ("uber_eats", {}),
    ("uber_eats", {"x-uber-signature": ""}),
    ("uber_eats", {"x-uber-signature": "é" * 64}),
    ("uber_eats", uber_headers(BODY + b" ")),
    ("uber_eats", {"authorization": "doordash-local-token"}),
    ("doordash", {}),
    ("doordash", {"authorization": "Bearer nope"}),
    ("doordash", {"authorization": "Bearer "}),
    ("square", {}),
    ("square", {"x-square-hmacsha256-signature": "AAAA"}),
]


@pytest.mark.parametrize(("channel", "headers"), BAD_HEADERS)
def test_unsigned_webhook_is_refused(house: Any, channel: str, headers: dict[str, str]) -> None:
    """401 before the body is even parsed."""
    assert post(house, channel, BODY, headers).status == 401
    assert not house.bus.events + house.default_bus.events


def test_doordash_token_may_come_as_a_bearer_token(house: Any) -> None:
    """DoorDash sends what was agreed at onboarding, bare or with the scheme."""
    headers = {"authorization": "Bearer doordash-local-token"}
    assert post(house, "doordash", DOORDASH, headers).status == 202


@pytest.mark.parametrize("channel", ["uber_eats", "doordash"])
def test_webhook_over_one_megabyte_is_refused(house: Any, channel: str) -> None:
    """413, and one byte less is read."""
    payload = UBER if channel == "uber_eats" else DOORDASH
    room = 1_048_576 - len(raw({**payload, "padding": ""}))
    assert post(house, channel, {**payload, "padding": "x" * room}).status == ACK[channel]
    assert post(house, channel, {**payload, "padding": "x" * (room + 1)}).status == 413
    assert len(house.bus.events) == 1


def test_unknown_channel_is_not_found(house: Any) -> None:
    """There is no partner of that name."""
    assert post(house, "pigeon", UBER, {}).status == 404


BOTH = pytest.mark.parametrize(
    ("channel", "payload"), [("uber_eats", UBER), ("doordash", DOORDASH)]
)


@BOTH
def test_webhook_that_the_bus_does_not_take_goes_to_the_queue(
    house: Any, channel: str, payload: Any
) -> None:
    """EventBridge throttles: the sale is not lost for that."""
    house.bus.fails = True
    assert post(house, channel, payload).status == ACK[channel]
    ((queue, message, _),) = house.queues.sent
    assert (queue, message["detail-type"]) == ("inbound-orders", "channel.order.notified")


@BOTH
def test_webhook_that_nobody_takes_goes_to_a_file(house: Any, channel: str, payload: Any) -> None:
    """And S3 tells a function of it."""
    house.bus.fails = house.queues.fails = True
    assert post(house, channel, payload).status == ACK[channel]
    ((name, content),) = house.files.objects.items()
    assert name.startswith("webhooks/unpublished/")
    assert json.loads(content)["detail"]["data"]["channel"] == channel


@BOTH
def test_webhook_that_nothing_can_keep_is_asked_for_again(
    house: Any, channel: str, payload: Any
) -> None:
    """503: an acknowledgement would be a promise that nobody keeps."""
    house.bus.fails = house.queues.fails = house.files.fails = True
    reply = post(house, channel, payload)
    assert (reply.status, reply.headers["Retry-After"]) == (503, "5")


class Unreachable:
    """A secret store that has read nothing yet and cannot."""

    def get(self) -> Any:
        raise SecretsUnavailable("GetSecretValue: ThrottlingException")

    all = get


@BOTH
def test_webhook_without_a_secret_at_hand_is_kept_and_verified_later(
    house: Any, channel: str, payload: Any
) -> None:
    """A cold container and a throttled secret: the sender is answered all the same."""
    secrets, house.services.__dict__["secrets"] = house.services.secrets, Unreachable()
    assert post(house, channel, payload).status == ACK[channel]
    (event,) = house.bus.events
    assert event.type == "channel.webhook.unverified"
    house.services.__dict__ |= {"secrets": secrets, "channels": house.real_channels()}
    house.handle(COMMANDS["inbound"][event.type](event))
    assert house.bus.types()[1:] == ["channel.order.notified"]
    assert house.bus.events[1].time_ms == event.time_ms


def test_forgery_that_came_without_a_secret_at_hand_ends_at_its_verification(house: Any) -> None:
    """Nothing was done about it before."""
    secrets, house.services.__dict__["secrets"] = house.services.secrets, Unreachable()
    post(house, "uber_eats", UBER, {"x-uber-signature": "0" * 64})
    (event,) = house.bus.events
    house.services.__dict__ |= {"secrets": secrets, "channels": house.real_channels()}
    house.handle(COMMANDS["inbound"][event.type](event))
    assert house.bus.types() == ["channel.webhook.unverified"]


def test_unknown_event_type_is_acknowledged(house: Any) -> None:
    """Uber has one webhook URL per app and adds event types; an error would make it retry."""
    assert post(house, "uber_eats", {**UBER, "event_type": "store.provisioned"}).status == 200
    assert not house.bus.events


def test_doordash_cancellation_is_told_from_an_order(house: Any) -> None:
    """It names no event, only ids."""
    payload = {
        "external_order_id": "dd-1",
        "client_order_id": "d-dd-1",
        "store": {"merchant_supplied_id": "dd-store"},
        "is_asap": True,
    }
    assert post(house, "doordash", payload).status == 202
    assert house.bus.types() == ["channel.order.cancelled"]
    assert house.bus.events[0].subject == "doordash#dd-store#dd-1"


def square_headers(body: bytes, url: str = "http://127.0.0.1:8000/webhooks/pos/square") -> Any:
    key = b"square-local-signature-key"
    digest = hmac.new(key, url.encode() + body, hashlib.sha256).digest()
    return {"x-square-hmacsha256-signature": base64.b64encode(digest).decode()}


def test_square_webhook_goes_to_the_default_bus(house: Any) -> None:
    """The signature covers the registered URL and the raw body."""
    body = raw(SQUARE)
    assert post(house, "square", body, square_headers(body)).status == 200
    (event,) = house.default_bus.events
    assert (event.id, event.type) == ("sq-1", "pos.order.changed")
    assert event.data["posOrderId"] == "ticket-1"
    assert event.data["state"] == "completed"


def test_square_webhook_for_another_url_is_refused(house: Any) -> None:
    """A trailing slash is another URL."""
    body = raw(SQUARE)
    headers = square_headers(body, "http://127.0.0.1:8000/webhooks/pos/square/")
    assert post(house, "square", body, headers).status == 401


def read_by_square(house: Any, payload: dict[str, Any]) -> Any:
    body = raw(payload)
    return house.square().read_webhook(square_headers(body), body, house.services.secrets.all())


@pytest.mark.parametrize("bad", ["no object", None, {"new_state": 7}, {"new_state": []}])
def test_a_fulfilment_that_means_nothing_hides_no_other(house: Any, bad: Any) -> None:
    """Square sends a webhook that we refuse for a whole day, and it gets no better."""
    changes = [bad, {"new_state": "PREPARED"}]
    inner = {"order_id": "SQ-1", "state": [], "fulfillment_update": changes}
    data = {"object": {"order_fulfillment_updated": inner}}
    [notice] = read_by_square(house, {"type": "order.fulfillment.updated", "data": data})
    assert notice.state is TicketState.READY


@pytest.mark.parametrize("bad", ["no object", None, {"location_id": 7}, {"state": ["IN_STOCK"]}])
def test_a_count_that_means_nothing_hides_no_other(house: Any, bad: Any) -> None:
    """One webhook brings many counts."""
    count = {"location_id": "L1", "catalog_object_id": "FRIES", "state": "IN_STOCK"}
    data = {"object": {"inventory_counts": [bad, count | {"quantity": "0"}]}}
    [notice] = read_by_square(house, {"type": "inventory.count.updated", "data": data})
    assert (notice.pos_item_id, notice.available) == ("FRIES", False)


@pytest.mark.parametrize("revoked_at", ["yesterday", 7, None, "", {}, "2026-13-01T00:00:00Z"])
def test_a_revocation_without_a_time_of_its_own_has_its_events(house: Any, revoked_at: Any) -> None:
    """The seller is gone all the same."""
    data = {"object": {"revocation": {"revoked_at": revoked_at}}}
    told = {"type": "oauth.authorization.revoked", "merchant_id": "M1", "data": data}
    created = {"created_at": "2027-01-15T08:00:00Z"}
    assert read_by_square(house, told | created) == [SellerGone("M1", 1_800_000_000_000)]
    [unreadable] = read_by_square(house, told | {"created_at": revoked_at})
    assert "when" in unreadable.why


def test_refusals_are_logged_without_payload(
    house: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reason is there, personal data and secrets are not."""
    post(house, "doordash", b'{"consumer": {"phone": "+15550100"}, "x": ', None)
    post(house, "doordash", b"{}", {"authorization": "stolen-token"})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    lines = [line for line in lines if "_aws" not in line]
    assert [line["status"] for line in lines] == [400, 401]
    assert all(line["event"] == "webhook.refused" and line["reason"] for line in lines)
    assert not any(word in json.dumps(lines) for word in ("5550100", "stolen", "local-token"))

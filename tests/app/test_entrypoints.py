"""Through Chalice's own test client: HTTP in, AWS events in."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chalice.test import Client

from chalicelib import bootstrap
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.domain.errors import UnreadableRecord
from chalicelib.domain.events import Event
from chalicelib.domain.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
KEY = "uber_eats#ue-store#o-1"


@pytest.fixture
def client(house: Any) -> Iterator[Client]:
    """Chalice's test client with the house behind it."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("app_under_test", ROOT / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with (
        bootstrap.use(house.services),
        Client(module.app, stage_name="local", project_dir=str(ROOT)) as client,
    ):
        yield client


def sqs(queue: str, body: Any, attempt: int = 1) -> dict[str, Any]:
    """Return the event that Lambda gives a function for one message."""
    record = {
        "messageId": "m-1",
        "receiptHandle": "handle-1",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": str(attempt)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:{queue}",
        "awsRegion": "us-east-1",
    }
    return {"Records": [record]}


def envelope(event: Event) -> dict[str, Any]:
    """Return an EventBridge event."""
    return {"detail-type": event.type, "source": "order-middleware", "detail": event.to_detail()}


def test_signed_webhook_reaches_the_bus(client: Client, house: Any) -> None:
    """HMAC over the very bytes that came in."""
    house.services.__dict__["channels"] = house.real_channels()
    payload = {
        "event_id": "e-1",
        "event_type": "orders.notification",
        "meta": {"user_id": "ue-store", "resource_id": "o-1"},
    }
    body = json.dumps(payload, indent=1).encode()
    signature = hmac.new(b"uber-local-secret", body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Uber-Signature": signature}
    reply = client.http.post("/webhooks/uber_eats", headers=headers, body=body)
    assert (reply.status_code, reply.body) == (200, b"")
    assert house.bus.types() == ["channel.order.notified"]


def test_pos_route_is_not_taken_for_a_channel(client: Client, house: Any) -> None:
    """/webhooks/pos/square and /webhooks/{channel} are two routes."""
    house.services.__dict__["points_of_sale"] = {"square": house.square()}
    headers = {"Content-Type": "application/json"}
    assert client.http.post("/webhooks/pos/square", headers=headers, body=b"{}").status_code == 401
    assert client.http.post("/webhooks/pos/abacus", headers=headers, body=b"{}").status_code == 404


def test_health_answers(client: Client) -> None:
    """For load balancers and people."""
    assert client.http.get("/health").json_body == {"status": "ok"}


def test_inbound_message_becomes_an_order(client: Client, house: Any) -> None:
    """EventBridge's envelope, inside SQS's record, inside Lambda's event."""
    data = {
        "channel": "uber_eats", "storeId": "ue-store", "orderId": "o-1", "eventId": "e-1",
        "eventType": "orders.notification", "body": "{}", "kind": "channel.order.notified",
    }  # fmt: skip
    event = Event("e", "channel.order.notified", KEY, house.clock(), data)
    client.lambda_.invoke("inbound", sqs("inbound-orders", envelope(event)))
    assert house.only().state is State.RECEIVED


def test_body_in_s3_is_fetched(client: Client, house: Any) -> None:
    """The claim check is redeemed."""
    house.files.objects["webhooks/uber_eats/x.json"] = b"{}"
    data = {
        "channel": "uber_eats", "storeId": "ue-store", "orderId": "o-1", "eventId": "e-1",
        "eventType": "orders.notification", "bodyFile": "webhooks/uber_eats/x.json",
        "kind": "channel.order.notified",
    }  # fmt: skip
    event = Event("e", "channel.order.notified", KEY, house.clock(), data)
    client.lambda_.invoke("inbound", sqs("inbound-orders", envelope(event)))
    assert house.only().state is State.RECEIVED


def test_submission_message_makes_the_ticket(client: Client, house: Any) -> None:
    """Our own message, not EventBridge's."""
    house.put_record(State.RECEIVED)
    client.lambda_.invoke("submit_square", sqs("pos-square", {"order_key": KEY}))
    assert house.only().state is State.ACCEPTED


def test_failed_step_sends_a_wake_of_its_own(client: Client, house: Any) -> None:
    """The message is done: how often it was received says nothing about the order.

    And whoever answers partners is woken when the order's time is over.
    """
    house.put_record(State.RECEIVED)
    house.till.outcomes.append("unavailable")
    client.lambda_.invoke("submit_square", sqs("pos-square", {"order_key": KEY}, 9))
    assert house.queues.sent == [
        ("pos-square", {"order_key": KEY, "row": 1}, 1),
        ("channel-callbacks", {"order_key": KEY, "row": 0}, 143),
    ]


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 1), (3, 4), (9, 10)])
def test_message_without_an_order_comes_back_by_itself(
    client: Client, house: Any, attempt: int, seconds: int
) -> None:
    """There is no record yet that the next try could be written into."""
    house.bus.fails = house.queues.fails = True
    house.orders.save = lambda _record: house.bus.publish([])
    data = {
        "channel": "uber_eats", "storeId": "ue-store", "orderId": "o-1", "eventId": "e-1",
        "eventType": "orders.notification", "body": "{}", "kind": "channel.order.notified",
    }  # fmt: skip
    event = Event("e", "channel.order.notified", KEY, house.clock(), data)
    with pytest.raises(AwsUnavailable):
        client.lambda_.invoke("inbound", sqs("inbound-orders", envelope(event), attempt))
    assert house.queues.sent == [("held back", "handle-1", seconds)]


def test_unreadable_record_is_reported_and_kills_no_message(client: Client, house: Any) -> None:
    """No delivery would ever read it, and its neighbours do not care."""

    def unreadable(*_: Any) -> Any:
        raise UnreadableRecord(f"{KEY}: KeyError")

    house.orders.take = unreadable
    for _ in range(2):
        client.lambda_.invoke("submit_square", sqs("pos-square", {"order_key": KEY}))
    assert [event.type for event in house.bus.events] == ["order.unreadable"] * 2
    assert len({event.id for event in house.bus.events}) == 1


def test_wakes_of_other_queues_reach_their_handlers(client: Client, house: Any) -> None:
    """The same words mean "fetch" in one queue and "answer" in the other."""
    house.put_record(State.ACCEPTED)
    client.lambda_.invoke("callbacks", sqs("channel-callbacks", {"order_key": KEY}))
    assert house.partner.answers == [(KEY, "accepted")]
    client.lambda_.invoke("inbound", sqs("inbound-orders", {"order_key": KEY}))
    poll = {"poll": {"channel": "uber_eats", "store": "ue-store"}}
    client.lambda_.invoke("inbound", sqs("inbound-orders", poll))


def test_webhook_in_a_file_is_queued(client: Client, house: Any) -> None:
    """What neither bus nor queue took comes back through S3, once."""
    key = "webhooks/unpublished/e.json"
    house.files.objects[key] = json.dumps({"detail-type": "x", "detail": {}}).encode()
    s3 = {"bucket": {"name": "order-middleware-local"}, "object": {"key": key}}
    client.lambda_.invoke("unpublished", {"Records": [{"s3": s3}]})
    assert house.queues.sent == [("inbound-orders", {"detail-type": "x", "detail": {}}, 0)]
    assert list(house.files.objects) == ["webhooks/taken-in/e.json"]
    client.lambda_.invoke("unpublished", {"Records": [{"s3": s3}]})
    assert len(house.queues.sent) == 1


def test_unexpected_event_is_logged_and_dropped(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    """A filter that was widened by hand must not fill a dead-letter queue."""
    event = Event("e", "order.surprise", KEY, 0, {})
    client.lambda_.invoke("callbacks", sqs("channel-callbacks", envelope(event)))
    assert '"event.unexpected"' in capsys.readouterr().out


def test_log_lines_survive_chalices_own_logger(
    client: Client, house: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Chalice silences the logger that has the app's name."""
    house.put_record(State.RECEIVED)
    client.lambda_.invoke("submit_square", sqs("pos-square", {"order_key": KEY}))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    wanted = {"level": "INFO", "event": "order.accepted", "order": KEY}
    assert any(wanted.items() <= line.items() for line in lines)


def test_menu_upload_is_imported(client: Client, house: Any) -> None:
    """The key is decoded, the sequencer padded."""
    menu = {
        "store_id": "store-1", "pos": "square", "location_id": "L7", "currency": "USD",
        "channels": {"uber_eats": "ue-store"},
        "items": [
            {"id": "a", "name": "A", "pos_id": "P", "price": {"amount": 1, "currency": "USD"}}
        ],
    }  # fmt: skip
    house.files.objects["menus/a b.json"] = json.dumps(menu).encode()
    s3 = {
        "bucket": {"name": "order-middleware-local"},
        "object": {"key": "menus/a+b.json", "sequencer": "0a1b"},
    }
    client.lambda_.invoke("menus", {"Records": [{"s3": s3}]})
    assert house.stores.find("uber_eats", "ue-store").location_id == "L7"
    assert house.stores.sequencers["store-1"] == "0A1B" + "0" * 28


def test_pos_event_and_schedule_reach_their_handlers(client: Client, house: Any) -> None:
    """One through a queue, one straight to the function."""
    record = house.put_record(State.ACCEPTED, answered="accepted", due_ms=None, outbox=())
    house.till.created.append((record.key, "ticket-1"))
    data = {"vendor": "square", "posOrderId": "ticket-1", "state": "completed"}
    event = Event("e", "pos.order.changed", "square/ticket-1", 0, data)
    more = {
        "version": "0", "id": "x", "account": "0", "time": "", "region": "us-east-1",
        "resources": [],
    }  # fmt: skip
    client.lambda_.invoke("pos_events", sqs("ticket-changes", envelope(event)))
    assert house.only().state is State.COMPLETED
    house.put_record(State.RECEIVED)
    house.clock.advance(90)
    client.lambda_.invoke("sweep", {**envelope(event), **more})
    assert house.queues.sent == [("pos-square", {"order_key": KEY}, 0)]

"""The IAM policies against what the handlers were seen doing: nothing missing, nothing spare."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from chalicelib import bootstrap, entrypoints
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.event_bus import EventBus
from chalicelib.adapters.order_table import OrderTable
from chalicelib.adapters.queues import Queues
from chalicelib.config import read_config
from chalicelib.domain.events import Event
from chalicelib.pos.clover import Clover
from chalicelib.pos.square import Square
from chalicelib.pos.toast import Toast
from chalicelib.sellers.connect import link
from chalicelib.settlement.statements import MAX_BYTES
from simulators.menu import make_stores, pos_id
from tests.pipeline.permissions import (
    API_HANDLER,
    MAPPING_ACTIONS,
    PROJECT,
    allowances,
    allows,
    calls_by_handler,
    is_lambdas_own,
)
from tests.pipeline.shop_day import our_shop
from tests.pipeline.test_reconciliation import SCHEDULED, compare_today
from tests.workflows.merchant import Onboarding
from tests.workflows.night import Night, line_of
from tests.workflows.office import Office

if TYPE_CHECKING:
    from simulators.cart import PlacedOrder
    from simulators.street import Street

STAGES = ("local", "localstack", "dev", "prod")

# Links and forms that a function hands out: whoever uses one does it with the function's leave.
FILES = "arn:aws:s3:::order-middleware-*/applications/*"
SIGNED_FOR_OTHERS = {API_HANDLER: {("s3:PutObject", FILES), ("s3:GetObject", FILES)}}

VENDORS = ("square", "toast", "clover")
LATE = 700.0


@pytest.fixture
def busy_street(long_street: Street, monkeypatch: pytest.MonkeyPatch) -> Street:
    """A day on which everything happens that the handlers have code for."""
    street = long_street
    # On AWS each function is a process of its own, with caches of its own. Here they would share
    # one, and whoever came second would be seen asking for nothing.
    # Clients remember nothing, and making them costs more than all the rest.
    monkeypatch.setattr(bootstrap, "_client", cache(bootstrap._client))
    for module in (bootstrap, entrypoints):
        monkeypatch.setattr(module, "services", lambda: bootstrap.Services(read_config()))
    _connect_a_seller(street)
    _a_good_hour(street)
    _trouble_at_partners(street)
    _trouble_at_tills(street, monkeypatch)
    _the_kitchens_own_doing(street)
    _trouble_with_aws(street, monkeypatch)
    _stock(street, available=False)
    _leave_a_partner(street)
    _stock(street, available=True)  # else our shop's customers could not have it
    our_shop(street, monkeypatch)
    _wakes_that_get_lost(street, monkeypatch)
    _merchants(street, monkeypatch)
    _a_night(street)
    _settle_a_night(street)
    _break_the_glass(street)
    _lose_a_seller(street)
    _lose_the_bucket(street)
    return street


def _at_every_store(street: Street, channel: str, number: int) -> list[str]:
    return [street.place(channel, store=store, number=number + store) for store in range(3)]


def _connect_a_seller(street: Street) -> None:
    """The owner of the store with Square lets the app in, and its menu file says so."""
    merchant = street.world.square.settings.merchant_id
    url = link(bootstrap.services(), "square", merchant, "nonce-1")
    state = parse_qs(urlsplit(url).query)["state"][0]
    query = urlencode({"code": street.world.square.tokens.consent(merchant), "state": state})
    assert street.offline.http.get(f"/oauth/square/callback?{query}").status_code == 200
    (store_id, menu), *_ = street.world.generator.menu_files().items()
    body = json.dumps(menu | {"pos_settings": {"merchant": merchant}}).encode()
    street.offline.client("s3").put_object(
        Bucket="order-middleware-local", Key=f"menus/{store_id}.json", Body=body
    )
    street.settle()


def _a_night(street: Street) -> None:
    """Both the schedule and a store's turn, with an order that nobody else knows."""
    dynamodb = street.offline.client("dynamodb")
    for order in street.world.square.orders()[-1:]:
        key = {"order_key": {"S": order["metadata"]["order_key"]}}
        dynamodb.delete_item(TableName="orders", Key=key)
    street.world.clover.tokens.end_access(street.world.generator.stores[2].location_id)
    street.offline.invoke("night", SCHEDULED)
    compare_today(street)


def _lose_a_seller(street: Street) -> None:
    """One takes the app out; another's token is taken back while an order is being made."""
    street.world.square.tokens.end_access(street.world.square.settings.merchant_id)
    street.place("doordash", store=0, number=1650)
    street.settle()
    street.world.clover.tokens.revoke(street.world.generator.stores[2].location_id)
    street.pass_time(seconds=1_300)


def _a_good_hour(street: Street) -> None:
    for number, channel in enumerate(street.world.channels):
        _at_every_store(street, channel, 100 * number + 1)
    street.settle()


def _trouble_at_partners(street: Street) -> None:
    world = street.world
    world.uber.faults.add("GetOrder", "error_before_commit", times=1)  # inbound tries again
    for partner, operation in ((world.uber, "AcceptOrder"), (world.doordash, "ConfirmOrder")):
        partner.faults.add(operation, "rate_limited", times=1)  # callbacks tries again
    street.order(2)
    street.settle()
    world.uber.faults.add("AcceptOrder", "unauthorized", times=1)  # callbacks renews its token
    world.uber.faults.add("GetOrder", "unauthorized", times=1)  # so does inbound
    street.place("uber_eats", store=0, number=1000)
    street.settle()
    # The customer cancels before our yes arrives, which is refused: the ticket is undone.
    world.uber.faults.add("orders.cancel", "late_webhook", times=3, seconds=LATE)
    world.uber.faults.add("AcceptOrder", "rate_limited", times=3)
    orders = _at_every_store(street, "uber_eats", 1100)
    street.offline.advance(seconds=0.5, raise_errors=False)
    for order_id in orders:
        world.uber.cancel_by_customer(order_id)
    street.settle()
    _order_with_a_long_note(street)  # a webhook too large for an event
    free_lunch = world.generator.order(4_002, 0)
    world.channels[free_lunch.channel].place(_priced_at_nothing(free_lunch))  # inbound says no
    world.uber.courier_arrives(orders[0])  # too late, and ignored
    street.pass_time(seconds=LATE + 60)  # the cancellations' webhooks: nothing is left to do


def _trouble_at_tills(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    for till in street.world.points_of_sale.values():
        till.faults.add("*", "rate_limited", times=2)
    _at_every_store(street, "doordash", 1200)
    street.settle()
    street.pass_time(seconds=120)
    # Somebody else writes the order while its ticket is being made.
    for class_ in (Square, Toast, Clover):
        monkeypatch.setattr(class_, "create", _disturbed(class_.create))
    _at_every_store(street, "doordash", 1300)
    street.settle()
    for vendor in VENDORS:  # submit holds back what it has no order for
        _send(street, f"pos-{vendor}", {"order_key": "doordash#nowhere#nobody"})
    _send(street, "inbound-orders", _release_of_nothing())
    street.settle()
    street.pass_time(seconds=600)


def _disturbed(create: Any) -> Any:
    def disturbed(self: Any, record: Any) -> Any:
        ticket = create(self, record)
        orders = bootstrap.services().orders
        if (found := orders.get(record.key)) is not None and found.version == record.version:
            orders.save(found.touched(bootstrap.services().now_ms()))
        return ticket

    return disturbed


def _send(street: Street, queue: str, body: dict[str, Any]) -> None:
    sqs = street.offline.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body))


def _release_of_nothing() -> dict[str, Any]:
    kind = "channel.order.released"
    names = ("storeId", "orderId", "eventId", "eventType")
    data = {"kind": kind, "channel": "uber_eats", **dict.fromkeys(names, "nothing")}
    now_ms = bootstrap.services().now_ms()
    return {"detail-type": kind, "detail": Event("e", kind, "x", now_ms, data).to_detail()}


def _stock(street: Street, *, available: bool) -> None:
    """One item at each store, at its till; Square's catalogue says nothing of where."""
    for store in street.world.generator.stores[:3]:
        till = street.world.points_of_sale[store.pos]
        item = pos_id("fries", store.pos)
        till.set_stock(store.location_id, item, available=available)
    store = street.world.generator.stores[0]
    place = (store.location_id, pos_id("cola"))
    street.world.square.mark_sold_out(*place, sold_out=not available)
    site = street.world.generator.stores[1].deliveroo_site_id
    street.world.deliveroo.unavailable[site, "brownie"] = "unavailable"  # by its own people
    street.settle()


def _leave_a_partner(street: Street) -> None:
    """A menu file that names one channel less."""
    (store_id, menu), *_ = street.world.generator.menu_files().items()
    channels = {name: id_ for name, id_ in menu["channels"].items() if name != "deliveroo"}
    merchant = {"merchant": street.world.square.settings.merchant_id}
    body = json.dumps(menu | {"channels": channels, "pos_settings": merchant}).encode()
    street.offline.client("s3").put_object(
        Bucket="order-middleware-local", Key=f"menus/{store_id}.json", Body=body
    )
    street.settle()


def _the_kitchens_own_doing(street: Street) -> None:
    world = street.world
    # Clover's access token is taken back, and pos_events renews it.
    world.clover.tokens.end_access(world.generator.stores[2].location_id)
    for order in world.clover.orders()[-1:]:
        world.clover.delete_at_the_till(order["id"])
    for order in world.square.orders():
        world.square.fulfil(order["id"], "COMPLETED")
    street.settle()
    street.pass_time(seconds=120)


def _trouble_with_aws(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise AwsUnavailable("ThrottlingException")

    with monkeypatch.context() as patch:
        patch.setattr(EventBus, "publish", down)
        street.place("doordash", store=0, number=1400)  # the webhook goes to the queue
        patch.setattr(Queues, "send", down)
        street.place("doordash", store=0, number=1401)  # and to a file
    street.settle()
    # S3 tells nobody of a file with another ending: poll takes it in.
    street.offline.client("s3").put_object(
        Bucket="order-middleware-local",
        Key="webhooks/unpublished/left",
        Body=json.dumps(_release_of_nothing()).encode(),
    )
    street.pass_time(seconds=130)
    with monkeypatch.context() as patch:
        patch.setattr(OrderTable, "get", down)
        _send(street, "channel-callbacks", {"order_key": "x"})  # callbacks holds back
        ticket = street.world.square.orders()[-1]["id"]
        street.world.square.fulfil(ticket, "COMPLETED")
        street.world.tick()  # pos_events holds back
        street.offline.advance(seconds=1, raise_errors=False)
    street.settle()


def _wakes_that_get_lost(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every kind one, so that the sweep has to wake."""
    send = Queues.send

    def lossy(self: Queues, queue: str, body: Any, delay_seconds: int = 0) -> None:
        if "order_key" not in body:
            send(self, queue, body, delay_seconds)

    street.world.uber.faults.add("GetOrder", "rate_limited", times=1)
    street.world.doordash.faults.add("ConfirmOrder", "rate_limited", times=3)
    with monkeypatch.context() as patch:
        patch.setattr(Queues, "send", lossy)
        street.place("uber_eats", store=0, number=1500)
        _at_every_store(street, "doordash", 1600)
        street.pass_time(seconds=200)


def _priced_at_nothing(order: PlacedOrder) -> dict[str, Any]:
    if order.channel == "doordash":
        return order.payload | {"subtotal": 0}
    money = {"amount": 0, "currency_code": "USD"}
    return order.payload | {"payment": {"charges": {"sub_total": money}}}


def _order_with_a_long_note(street: Street) -> None:
    (order,) = (street.world.generator.order(4_001, 0),)
    payload = order.payload | {"order_special_instructions": "extra napkins " * 6_000}
    street.world.doordash.place(payload)
    street.settle()


def _merchants(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """One store opens. The next one does, too, but nobody can be told, so it is undone."""
    fourth, fifth = make_stores(5, VENDORS)[3:]
    merchant = Onboarding(street, fourth)
    merchant.submitted()
    link = merchant.link()
    street.offline.http.get(link)
    merchant.decide(link)
    merchant.settle()
    publish = EventBus.publish

    def deaf(self: EventBus, events: Any) -> None:
        if any(event.type == "store.opened" for event in events):
            raise AwsUnavailable("ThrottlingException")
        publish(self, events)

    merchant = Onboarding(street, fifth)
    applied = merchant.submitted()
    with monkeypatch.context() as patch:
        patch.setattr(EventBus, "publish", deaf)
        merchant.decide(merchant.link())
        merchant.settle()
    assert merchant.state(applied)["state"] == "failed"


def _break_the_glass(street: Street) -> None:
    """One access ends at its minute, one on a finding; one is refused."""
    office = Office(street)
    office.letter({"checkout_id": "nobody"})
    request_id = office.opened(minutes=1)
    office.look(request_id)
    office.pass_minutes(2)
    assert office.show(request_id)["state"] == "ended"
    office.ask()
    office.decide("bob", office.link(), "reject")
    office.opened()
    office.find({"findings": []})


def _settle_a_night(street: Street) -> None:
    """Files that agree, that do not, that nobody can read, that wait, that come anew."""
    night = Night(street)
    # A store's file lacks only what was made: whose wake was lost may have been denied.
    first, *_, last = [one for one in night.records("doordash") if one.answered == "accepted"]
    night.deliver(first, line_of(first))
    night.deliver(first, "nonsense", name="other.csv")
    assert night.settle()["status"] == "SUCCEEDED"
    night.deliver(first, line_of(first, subtotal=1), name="third.csv")
    night.deliver(first)  # a correction without a line: it drops an order
    night.put(first, b"x" * (MAX_BYTES + 1), name="large.csv")
    night.deliver(night.records("uber_eats")[0])
    night.table("uber_eats", b"{")
    today = street.offline.now.date().isoformat()
    assert night.settle(day=today)["status"] == "SUCCEEDED"
    assert last.key in {one["orderKey"] for one in night.differences()}


def _lose_the_bucket(street: Street) -> None:
    """Notifications holds back."""
    s3 = street.offline.client("s3")
    bucket = "order-middleware-local"
    for item in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=item["Key"])
    s3.delete_bucket(Bucket=bucket)
    street.world.square.faults.add("*", "error_before_commit", times=200)
    street.place("doordash", store=0, number=1700)
    # Not until all is settled: a ticket of a seller who has left us is looked for for a day.
    street.go(seconds=400, step=20)


def test_policies_allow_what_handlers_do_and_nothing_else(busy_street: Street) -> None:
    """A call without an allowance would fail on AWS; an allowance without a call is a risk."""
    calls = calls_by_handler(busy_street)
    config = json.loads((PROJECT / ".chalice/config.json").read_text())
    assert sorted(calls) == sorted(config["lambda_functions"])  # who never ran was not checked
    problems = []
    for stage in STAGES:
        for handler, made in sorted(calls.items()):
            allowed = allowances(stage, handler)
            problems += [
                f"{stage}: {handler} calls {action} on {arn}, which its policy does not allow"
                for action, arn in sorted(made)
                if not any(allows(allowance, (action, arn)) for allowance in allowed)
            ]
            problems += [
                f"{stage}: {handler} may {action} on {resource}, and never does"
                for action, resource in sorted(allowed)
                if not is_lambdas_own((action, resource))
                and (action, resource) not in SIGNED_FOR_OTHERS.get(handler, ())
                and not any(allows((action, resource), call) for call in made)
            ]
    assert problems == []


def test_queue_handlers_may_read_exactly_their_own_queue() -> None:
    """What Lambda's event source mapping needs, per handler."""
    queues = {
        "inbound": "inbound-orders",
        "submit_square": "pos-square",
        "submit_toast": "pos-toast",
        "submit_clover": "pos-clover",
        "pos_events": "ticket-changes",
        "callbacks": "channel-callbacks",
        "notifications": "notifications",
        "pay": "shop-payments",
        "place": "shop-orders",
        "dispatch": "shop-couriers",
        "tell": "shop-messages",
    }
    config = json.loads((PROJECT / ".chalice/config.json").read_text())
    for handler in config["lambda_functions"]:
        mine = {a for a in allowances("prod", handler) if a[0] in MAPPING_ACTIONS}
        wanted = (
            {(a, f"arn:aws:sqs:*:*:{queues[handler]}") for a in MAPPING_ACTIONS}
            if handler in queues
            else set()
        )
        assert mine == wanted, handler

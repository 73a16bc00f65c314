"""The vendors together, in process, with a clock that stands still."""

from __future__ import annotations

import json

import pytest

from simulators.menu import CLOVER, SQUARE, TOAST, make_stores
from simulators.world import World


@pytest.fixture
def world(host):
    return World(**host, app_url="http://app", public_url="http://vendors")


def test_placed_orders_reach_their_partner_and_their_webhook_goes_to_the_app(world, inbox, clock):
    """Customers order at both partners; the webhook names the app's and the vendor's URLs."""
    placed = world.place_next(4)
    assert world.next_due_ms() == clock.at_ms
    world.tick()
    assert {request.url for request in inbox.received} == {
        "http://app/webhooks/uber_eats",
        "http://app/webhooks/doordash",
    }
    thin = [body for body in inbox.bodies() if "resource_href" in body]
    assert all(body["resource_href"].startswith("http://vendors/uber/v2/") for body in thin)
    fat = [body["order"]["id"] for body in inbox.bodies() if "order" in body]
    assert fat == [order.order_id for order in placed if order.channel == "doordash"]


def test_tick_tells_when_the_earliest_deadline_of_any_vendor_is(world, clock):
    """Uber's robocall at 90 s comes before everything else."""
    world.place_next(2)
    assert world.tick() == clock.at_ms + 90_000


def test_equal_seeds_send_equal_webhooks(host, inbox):
    """Ids, orders and signatures come from seed and clock alone."""
    for _ in range(2):
        world = World(**host)
        world.place_next(6)
        world.tick()
    assert len(inbox.received) == 12
    assert inbox.received[:6] == inbox.received[6:]


def test_mounts_are_reached_by_their_first_path_segment(world, caller):
    """The vendor sees its own path only."""
    call = caller(world, authorization="Bearer square-local-token")
    assert call("GET", "/square/v2/catalog/list").status == 200
    assert call("GET", "/uber/v2/eats/order/x").status == 401
    assert call("GET", "/squarer/v2/catalog/list").status == 404
    assert list(call("GET", "/_control/state").json()) == list(world.simulators)
    placed = call("POST", "/_control/orders").json()["orders"]
    assert json.loads(call("GET", "/uber/_control/state").body)["orders"] == len(placed) == 1


def test_stores_are_known_at_their_own_point_of_sale(host):
    """Each location is one of Square, Toast or Clover, and of no other."""
    world = World(**host, stores=make_stores(4, [SQUARE, TOAST, CLOVER]))
    first, second, third, fourth = (store.location_id for store in world.generator.stores)
    assert world.square.locations == [first, fourth]
    assert world.toast.locations == [second]
    assert list(world.clover.merchants) == [third]

"""The simulators behind `requests`, without a socket."""

from __future__ import annotations

import pytest
import requests
import responses

from simulators.in_responses import mount
from simulators.menu import make_stores, pos_id

BASE = "https://connect.squareup.com"
BODY = {
    "idempotency_key": "k",
    "order": {
        "location_id": make_stores(1)[0].location_id,
        "line_items": [{"quantity": "1", "catalog_object_id": pos_id("fries")}],
    },
}
TOKEN = {"Authorization": "Bearer square-local-token"}


@pytest.fixture
def mounted(square):
    with responses.RequestsMock(assert_all_requests_are_fired=False) as rsps:
        mount(rsps, BASE, square)
        yield square


def test_requests_reach_the_simulator(mounted):
    """Method, headers, JSON body, query and status come through."""
    reply = requests.post(f"{BASE}/v2/orders", json=BODY, headers=TOKEN, timeout=5)
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "application/json"
    order_id = reply.json()["order"]["id"]
    assert mounted.orders()[0]["id"] == order_id
    listed = requests.get(
        f"{BASE}/v2/catalog/list", params={"types": "ITEM"}, headers=TOKEN, timeout=5
    )
    assert {entry["type"] for entry in listed.json()["objects"]} == {"ITEM"}
    assert requests.get(f"{BASE}/v2/orders/{order_id}", timeout=5).status_code == 401


def test_slow_success_is_a_read_timeout_after_the_commit(mounted):
    """The order is there although the client heard nothing; the retry finds it by its key."""
    mounted.faults.add("CreateOrder", "slow_success", seconds=30)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.post(f"{BASE}/v2/orders", json=BODY, headers=TOKEN, timeout=(2, 5))
    [made] = mounted.orders()
    again = requests.post(f"{BASE}/v2/orders", json=BODY, headers=TOKEN, timeout=(2, 5))
    assert again.json()["order"]["id"] == made["id"]


def test_slow_success_within_the_timeout_is_just_an_answer(mounted):
    """A patient client gets its reply, and no time passes."""
    mounted.faults.add("CreateOrder", "slow_success", seconds=3)
    reply = requests.post(f"{BASE}/v2/orders", json=BODY, headers=TOKEN, timeout=5)
    assert reply.status_code == 200


def test_only_the_prefix_is_answered(uber):
    """A prefix with a path is cut off; a host that merely begins alike is another host."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as rsps:
        mount(rsps, "http://127.0.0.1:9001/uber", uber)
        reply = requests.post(
            "http://127.0.0.1:9001/uber/oauth/v2/token",
            data={
                "client_id": "uber-local-client",
                "client_secret": "uber-local-secret",
                "grant_type": "client_credentials",
            },
            timeout=5,
        )
        assert reply.json()["token_type"] == "Bearer"
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.get("http://127.0.0.1:9001/uberx/", timeout=5)

"""Square's Orders API: checks, totals, idempotency, versions, search."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from simulators.menu import make_stores, pos_id

LOCATION = make_stores(1)[0].location_id


def line(quantity: Any = "1", **more: Any) -> dict[str, Any]:
    return {"quantity": quantity, "catalog_object_id": pos_id("fries"), **more}


def order(**more: Any) -> dict[str, Any]:
    return {"location_id": LOCATION, "line_items": [line()], **more}


def create(call, key=None, **more):
    body = {"order": order(**more)}
    return call("POST", "/v2/orders", {**body, "idempotency_key": key} if key else body)


def test_create_order_computes_totals_with_modifiers_per_unit(call):
    """Modifiers count once per unit of their line, as in Square's own example."""
    modifiers = [
        {"catalog_object_id": pos_id("dip-aioli"), "quantity": "2"},
        {"name": "Extra salt", "base_price_money": {"amount": 10, "currency": "USD"}},
    ]
    reply = create(call, line_items=[line("3", modifiers=modifiers)])
    made = reply.json()["order"]
    assert reply.status == 200
    assert made["line_items"][0]["gross_sales_money"]["amount"] == 3 * (395 + 2 * 75 + 10)
    assert made["line_items"][0]["modifiers"][0]["total_price_money"]["amount"] == 3 * 2 * 75
    assert made["total_money"] == {"amount": 1665, "currency": "USD"}
    assert made["net_amount_due_money"] == made["total_money"]
    assert (made["state"], made["version"]) == ("OPEN", 1)
    assert made["line_items"][0]["name"] == "Fries"


def test_create_order_prices_given_in_the_request_win_over_the_catalogue(call):
    """What the customer paid at the marketplace is what the ticket says."""
    money = {"amount": 500, "currency": "USD"}
    reply = create(call, line_items=[line("2", base_price_money=money)])
    assert reply.json()["order"]["total_money"]["amount"] == 1000


def test_create_order_adds_discounts_taxes_and_service_charges(call):
    """Discounts come off first, taxes are on what is left, halves round to even."""
    reply = create(
        call,
        line_items=[line("2")],
        discounts=[{"name": "Loyalty", "amount_money": {"amount": 90, "currency": "USD"}}],
        taxes=[{"name": "Sales tax", "percentage": "8.5", "type": "ADDITIVE"}],
        service_charges=[{"name": "Bag", "amount_money": {"amount": 25, "currency": "USD"}}],
    )
    made = reply.json()["order"]
    assert made["total_tax_money"]["amount"] == 60  # 59.5
    assert made["total_money"]["amount"] == 700 + 60 + 25
    assert sum(entry["total_money"]["amount"] for entry in made["line_items"]) == 760


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"location_id": None}, "MISSING_REQUIRED_PARAMETER", "order.location_id"),
        ({"location_id": "LNOWHERE"}, "INVALID_VALUE", "order.location_id"),
        ({"reference_id": "x" * 41}, "VALUE_TOO_LONG", "order.reference_id"),
        ({"ticket_name": "x" * 31}, "VALUE_TOO_LONG", "order.ticket_name"),
        ({"line_items": [line(2)]}, "EXPECTED_STRING", "order.line_items[0].quantity"),
        ({"line_items": [line("0")]}, "INVALID_VALUE", "order.line_items[0].quantity"),
        (
            {"line_items": [line(base_price_money={"amount": 1.5, "currency": "USD"})]},
            "EXPECTED_INTEGER",
            "order.line_items[0].base_price_money.amount",
        ),
        (
            {"line_items": [line(base_price_money={"amount": 5, "currency": "EUR"})]},
            "CURRENCY_MISMATCH",
            "order.line_items[0].base_price_money.currency",
        ),
        (
            {"line_items": [{"quantity": "1", "name": "Soup"}]},
            "MISSING_REQUIRED_PARAMETER",
            "order.line_items[0].base_price_money",
        ),
        ({"line_items": "fries"}, "EXPECTED_ARRAY", "order.line_items"),
        ({"metadata": {"a b": "c"}}, "VALUE_REGEX_MISMATCH", "order.metadata.a b"),
        ({"fulfillments": [{"type": "DRONE"}]}, "INVALID_ENUM_VALUE", "order.fulfillments[0].type"),
    ],
)
def test_create_order_refuses_a_bad_field_by_name(call, change, code, field):
    """A refusal carries category, code and the path of the field; nothing is stored."""
    reply = create(call, **change)
    error = reply.json()["errors"][0]
    assert (reply.status, error["category"]) == (400, "INVALID_REQUEST_ERROR")
    assert (error["code"], error["field"]) == (code, field)
    assert call.app.orders() == []


def test_create_order_with_an_unknown_catalogue_object_is_not_found(call):
    """An item that the seller no longer sells."""
    reply = create(call, line_items=[line(catalog_object_id="GONE")])
    assert (reply.status, reply.code) == (404, "NOT_FOUND")


def test_create_order_without_json_is_a_bad_request(call):
    """A body that is no JSON object gets Square's error shape."""
    assert call("POST", "/v2/orders", b"{").code == "BAD_REQUEST"
    assert call("POST", "/v2/orders", []).code == "BAD_REQUEST"


def test_every_operation_needs_the_access_token(square, caller):
    """Without or with a wrong bearer token the answer is 401 UNAUTHORIZED."""
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "square-local-token"}):
        reply = caller(square, **headers)("GET", "/v2/orders/x")
        error = reply.json()["errors"][0]
        assert (reply.status, error["category"]) == (401, "AUTHENTICATION_ERROR")


def test_create_order_again_with_same_key_and_body_gives_the_first_result(call):
    """The key makes a retry harmless; the order of members does not matter."""
    first = create(call, "k1", reference_id="r1", ticket_name="t")
    again = create(call, "k1", ticket_name="t", reference_id="r1")
    assert again.body == first.body
    assert len(call.app.orders()) == 1


def test_create_order_again_with_same_key_and_other_body_is_refused(call):
    """A reused key is an error, not a second order."""
    create(call, "k1", reference_id="r1")
    reply = create(call, "k1", reference_id="r2")
    assert (reply.status, reply.code) == (400, "IDEMPOTENCY_KEY_REUSED")
    assert len(call.app.orders()) == 1


def test_a_refused_request_does_not_use_up_its_key(call):
    """What was corrected may be sent again under the same key."""
    assert create(call, "k1", reference_id="x" * 41).status == 400
    assert create(call, "k1", reference_id="x").status == 200


def test_idempotency_key_is_limited_to_192_characters(call):
    """Orders take longer keys than payments."""
    assert create(call, "k" * 192).status == 200
    assert create(call, "k" * 193).code == "VALUE_TOO_LONG"


def test_concurrent_requests_with_one_key_make_one_order(call):
    """Two workers with the same message must not make two orders."""
    replies = []
    barrier = threading.Barrier(8)

    def work():
        barrier.wait()
        replies.append(create(call, "same", reference_id="r").json()["order"]["id"])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 8
    assert len(set(replies)) == len(call.app.orders()) == 1


def test_retrieve_order_returns_it_or_404(call):
    """RetrieveOrder and BatchRetrieveOrders find by id; the batch leaves out what is unknown."""
    order_id = create(call).json()["order"]["id"]
    assert call("GET", f"/v2/orders/{order_id}").json()["order"]["id"] == order_id
    assert call("GET", "/v2/orders/none").code == "NOT_FOUND"
    batch = call("POST", "/v2/orders/batch-retrieve", {"order_ids": [order_id, "none"]})
    assert [entry["id"] for entry in batch.json()["orders"]] == [order_id]


def test_calculate_order_prices_without_storing(call):
    """CalculateOrder is the price check."""
    reply = call("POST", "/v2/orders/calculate", {"order": order()})
    assert reply.json()["order"]["total_money"]["amount"] == 395
    assert call.app.orders() == []


def test_update_order_with_the_current_version_changes_it(call):
    """A sparse update merges lists by uid, reprices and counts the version up."""
    made = create(call).json()["order"]
    uid = made["line_items"][0]["uid"]
    sparse = {"version": 1, "line_items": [{"uid": uid, "quantity": "4"}]}
    reply = call("PUT", f"/v2/orders/{made['id']}", {"order": sparse})
    assert reply.json()["order"]["version"] == 2
    assert reply.json()["order"]["total_money"]["amount"] == 4 * 395


def test_update_order_with_an_old_version_is_a_conflict(call):
    """Optimistic locking: whoever read an older version must read again."""
    made = create(call).json()["order"]
    sparse = {"version": 1, "state": "CANCELED"}
    assert call("PUT", f"/v2/orders/{made['id']}", {"order": sparse}).status == 200
    reply = call("PUT", f"/v2/orders/{made['id']}", {"order": sparse})
    assert (reply.status, reply.code) == (409, "CONFLICT")


def search(call, **body):
    return call("POST", "/v2/orders/search", {"location_ids": [LOCATION], **body})


def test_search_orders_pages_through_all_newest_first(call):
    """The cursor leads through every order exactly once."""
    made = [create(call, reference_id=str(n)).json()["order"]["id"] for n in range(5)]
    found, cursor = [], None
    while True:
        page = search(call, limit=2, **({"cursor": cursor} if cursor else {})).json()
        found += [entry["id"] for entry in page["orders"]]
        cursor = page.get("cursor")
        if cursor is None:
            break
    assert found == made[::-1]


def test_search_orders_filters_by_location_state_source_and_time(call, clock):
    """The documented filters; reference_id is not among them."""
    create(call, source={"name": "Uber Eats"})
    clock.advance(seconds=60)
    late = create(call, source={"name": "DoorDash"}).json()["order"]
    sort = {"sort_field": "CREATED_AT", "sort_order": "ASC"}
    window = {"date_time_filter": {"created_at": {"start_at": late["created_at"]}}}
    by_time = search(call, query={"filter": window, "sort": sort}).json()["orders"]
    assert [entry["id"] for entry in by_time] == [late["id"]]
    source = {"source_filter": {"source_names": ["Uber Eats"]}}
    assert len(search(call, query={"filter": source}).json()["orders"]) == 1
    states = {"state_filter": {"states": ["COMPLETED"]}}
    assert search(call, query={"filter": states}).json()["orders"] == []
    other = call("POST", "/v2/orders/search", {"location_ids": ["ELSEWHERE"]})
    assert other.json()["orders"] == []


def test_search_orders_refuses_what_square_refuses(call):
    """Locations are required, limits bounded, a time filter goes with its own sort field."""
    assert call("POST", "/v2/orders/search", {}).status == 400
    assert search(call, limit=1001).code == "VALUE_TOO_HIGH"
    assert search(call, cursor="made up").code == "INVALID_CURSOR"
    window = {"date_time_filter": {"updated_at": {"start_at": "2026-01-01T00:00:00Z"}}}
    assert search(call, query={"filter": window}).code == "CONFLICTING_PARAMETERS"


def test_catalog_is_listed_searched_and_retrieved(call):
    """Items carry their variations; modifiers are found by id."""
    found, cursor = [], ""
    while cursor is not None:
        page = call("GET", f"/v2/catalog/list?types=ITEM_VARIATION,MODIFIER&cursor={cursor}").json()
        found += [entry["id"] for entry in page["objects"]]
        cursor = page.get("cursor")
    assert {pos_id("fries"), pos_id("dip-aioli")} <= set(found)
    query = {"exact_query": {"attribute_name": "name", "attribute_value": "fries"}}
    body = {"object_types": ["ITEM"], "query": query}
    items = call("POST", "/v2/catalog/search", body).json()["objects"]
    assert [item["item_data"]["variations"][0]["id"] for item in items] == [pos_id("fries")]
    wanted = {"object_ids": [pos_id("dip-aioli"), "GONE"]}
    batch = call("POST", "/v2/catalog/batch-retrieve", wanted).json()["objects"]
    assert [entry["modifier_data"]["name"] for entry in batch] == ["Garlic aioli"]
    assert call("GET", "/v2/catalog/object/GONE").code == "NOT_FOUND"


def test_unknown_paths_and_methods_are_refused(call):
    """Nothing falls through."""
    assert call("GET", "/v2/nothing").status == 404
    assert call("DELETE", "/v2/orders").status == 405

"""GET merchant: an ordering application reads what a store is and sells, from the running app."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import bootstrap
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.menu_table import MenuTable
from chalicelib.adapters.publication_table import PublicationTable
from chalicelib.adapters.secrets import SecretStore
from chalicelib.adapters.stock_table import StockTable
from chalicelib.adapters.store_table import StoreTable
from chalicelib.domain.errors import UnreadableRecord
from simulators.menu import pos_id
from tests.channels.open_delivery_merchant import MERCHANT, PROBLEM, problems

if TYPE_CHECKING:
    from simulators.menu import Store
    from simulators.street import Street

KEY = "open-delivery-local-api-key"
ITEM = "fries"


def store_of(street: Street) -> Store:
    return street.world.generator.stores[0]


def get(street: Street, merchant_id: str = "", key: str | None = KEY) -> Any:
    """Ask for a merchant; every answer is what the specification has for its status."""
    place = merchant_id or store_of(street).open_delivery_merchant_id
    headers = {} if key is None else {"x-Api-Key": key}
    reply = street.offline.http.get(f"/open_delivery/{place}/v1/merchant", headers=headers)
    kind = MERCHANT if reply.status_code == 200 else PROBLEM
    assert problems(reply.json_body, kind) == []
    form = "application/json" if reply.status_code == 200 else "application/problem+json"
    assert reply.headers["Content-Type"] == form
    return reply


def test_an_application_reads_what_is_sold_and_when_that_changed(street: Street) -> None:
    """The menu in force, with what is off now."""
    menu = street.world.generator.menu_files()[store_of(street).store_id]
    first = get(street).json_body
    names = {item["id"]: item["name"] for item in menu["items"]}
    assert {item["externalCode"]: item["name"] for item in first["items"]} == names
    assert first["basicInfo"]["document"] == menu["business"]["tax_id"]
    street.go(seconds=30)
    assert get(street).json_body == first
    store = store_of(street)
    street.world.square.set_stock(store.location_id, pos_id(ITEM), available=False)
    street.settle()
    later = get(street).json_body
    off = [item["externalCode"] for item in later["items"] if item["status"] == "UNAVAILABLE"]
    assert (off, later["lastUpdate"] > first["lastUpdate"]) == ([ITEM], True)


def test_a_new_menu_is_read_at_once_whatever_a_container_remembers(street: Street) -> None:
    """The application was just told that there is one."""
    get(street)
    menu = json.loads(json.dumps(street.world.generator.menu_files()[store_of(street).store_id]))
    menu["items"][0]["name"] = "Better burger"
    street.upload(menu)
    street.settle()
    assert "Better burger" in {item["name"] for item in get(street).json_body["items"]}


def test_nobody_reads_without_our_key(street: Street) -> None:
    """Whether or not the merchant exists is not said either."""
    for key in (None, "", "another", KEY[:-1], f"{KEY} ", "ü"):
        for merchant_id in ("", "nobody"):
            assert get(street, merchant_id, key).status_code == 403


def test_two_keys_open_while_one_takes_the_others_place(street: Street) -> None:
    """As with webhooks' secrets: ours first, then the application's."""
    secrets = street.offline.client("secretsmanager")
    id_ = bootstrap.services().config.secret_id
    held = json.loads(secrets.get_secret_value(SecretId=id_)["SecretString"])
    for key in ("second", "third"):
        held["open_delivery_api_key"] = key
        secrets.put_secret_value(SecretId=id_, SecretString=json.dumps(held))
        street.go(seconds=310, step=10)
        assert get(street, key=key).status_code == 200
    assert get(street, key="second").status_code == 200
    assert get(street).status_code == 403
    del held["open_delivery_api_key"]
    for _ in range(2):
        secrets.put_secret_value(SecretId=id_, SecretString=json.dumps(held))
    street.go(seconds=310, step=10)
    for key_or_none in (None, "", "third"):
        assert get(street, key=key_or_none).status_code == 503


def test_merchants_that_there_are_not(street: Street) -> None:
    """Another partner's name of a store is none, nor is a store of which nobody said what it is."""
    other = street.world.generator.stores[1]
    for merchant_id in ("nobody", store_of(street).uber_store_id, "a%20b", "x" * 300):
        assert get(street, merchant_id).status_code == 404
    reply = get(street, other.open_delivery_merchant_id)
    assert (reply.status_code, "business" in reply.json_body["title"]) == (404, True)


@pytest.mark.parametrize(
    ("where", "what"),
    [
        (SecretStore, "all"),
        (StoreTable, "read"),
        (MenuTable, "content"),
        (StockTable, "of_store"),
        (PublicationTable, "get"),
    ],
)
@pytest.mark.parametrize("why", [AwsUnavailable("throttled"), UnreadableRecord("row: version 9")])
def test_what_cannot_be_read_is_asked_for_again(
    street: Street, monkeypatch: pytest.MonkeyPatch, where: Any, what: str, why: Exception
) -> None:
    """Half a merchant would take the other half off the application's menu."""

    def fails(*_: Any, **__: Any) -> Any:
        raise why

    monkeypatch.setattr(where, what, fails)
    reply = get(street)
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "30")
    assert "throttled" not in reply.body.decode()


def test_a_menu_that_is_not_kept_or_too_large_is_not_shown(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda would answer with an error of its own."""
    with monkeypatch.context() as patch:
        patch.setattr(MenuTable, "content", lambda *_: None)
        assert get(street).status_code == 503
    monkeypatch.setattr("chalicelib.stores.merchants.MOST_BYTES", 1_000)
    assert get(street).status_code == 503


def test_a_store_that_is_paused_is_shown_so(street: Street) -> None:
    """Its till does not answer; it is open again when it does."""
    store, square = store_of(street), street.world.square
    square.faults.add("*", "error_before_commit", times=None, status=503)
    for number in range(1, 8):
        street.place("uber_eats", number=number)
        street.go(seconds=30)
    assert get(street).json_body["status"] == "UNAVAILABLE"
    assert street.world.open_delivery.merchant_status[store.open_delivery_merchant_id] == (
        "UNAVAILABLE"
    )
    square.faults.clear()
    street.place("uber_eats", number=20)
    street.go(seconds=90)
    assert get(street).json_body["status"] == "AVAILABLE"
    assert street.world.open_delivery.merchant_status[store.open_delivery_merchant_id] == (
        "AVAILABLE"
    )


def test_the_application_has_read_each_merchant_whose_business_is_known(street: Street) -> None:
    """The others it was told of kind by kind; what is published is noted when it was read."""
    street.go(seconds=130, step=5)
    stores, application = street.world.generator.stores, street.world.open_delivery
    read = {id_: status for id_, (_, status, _) in application.merchants.read.items()}
    ids = [store.open_delivery_merchant_id for store in stores]
    assert read == {ids[0]: "SUCCESS", ids[2]: "SUCCESS"}
    assert all(application.merchants.items(id_) for id_ in ids)
    rows = [
        bootstrap.services().publications.get(store.store_id, "open_delivery") for store in stores
    ]
    assert all(row is not None and row.is_settled for row in rows)


def test_an_application_that_is_refused_hears_it_and_staff_do_after_half_an_hour(
    street: Street,
) -> None:
    """A wrong key: the application cannot read, and says why when it is asked."""
    street.go(seconds=130, step=5)
    application = street.world.open_delivery
    settings = application.settings
    application.settings = type(settings)(api_key="wrong", retry_delays_ms=())
    menu = street.world.generator.menu_files()[store_of(street).store_id]
    street.upload(dict(menu) | {"prep_minutes": 20})
    street.settle()
    street.go(seconds=2_400, step=20)
    notes = [note for note in street.notes() if note["type"] == "menu.not_published"]
    assert ["could not be read" in note["reason"] for note in notes] == [True]
    application.settings = settings
    street.go(seconds=1_200, step=20)
    row = bootstrap.services().publications.get(store_of(street).store_id, "open_delivery")
    assert row is not None
    assert row.is_settled

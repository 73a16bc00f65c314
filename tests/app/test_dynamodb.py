"""The tables as declared in .chalice/resources.json, on moto."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.adapters.dynamodb import OrderTable, StoreTable, TokenTable
from chalicelib.domain.errors import VersionConflict
from chalicelib.domain.refusal import Reason, Refusal, RefusedItem
from chalicelib.domain.states import State
from chalicelib.domain.store import read_menu

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE = json.loads((Path(__file__).parents[2] / ".chalice/resources.json").read_text())


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A DynamoDB with the declared tables."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        for resource in TEMPLATE["Resources"].values():
            if resource["Type"] == "AWS::DynamoDB::Table":
                properties = dict(resource["Properties"])
                for later in ("TimeToLiveSpecification", "PointInTimeRecoverySpecification"):
                    properties.pop(later, None)
                client.create_table(**properties)
        yield client


@pytest.fixture
def orders(dynamodb: Any) -> OrderTable:
    """The orders table."""
    return OrderTable(dynamodb, "orders", "due")


def test_order_is_read_as_it_was_written(orders: OrderTable, house: Any) -> None:
    """Every field, in every state, with everything filled in."""
    record = house.put_record(State.RECEIVED)
    assert orders.save(record) == orders.get(record.key)
    moved = record.submit(5).lose_track(6)
    refusal = Refusal(Reason.PRICING, "no", (RefusedItem("b", "Böckwurst 🌭"),))
    full = replace(moved, version=2, refusal=refusal, pos_order_id="SQ", answered="denied")
    orders.save(full)
    assert orders.get(record.key) == full


def test_order_is_written_once(orders: OrderTable, house: Any) -> None:
    """The second first version finds the first one."""
    record = house.put_record(State.RECEIVED)
    orders.save(record)
    with pytest.raises(VersionConflict):
        orders.save(record)


def test_order_is_written_over_its_predecessor_only(orders: OrderTable, house: Any) -> None:
    """Of two workers with the same version one loses."""
    record = orders.save(house.put_record(State.RECEIVED))
    orders.save(record.submit(1))
    with pytest.raises(VersionConflict):
        orders.save(record.cancel(1))
    with pytest.raises(VersionConflict):
        orders.save(replace(record, order_id="never-seen", version=2))


def test_due_finds_unfinished_orders_in_time(orders: OrderTable, house: Any) -> None:
    """Oldest first, settled ones never."""
    for name, due_ms in (("c", 300), ("a", 100), ("b", 200), ("settled", None)):
        record = house.put_record(State.RECEIVED, order_id=name, due_ms=due_ms)
        orders.save(record)
    assert [key.rpartition("#")[2] for key in orders.due(200)] == ["a", "b"]


def test_unknown_order_is_none(orders: OrderTable) -> None:
    """Not an error: it is what a new order looks like."""
    assert orders.get("nobody") is None


def menu_of(count: int, version: str, **changes: Any) -> Any:
    price = {"amount": 100, "currency": "USD"}
    items = [
        {"id": f"i{n}", "name": "x", "pos_id": f"{version}-{n}", "price": price}
        for n in range(count)
    ]
    data = {
        "store_id": "s1", "pos": "square", "location_id": "L1", "currency": "USD",
        "channels": {"uber_eats": "ue-1", "doordash": "dd-1"}, "items": items, **changes,
    }  # fmt: skip
    return read_menu(data, version)


def test_menu_larger_than_any_batch_is_found_whole(dynamodb: Any) -> None:
    """25 items a write, 100 a read: DynamoDB's limits."""
    stores = StoreTable(dynamodb, "stores", "menu-items")
    assert stores.replace_menu(menu_of(130, "v1"), "A")
    store = stores.find("doordash", "dd-1")
    assert store is not None
    found = stores.pos_ids(store, [f"i{n}" for n in range(130)] + ["unknown"])
    assert len(found) == 130
    assert found["i7"] == "v1-7"


def test_older_menu_file_changes_nothing(dynamodb: Any) -> None:
    """The sequencer decides; the same file may be imported twice."""
    stores = StoreTable(dynamodb, "stores", "menu-items")
    assert stores.replace_menu(menu_of(1, "v2"), "B")
    assert stores.replace_menu(menu_of(1, "v2"), "B")
    assert not stores.replace_menu(menu_of(1, "v1"), "A")
    store = stores.find("uber_eats", "ue-1")
    assert store is not None
    assert store.menu_version == "v2"


def test_token_is_shared(dynamodb: Any) -> None:
    """What one container was granted, the others use."""
    TokenTable(dynamodb, "partner-tokens").put("uber_eats", "t", 1_800_000_000_123)
    assert TokenTable(dynamodb, "partner-tokens").get("uber_eats") == ("t", 1_800_000_000_123)
    assert TokenTable(dynamodb, "partner-tokens").get("other") is None

"""The tables as declared in .chalice/resources.json, on moto."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.adapters.limit_table import Circuit, LimitTable
from chalicelib.adapters.order_table import OrderTable
from chalicelib.adapters.store_table import KEEP_STORE_MS, StoreTable
from chalicelib.adapters.token_table import Token, TokenTable
from chalicelib.domain.duties import Undo
from chalicelib.domain.errors import InvalidPayload, UnreadableRecord, VersionConflict
from chalicelib.domain.refusal import Reason, Refusal, RefusedItem
from chalicelib.domain.states import State
from chalicelib.domain.store import read_menu

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY_MS = 86_400_000
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
    return OrderTable(dynamodb, "orders", "due-by-shard", "by-ticket", "by-day")


def test_order_is_read_as_it_was_written(orders: OrderTable, house: Any) -> None:
    """Every field, in every state, with everything filled in."""
    record = house.put_record(State.RECEIVED)
    assert orders.save(record) == orders.get(record.key)
    refusal = Refusal(Reason.PRICING, "no", (RefusedItem("b", "Böckwurst 🌭"),), "SQ: no")
    full = replace(
        record.submit(5, 6), version=2, refusal=refusal, pos_order_id="SQ", answered="denied",
        ticket_total=7, by_partner=True, fired=True, ready_told=True, undo=Undo.PENDING,
        next_try_ms=8, tries=9, answer_next_ms=10, answer_tries=11, waiting_for="x",
        webhook={"kind": "k"}, clock_ms=12,
    )  # fmt: skip
    orders.save(full)
    assert orders.get(record.key) == full


def test_a_days_orders_are_found(orders: OrderTable, dynamodb: Any, house: Any) -> None:
    """By partner, store and UTC day; who cannot be read is left out."""
    today = house.put_record(State.RECEIVED)
    late = replace(today, order_id="late", clock_ms=today.received_ms + DAY_MS)
    broken = replace(today, order_id="broken")
    for record in (today, late, broken):
        orders.save(record)
    day = (today.channel, today.channel_store_id, today.received_ms)
    assert sorted(orders.of_day(*day)) == [broken.key, today.key]
    assert list(orders.of_day(*day[:2], late.clock_ms)) == [late.key]
    assert list(orders.of_day("nobody", *day[1:])) == []
    dynamodb.update_item(
        TableName="orders",
        Key={"order_key": {"S": broken.key}},
        UpdateExpression="SET #s = :s",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":s": {"S": "burnt"}},
    )
    many = [f"{today.key}-{number}" for number in range(150)]
    assert list(orders.get_all([broken.key, *many, today.key])) == [today]


def test_order_is_taken_and_read_in_one_call(orders: OrderTable, house: Any) -> None:
    """By one worker; the second sees what the first wrote."""
    record = orders.save(house.put_record(State.RECEIVED))
    taken, is_mine = orders.take(record.key, State.SUBMITTING, 1_000, 26_000)
    assert is_mine
    assert taken is not None
    assert (taken.state, taken.version) == (State.SUBMITTING, 2)
    assert (taken.lease_until_ms, taken.called_ms) == (27_000, 1_000)
    assert taken == orders.get(record.key)
    assert orders.take(record.key, State.SUBMITTING, 1_000, 26_000) == (taken, False)
    assert orders.take("nobody", State.SUBMITTING, 1_000, 26_000) == (None, False)


def test_order_is_not_taken_before_its_time(orders: OrderTable, house: Any) -> None:
    """Retry-After holds for whoever is woken."""
    record = orders.save(house.put_record(State.RECEIVED, next_try_ms=2_000))
    assert orders.take(record.key, State.SUBMITTING, 1_999, 1) == (record, False)
    assert orders.take(record.key, State.SUBMITTING, 2_000, 1)[1]


def test_what_a_newer_version_wrote_survives_this_one(orders: OrderTable, house: Any) -> None:
    """A deployment that is rolled back harms no order."""
    record = orders.save(house.put_record(State.RECEIVED))
    item = orders._client.get_item(TableName="orders", Key={"order_key": {"S": record.key}})["Item"]
    order = json.loads(item["order"]["S"]) | {"loyalty": {"points": 7}}
    newer = {"schema": {"N": "9"}, "drone": {"S": "D1"}, "order": {"S": json.dumps(order)}}
    orders._client.put_item(TableName="orders", Item=item | newer)
    read = orders.get(record.key)
    assert read is not None
    orders.save(read.submit(5, 6))
    item = orders._client.get_item(TableName="orders", Key={"order_key": {"S": record.key}})["Item"]
    assert newer.items() <= item.items()


@pytest.mark.parametrize(
    "damage", [{"state": {"S": "teleported"}}, {"order": {"S": "{"}}, {"version": {"S": "x"}}]
)
def test_unreadable_order_says_so_and_is_still_due(
    orders: OrderTable, house: Any, damage: Any
) -> None:
    """The sweep reads no order, so this one stops no other."""
    record = orders.save(house.put_record(State.RECEIVED, due_ms=100))
    item = orders._client.get_item(TableName="orders", Key={"order_key": {"S": record.key}})["Item"]
    orders._client.put_item(TableName="orders", Item=item | damage)
    with pytest.raises(UnreadableRecord, match="uber_eats#ue-store#o-1"):
        orders.get(record.key)
    assert list(orders.due(100)) == [(record.key, "kitchen/square")]


def test_order_of_the_version_before_is_read(orders: OrderTable, house: Any) -> None:
    """An order that was on its way while this version was deployed."""
    record = orders.save(house.put_record(State.RECEIVED))
    item = orders._client.get_item(TableName="orders", Key={"order_key": {"S": record.key}})["Item"]
    order = json.loads(item["order"]["S"])
    for name in ("charges", "handover", "timing"):
        del order[name]
    old = {n: item[n] for n in ("order_key", "channel", "channel_store_id", "order_id", "version")}
    old |= {"received_ms": item["received_ms"], "store": item["store"]}
    old |= {"state": {"S": "pos_unknown"}, "order": {"S": json.dumps(order)}}
    orders._client.put_item(TableName="orders", Item=old)
    read = orders.get(record.key)
    assert read is not None
    assert (read.state, read.decide_ms) == (State.SUBMITTING, record.received_ms + 90_000)


def test_order_is_written_once(orders: OrderTable, house: Any) -> None:
    """The second first version finds the first one."""
    record = house.put_record(State.RECEIVED)
    orders.save(record)
    with pytest.raises(VersionConflict):
        orders.save(record)


def test_order_is_written_over_its_predecessor_only(orders: OrderTable, house: Any) -> None:
    """Of two workers with the same version one loses."""
    record = orders.save(house.put_record(State.RECEIVED))
    orders.save(record.submit(1, 2))
    with pytest.raises(VersionConflict):
        orders.save(record.cancel(1))
    with pytest.raises(VersionConflict):
        orders.save(replace(record, order_id="never-seen", version=2))


def test_due_reads_on_where_a_page_ends(orders: OrderTable, dynamodb: Any) -> None:
    """A page holds a megabyte of what is owed, much or none of which is due."""
    for number in range(30):
        late = number % 10 == 9
        item = {
            "order_key": {"S": f"uber_eats#s#{number:02d}"}, "due_shard": {"S": f"{number:02d}"},
            "due_ms": {"N": "100" if late else "900"}, "due_for": {"S": "x" * 90_000},
        }  # fmt: skip
        dynamodb.put_item(TableName="orders", Item=item)
    first = dynamodb.scan(TableName="orders", IndexName="due-by-shard")
    assert "LastEvaluatedKey" in first
    assert sorted(key[-2:] for key, _ in orders.due(200)) == ["09", "19", "29"]


def test_due_finds_unfinished_orders_in_time(orders: OrderTable, house: Any) -> None:
    """In all shards, with whom to wake; settled ones never."""
    for name, due_ms in (("c", 300), ("a", 100), ("b", 200), ("settled", None)):
        record = house.put_record(State.RECEIVED, order_id=name, due_ms=due_ms)
        orders.save(record)
    found = {key.rpartition("#")[2]: due_for for key, due_for in orders.due(200)}
    assert found == {"a": "kitchen/square", "b": "kitchen/square"}


def test_unknown_order_is_none(orders: OrderTable) -> None:
    """Not an error: it is what a new order looks like."""
    assert orders.get("nobody") is None


def test_partners_id_of_another_store_is_refused(dynamodb: Any) -> None:
    """Its orders would be cooked in the wrong kitchen."""
    stores = StoreTable(dynamodb, "stores", "menu-items", Clock())
    stores.replace_menu(menu_of(1, "v1"), "A")
    other = menu_of(1, "v9", store_id="s2", channels={"uber_eats": "ue-1"})
    with pytest.raises(InvalidPayload, match="ue-1 is store s1's"):
        stores.replace_menu(other, "B")
    store = stores.find("uber_eats", "ue-1")
    assert store is not None
    assert store.store_id == "s1"


def test_channel_that_the_file_no_longer_names_stops_selling(dynamodb: Any) -> None:
    """Its orders are refused from then on: this store is not connected."""
    stores = StoreTable(dynamodb, "stores", "menu-items", Clock())
    stores.replace_menu(menu_of(1, "v1"), "A")
    assert stores.replace_menu(menu_of(1, "v2", channels={"uber_eats": "ue-1"}), "B")
    assert stores.find("doordash", "dd-1") is None
    assert not stores.replace_menu(menu_of(1, "v1"), "A0")
    assert stores.find("uber_eats", "ue-1") is not None


class Clock:
    at_ms = 0

    def __call__(self) -> int:
        return self.at_ms


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
    stores = StoreTable(dynamodb, "stores", "menu-items", Clock())
    assert stores.replace_menu(menu_of(130, "v1"), "A")
    store = stores.find("doordash", "dd-1")
    assert store is not None
    found = stores.pos_ids(store, [f"i{n}" for n in range(130)] + ["unknown"])
    assert len(found) == 130
    assert found["i7"] == "v1-7"


def test_older_menu_file_changes_nothing(dynamodb: Any) -> None:
    """The sequencer decides; the same file may be imported twice."""
    stores = StoreTable(dynamodb, "stores", "menu-items", Clock())
    assert stores.replace_menu(menu_of(1, "v2"), "B")
    assert stores.replace_menu(menu_of(1, "v2"), "B")
    assert not stores.replace_menu(menu_of(1, "v1"), "A")
    store = stores.find("uber_eats", "ue-1")
    assert store is not None
    assert store.menu_version == "v2"


def test_store_is_remembered_for_a_few_seconds(dynamodb: Any) -> None:
    """A busy evening's orders do not each ask for their store; a new menu is seen soon."""
    clock = Clock()
    stores = StoreTable(dynamodb, "stores", "menu-items", clock)
    stores.replace_menu(menu_of(1, "v1"), "A")
    assert stores.find("uber_eats", "ue-1") is stores.find("uber_eats", "ue-1")
    stores.replace_menu(menu_of(1, "v2"), "B")
    clock.at_ms = KEEP_STORE_MS
    store = stores.find("uber_eats", "ue-1")
    assert store is not None
    assert store.menu_version == "v2"
    assert {(channel, id_) for channel, id_, _ in stores.all()} == {
        ("uber_eats", "ue-1"), ("doordash", "dd-1"),
    }  # fmt: skip


def test_token_is_shared(dynamodb: Any) -> None:
    """What one container was granted, the others use."""
    token = Token("t", 1_800_000_000_123, "r", 5, 1, 7)
    TokenTable(dynamodb, "partner-tokens").put("uber_eats", token)
    assert TokenTable(dynamodb, "partner-tokens").get("uber_eats") == token
    assert TokenTable(dynamodb, "partner-tokens").get("other") is None


@pytest.mark.parametrize("access", ["", "old"])
def test_one_container_may_renew_a_token(dynamodb: Any, access: str) -> None:
    """Until its lease ends, or the token it was for is another."""
    tokens = TokenTable(dynamodb, "partner-tokens")
    if access:
        tokens.put("uber_eats", Token(access, 5))
    assert tokens.lease("uber_eats", access, 1_000, 2_000)
    assert not tokens.lease("uber_eats", access, 1_500, 2_500)
    assert tokens.lease("uber_eats", access, 2_001, 3_000)
    tokens.put("uber_eats", Token("new", 9))
    assert not tokens.lease("uber_eats", access, 5_000, 6_000)
    assert tokens.lease("uber_eats", "new", 5_000, 6_000)


def test_circuits_are_counted_opened_tried_and_closed(dynamodb: Any) -> None:
    """What containers agree on about a point of sale."""
    limits = LimitTable(dynamodb, "limits")
    assert limits.circuits(["a", "b"]) == {}
    assert [limits.failed("a", 0).failures for _ in range(3)] == [1, 2, 3]
    assert limits.open("a", 5_000) == Circuit(3, 5_000, 1)
    assert limits.circuits(["a", "b"]) == {"a": Circuit(3, 5_000, 1)}
    assert limits.probe("a", 5_000, 9_000)
    assert not limits.probe("a", 5_000, 9_000)
    limits.close("a")
    assert limits.circuits(["a"]) == {}
    assert [limits.take("r#1", 5, 12, 0) for _ in range(3)] == [True, True, False]
    assert limits.take("r#1", 2, 12, 0)
    assert not limits.take("r#2", 5, 4, 0)

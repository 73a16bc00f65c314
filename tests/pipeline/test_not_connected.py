"""A seller whose tokens are refused: what is under way there waits, and people know of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.bootstrap import Services
from chalicelib.config import read_config
from simulators.audit import findings
from simulators.street import BUCKET
from tests.pipeline.test_reconciliation import compare_today, reports
from tests.pipeline.test_stock import EVERYWHERE, off_at, set_stock

if TYPE_CHECKING:
    from simulators.street import Street

CLOVER = 2


def disconnect(street: Street) -> None:
    """Have the vendor refuse every token of the Clover store's owner, without a word."""
    street.world.clover.tokens.revoke(street.world.generator.stores[CLOVER].location_id)


def accepted(street: Street, channel: str = "uber_eats") -> str:
    """Return an order that the Clover store has in its kitchen."""
    order_id = street.place(channel, store=CLOVER)
    street.go(seconds=30)
    assert street.decisions() == {order_id: "accepted"}
    return order_id


def test_a_partners_cancellation_is_carried_out_once_the_owner_has_connected_again(
    long_street: Street,
) -> None:
    """Until then the kitchen has a ticket that nobody pays for: staff hear of it at once."""
    street = long_street
    order_id = accepted(street)
    disconnect(street)
    street.world.uber.cancel_by_customer(order_id)
    street.go(seconds=60)
    [note] = [one for one in street.notes() if one["type"] == "order.void_failed"]
    assert order_id in note["subject"]
    assert "has to connect its account again" in note["reason"]
    street.go(seconds=3600, step=30)
    assert len([one for one in street.notes() if one["type"] == "order.void_failed"]) == 1
    street.connect_sellers()
    street.go(seconds=600, step=30)
    [order] = street.world.clover.orders()
    assert order.get("deleted")
    assert street.records()[0]["undo"]["S"] == "done"
    assert findings(street) == []


def test_the_kitchens_own_cancellation_reaches_the_partner_without_a_token(
    long_street: Street,
) -> None:
    """Whose ticket was deleted our own table knows."""
    street = long_street
    order_id = accepted(street, "doordash")
    disconnect(street)
    [order] = street.world.clover.orders()
    street.world.clover.delete_at_the_till(order["id"])
    street.go(seconds=60)
    assert street.world.doordash.order_state(order_id) == "CANCELLED"
    assert street.records()[0]["answered"]["S"] == "cancelled"
    assert findings(street) == []


def test_what_changes_in_an_order_is_looked_at_until_somebody_can(long_street: Street) -> None:
    """A change of our own order waits for the owner, or for people; others' are none of ours."""
    street = long_street
    accepted(street)
    disconnect(street)
    [order] = street.world.clover.orders()
    clover, merchant_id = street.world.clover, street.world.generator.stores[CLOVER].location_id
    clover._publish_change(merchant_id, f"O:{order['id']}", "UPDATE")
    clover._publish_change(merchant_id, "O:SOMEBODYS", "UPDATE")
    street.go(seconds=120)
    assert street.unfinished("ticket-changes") == 1
    street.connect_sellers()
    street.go(seconds=600, step=30)
    assert street.is_at_rest()
    assert street.queue_depth("ticket-changes-dead-letters") == 0


def test_what_is_sold_out_meanwhile_is_off_once_the_owner_has_connected_again(
    long_street: Street,
) -> None:
    """A webhook says nothing but "look": who is not let in looks again, for more than an hour."""
    street, store = long_street, long_street.world.generator.stores[CLOVER]
    accepted(street)
    disconnect(street)
    set_stock(street, store, available=False)
    street.go(seconds=1_800, step=30)
    assert off_at(street, store) == set()
    street.connect_sellers()
    street.go(seconds=600, step=30)
    assert off_at(street, store) == EVERYWHERE
    assert street.is_at_rest()


def test_the_night_says_that_it_could_not_read_a_store_whose_owner_is_gone(
    long_street: Street,
) -> None:
    """Who asks again soon is told to wait, for minutes by then: the night tries no longer."""
    street = long_street
    accepted(street)
    disconnect(street)
    store = street.world.generator.stores[CLOVER]
    compare_today(street)
    table = Services(read_config(), street.world.now_ms).tokens
    name = f"clover/{store.location_id}"
    refused = table.get(name)
    assert refused is not None
    assert refused.disconnected_ms
    table.put(name, replace(refused, refused_until_ms=street.world.now_ms() + 600_000))
    street.offline.client("s3").delete_object(Bucket=BUCKET, Key=report_of(street, store.store_id))
    report = compare_today(street)[store.store_id]
    assert [one["kind"] for one in report["differences"]] == ["kitchen_unread"]


def report_of(street: Street, store_id: str) -> str:
    """Return the file with a store's report of today."""
    return f"reports/{reports(street)[store_id]['day']}/{store_id}.json"

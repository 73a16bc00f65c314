"""Store and forward: who may call a point of sale, and who waits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.domain.store import Store
from chalicelib.pos.base import Capabilities, Idempotency, RateScope
from chalicelib.stores.breaker import OPEN_MS, STORE_FAILURES, VENDOR_FAILURES, Breaker, CircuitOpen

STORE = Store("s1", "square", "L1", "USD", channels={"uber_eats": "ue-1"})
OTHER = replace(STORE, store_id="s2", location_id="L2")
FREE = Capabilities(Idempotency.KEY)


def breaker(house: Any) -> Breaker:
    """Return the breaker of one more container."""
    return Breaker(lambda: house.limits, lambda: house.bus, house.clock)


def enter(breaker: Breaker, store: Store = STORE, capabilities: Capabilities = FREE) -> None:
    breaker.enter(store, capabilities, 2**62)


def fail(breaker: Breaker, store: Store = STORE, times: int = STORE_FAILURES) -> None:
    for _ in range(times):
        enter(breaker, store)
        breaker.failed(store)


def test_failures_in_a_row_open_the_stores_circuit_for_all_containers(house: Any) -> None:
    """And for no other store."""
    fail(breaker(house))
    with pytest.raises(CircuitOpen):
        enter(breaker(house))
    enter(breaker(house), OTHER)


def test_failures_of_many_stores_open_the_vendors_circuit(house: Any) -> None:
    """Then it is the vendor, not a store."""
    for number in range(VENDOR_FAILURES):
        fail(breaker(house), replace(STORE, location_id=f"L{number}"), times=1)
    with pytest.raises(CircuitOpen):
        enter(breaker(house), replace(STORE, location_id="L-new"))


def test_success_forgets_the_failures(house: Any) -> None:
    """Only failures in a row count."""
    one = breaker(house)
    for _ in range(5):
        fail(one, times=STORE_FAILURES - 1)
        enter(one)
        one.succeeded(STORE)
    enter(breaker(house))


def test_one_container_tries_when_the_circuits_time_is_over(house: Any) -> None:
    """Its success lets everybody through, its failure nobody."""
    fail(breaker(house))
    house.clock.advance(OPEN_MS / 1000)
    one, two = breaker(house), breaker(house)
    enter(one)
    with pytest.raises(CircuitOpen):
        enter(two)
    one.failed(STORE)
    with pytest.raises(CircuitOpen):
        enter(breaker(house))
    house.clock.advance(OPEN_MS / 1000)
    one = breaker(house)
    enter(one)
    one.succeeded(STORE)
    enter(breaker(house))


def test_store_is_paused_once_and_opened_once(house: Any) -> None:
    """After several openings in a row; a hiccup pauses nobody."""
    fail(breaker(house))
    for _ in range(5):
        house.clock.advance(30)
        one = breaker(house)
        enter(one)
        one.failed(STORE)
    assert house.bus.types() == ["store.offline"]
    assert house.bus.events[0].data["channels"] == {"uber_eats": "ue-1"}
    house.clock.advance(30)
    one = breaker(house)
    enter(one)
    one.succeeded(STORE)
    assert house.bus.types() == ["store.offline", "store.online"]


@pytest.mark.parametrize(("scope", "shared"), [(RateScope.APP, True), (RateScope.LOCATION, False)])
def test_vendors_rate_is_counted_by_its_scope(
    house: Any, scope: RateScope, *, shared: bool
) -> None:
    """Clover's is the app's, Toast's the restaurant's; a fifth is kept for orders in a hurry."""
    limited = Capabilities(Idempotency.NONE, rate_scope=scope, per_second=10)
    for _ in range(8):
        enter(breaker(house), STORE, limited)
    with pytest.raises(CircuitOpen) as waits:
        enter(breaker(house), STORE, limited)
    assert waits.value.until_ms == (house.clock() // 1000 + 1) * 1000
    breaker(house).enter(STORE, limited, house.clock() + 1_000)  # its deadline is near
    if shared:
        with pytest.raises(CircuitOpen):
            enter(breaker(house), OTHER, limited)
    else:
        enter(breaker(house), OTHER, limited)
    house.clock.advance(1)
    enter(breaker(house), STORE, limited)


def test_a_seller_who_is_gone_holds_up_no_other_store_of_the_vendor(house: Any) -> None:
    """Nobody was called: the vendor's try is the next one's, and its circuit stays closed."""
    for _ in range(VENDOR_FAILURES):
        breaker(house).not_let_in(STORE)
    enter(breaker(house), OTHER)
    with pytest.raises(CircuitOpen, match="L1 is open"):
        enter(breaker(house))
    for number in range(VENDOR_FAILURES):
        fail(breaker(house), replace(STORE, location_id=f"L-{number}"), times=1)
    house.clock.advance(OPEN_MS / 1000)
    gone = breaker(house)
    enter(gone)
    with pytest.raises(CircuitOpen, match="square is open"):
        enter(breaker(house), OTHER)
    gone.not_let_in(STORE)
    enter(breaker(house), OTHER)


def test_who_is_refused_takes_nothing_from_those_who_may(house: Any) -> None:
    """However many webhooks of other people's orders there are: their looks are refused."""
    limited = Capabilities(Idempotency.NONE, rate_scope=RateScope.APP, per_second=50)
    for number in range(60):
        looks = breaker(house)
        if number < 4:
            looks.look("square", "L9", limited)
        else:
            with pytest.raises(CircuitOpen, match="used up"):
                looks.look("square", "L9", limited)
    for _ in range(4):
        breaker(house).enter(STORE, limited, 2**62, calls=4)
    with pytest.raises(CircuitOpen, match="used up"):
        enter(breaker(house), STORE, limited)
    breaker(house).enter(STORE, limited, house.clock() + 1_000, calls=4)


def test_lot_costs_one_write(house: Any) -> None:
    """Not every call asks the table."""
    limited = Capabilities(Idempotency.LOOKUP, per_second=50)
    one = breaker(house)
    for _ in range(5):
        enter(one, STORE, limited)
    assert house.limits.writes == 1


def test_without_its_table_nothing_is_held_up(house: Any) -> None:
    """The breaker is there to help; an order is not lost for it."""

    def down(*_: Any) -> Any:
        raise AwsUnavailable("BatchGetItem: ThrottlingException")

    house.limits.circuits = house.limits.failed = house.limits.close = down
    one = breaker(house)
    enter(one)
    one.failed(STORE)
    one.succeeded(STORE)


def test_a_store_that_is_dead_takes_no_try_of_its_vendor(house: Any) -> None:
    """The vendor is back: the first call of a store that works opens its circuit for all."""
    for number in range(VENDOR_FAILURES):
        fail(breaker(house), replace(STORE, location_id=f"L{number}"), times=1)
    house.clock.advance(OPEN_MS / 2_000)
    for _ in range(STORE_FAILURES):
        breaker(house).failed(STORE)  # calls that began before: its own circuit opens later
    house.clock.advance(OPEN_MS / 2_000)
    with pytest.raises(CircuitOpen, match="L1 is open"):
        enter(breaker(house))
    works = breaker(house)
    enter(works, OTHER)
    works.succeeded(OTHER)
    enter(breaker(house), replace(STORE, location_id="L-new"))


def test_a_rate_that_is_used_up_takes_no_try(house: Any) -> None:
    """Whoever has to wait for the next second makes no call."""
    limited = Capabilities(Idempotency.LOOKUP, per_second=1)
    fail(breaker(house))
    house.clock.advance(OPEN_MS / 1000)
    house.limits.used[f"rate#square#L1#{house.clock() // 1000}"] = 1
    with pytest.raises(CircuitOpen, match="used up"):
        enter(breaker(house), STORE, limited)
    house.clock.advance(1)
    enter(breaker(house), STORE, limited)


def test_every_store_with_orders_is_paused_while_its_vendor_is_away(house: Any) -> None:
    """One try in seconds for fifty stores: no store's own circuit would open in half an hour."""
    stores = [replace(STORE, store_id=f"s{n}", location_id=f"L{n}") for n in range(50)]
    paused_after: dict[str, int] = {}
    for second in range(240):
        for store in stores[second % 10 :: 10]:  # each has an order every ten seconds
            container = breaker(house)
            try:
                enter(container, store)
            except CircuitOpen:
                continue
            container.failed(store)
        for event in house.bus.events:
            paused_after.setdefault(event.subject, second)
        house.clock.advance(1)
    assert set(paused_after) == {store.store_id for store in stores}
    assert 30 < min(paused_after.values()) <= max(paused_after.values()) < 90
    assert house.bus.types() == ["store.offline"] * 50
    house.clock.advance(30)
    works = breaker(house)
    enter(works, stores[0])
    works.succeeded(stores[0])
    assert house.bus.types()[50:] == ["store.online"]

"""Store and forward: a point of sale that is down is not asked again and again.

One circuit per vendor and one per store, shared by all containers. Failures in a row open it;
while it is open, orders wait for their deadline without a call. When its time is over one call
tries (half-open): its success closes the circuit, its failure opens it again. A container
remembers what it saw for a few seconds, so a healthy vendor costs a read now and then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.events import Event, event_id
from chalicelib.stores.circuit import Circuits, NotNow
from chalicelib.telemetry.metrics import put

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.adapters.event_bus import EventBus
    from chalicelib.adapters.limit_table import Circuit, LimitTable
    from chalicelib.domain.store import Store
    from chalicelib.pos.base import Capabilities

REMEMBER_MS = 5_000
STORE_FAILURES = 4
VENDOR_FAILURES = 12
OPEN_MS = 6_000
PROBE_MS = 12_000
"""How long the one that tries has before another may."""

PAUSE_AFTER_OPENINGS = 3
"""A store whose circuit opened so often in a row is paused at its partners…"""

PAUSE_MS = 600_000
"""…for so long. Then orders come again, and the first that fails pauses it anew."""

VENDOR_OPENINGS = 8
"""When a vendor's circuit opened so often in a row, the first orders have been denied by now: every
store that gets another one is paused. By its own circuit it never would be: few of its calls are
made while nobody gets through."""

VENDOR_PAUSE_MS = 300_000
"""No longer, for who sells nothing does not notice that the vendor is back."""

KEPT_FOR_LAST = 0.2
"""Of a vendor's rate so much is kept for the orders that have little time left…"""

KEPT_FOR_ORDERS = 0.6
"""…and so much for orders altogether: to look at what a thin webhook is about can wait."""

HURRY_MS = 30_000


class CircuitOpen(NotNow):
    """Nobody calls this point of sale before `until_ms`."""


class Breaker:
    """Whether a point of sale may be called, as far as all containers know."""

    def __init__(
        self,
        table: Callable[[], LimitTable],
        bus: Callable[[], EventBus],
        now_ms: Callable[[], int],
    ) -> None:
        self._table = table
        self._bus = bus
        self._now_ms = now_ms
        self._shared = Circuits(table, now_ms, "breaker")
        self._seen: dict[str, tuple[dict[str, Circuit], int]] = {}
        self._lots: dict[str, tuple[int, int]] = {}
        self._trying: dict[str, int] = {}

    def enter(
        self, store: Store, capabilities: Capabilities, decide_ms: int, calls: int = 1
    ) -> None:
        """Pass with so many calls, or raise CircuitOpen. Without its table nothing is held up."""
        with self._shared.blindly():
            circuits = self._circuits(store)
            for name, circuit in circuits.items():
                if self._now_ms() < circuit.open_until_ms:
                    with self._shared.blindly():
                        self._wait(store, circuits, circuit)
                    raise CircuitOpen(f"{name} is open", circuit.open_until_ms)
            hurry = decide_ms - self._now_ms() < HURRY_MS
            kept = 0 if hurry else KEPT_FOR_LAST
            self._spend(store.pos, store.location_id, capabilities, calls, kept)
            self._try_out(store, circuits)

    def _try_out(self, store: Store, circuits: dict[str, Circuit]) -> None:
        """Take the try of each circuit whose time is over, or raise CircuitOpen.

        Last of all: who takes a try and makes no call keeps all others from it. The store's first:
        who is too late for the vendor's has held up nobody but its own store.
        """
        for name in reversed(_names(store)):
            circuit, until_ms = circuits.get(name), self._now_ms() + PROBE_MS
            if not self._shared.take_try(name, circuit, until_ms):
                self._seen.pop(_place(store), None)
                raise CircuitOpen(f"{name} is being tried", self._now_ms() + OPEN_MS)
            if circuit is not None and circuit.open_until_ms:
                self._trying[name] = until_ms

    def paused_until_ms(self, store: Store) -> int | None:
        """Return until when partners send the store nothing, None when they do.

        AwsUnavailable when nobody knows.
        """
        name = _names(store)[1]
        circuit = self._table().circuits([name]).get(name)
        is_paused = circuit is not None and self._now_ms() < circuit.paused_until_ms
        return circuit.paused_until_ms if circuit and is_paused else None

    def _circuits(self, store: Store) -> dict[str, Circuit]:
        place, now_ms = _place(store), self._now_ms()
        seen = self._seen.get(place)
        if seen is None or not 0 <= now_ms - seen[1] < REMEMBER_MS:
            seen = self._seen[place] = (self._table().circuits(_names(store)), now_ms)
        return seen[0]

    def look(self, vendor: str, location_id: str, capabilities: Capabilities) -> None:
        """Pass with a call that can wait, or raise CircuitOpen: most of a rate is for orders."""
        with self._shared.blindly():
            self._spend(vendor, location_id, capabilities, 1, KEPT_FOR_ORDERS)

    def _spend(
        self, vendor: str, location_id: str, capabilities: Capabilities, calls: int, kept: float
    ) -> None:
        """Take calls out of what is not kept of a vendor's rate; in lots, or each costs a write."""
        most = capabilities.per_second
        if most is None:
            return
        scope = f"rate#{vendor}"
        if capabilities.rate_scope != "app":
            scope += f"#{location_id}"
        now_ms = self._now_ms()
        second, left = self._lots.get(scope, (0, 0))
        if second != now_ms // 1000:
            second, left = now_ms // 1000, 0
        if left < calls:
            lot = max(calls - left, most // 10)
            if not self._table().take(f"{scope}#{second}", lot, most - int(most * kept), now_ms):
                raise CircuitOpen(f"{scope} is used up", (second + 1) * 1000)
            left += lot
        self._lots[scope] = (second, left - calls)

    def succeeded(self, store: Store) -> None:
        """Note that a call was answered."""
        seen, _ = self._seen.get(_place(store), ({}, 0))
        if not seen:
            return
        self._seen.pop(_place(store), None)
        for name, circuit in seen.items():
            self._trying.pop(name, None)
            with self._shared.blindly():
                self._table().close(name)
            if circuit.opened:
                self._count_as("CircuitsClosed", store, circuit=name)
            was_paused = circuit.paused_until_ms or circuit.opened >= PAUSE_AFTER_OPENINGS
            if was_paused and name == _names(store)[1]:
                self._publish("store.online", store, circuit.paused_until_ms)

    def failed(self, store: Store) -> None:
        """Note that a call brought nothing; perhaps nobody calls for a while."""
        self._seen.pop(_place(store), None)
        for name, most in zip(_names(store), (VENDOR_FAILURES, STORE_FAILURES), strict=True):
            with self._shared.blindly():
                self._count(store, name, most)

    def not_let_in(self, store: Store) -> None:
        """Note that nothing was called: the store's owner lets us in no more.

        That says nothing of the vendor: if its try was taken for this, somebody else may have it.
        """
        self._seen.pop(_place(store), None)
        for name in _names(store):
            if until_ms := self._trying.pop(name, 0):
                with self._shared.blindly():
                    self._shared.give_try_back(name, until_ms)
        with self._shared.blindly():
            self._count(store, _names(store)[1], STORE_FAILURES)

    def _count(self, store: Store, name: str, most: int) -> None:
        is_try = self._trying.pop(name, None) is not None
        circuit = self._shared.failed(name, most, OPEN_MS, is_try=is_try)
        if circuit is None:
            return
        self._count_as("CircuitsOpened", store, circuit=name)
        if name == _names(store)[1] and circuit.opened >= PAUSE_AFTER_OPENINGS:
            self._pause(store, circuit.paused_until_ms, PAUSE_MS)

    def _wait(self, store: Store, circuits: dict[str, Circuit], open_: Circuit) -> None:
        """Pause a store that has an order while nobody gets through to its vendor."""
        vendors, own = (circuits.get(name) for name in _names(store))
        if vendors is open_ and open_.opened >= VENDOR_OPENINGS:
            self._pause(store, own.paused_until_ms if own else 0, VENDOR_PAUSE_MS)

    def _pause(self, store: Store, paused_until_ms: int, for_ms: int) -> None:
        """Begin a pause, unless there is one; written first: partners are told what is written."""
        now_ms, name = self._now_ms(), _names(store)[1]
        is_over = paused_until_ms <= now_ms
        if is_over and self._table().pause(name, now_ms, now_ms + for_ms):
            self._seen.pop(_place(store), None)
            self._publish("store.offline", store, now_ms)

    def _publish(self, type_: str, store: Store, which: int) -> None:
        now_ms = self._now_ms()
        id_ = event_id(type_, store.store_id, which)
        data = {"storeId": store.store_id, "pos": store.pos, "channels": store.channels}
        event = Event(id_, type_, store.store_id, now_ms, data)
        metric = "StoresOffline" if type_ == "store.offline" else "StoresOnline"
        self._count_as(metric, store)
        with self._shared.blindly():
            self._bus().publish([event])

    def _count_as(self, metric: str, store: Store, **properties: str) -> None:
        dimensions = {"vendor": store.pos, "store": store.store_id}
        put(self._now_ms(), {metric: 1}, dimensions, **properties)


def _place(store: Store) -> str:
    return f"{store.pos}#{store.location_id}"


def _names(store: Store) -> list[str]:
    return [f"circuit#{store.pos}", f"circuit#{store.pos}#{store.location_id}"]

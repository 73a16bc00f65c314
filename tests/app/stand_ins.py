"""Stand-ins for AWS, points of sale and partners that live in memory."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.limit_table import Circuit
from chalicelib.adapters.records import due_for, to_item, to_record
from chalicelib.adapters.secrets import Secrets as AllSecrets
from chalicelib.adapters.secrets import VendorSecrets
from chalicelib.adapters.token_table import Token
from chalicelib.domain.errors import VersionConflict
from chalicelib.domain.money import Money
from chalicelib.domain.order import Line, Modifier, Order
from chalicelib.domain.states import State
from chalicelib.domain.store import Store
from chalicelib.pos.base import (
    Capabilities,
    Idempotency,
    PosNotice,
    PosOutcomeUnknown,
    PosUnavailable,
    Ticket,
    TicketState,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chalicelib.adapters.http import HttpReply
    from chalicelib.domain.events import Event
    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.store import Menu

START_MS = 1_800_000_000_000
ENVIRONMENT = json.loads((Path(__file__).parents[2] / ".chalice/config.json").read_text())[
    "stages"
]["local"]["environment_variables"] | {
    "STAGE": "local",
    "SECRET_ID": "order-middleware/local/vendors",
    "SQUARE_BASE_URL": "http://127.0.0.1:9001/square",
    "SQUARE_NOTIFICATION_URL": "http://127.0.0.1:8000/webhooks/pos/square",
    "UBER_BASE_URL": "http://127.0.0.1:9001/uber",
    "UBER_AUTH_URL": "http://127.0.0.1:9001/uber/oauth/v2/token",
    "DOORDASH_BASE_URL": "http://127.0.0.1:9001/doordash",
}
SECRETS = VendorSecrets(
    {
        "uber_client_id": "uber-local-client",
        "uber_client_secret": "uber-local-secret",
        "doordash_webhook_token": "doordash-local-token",
        "doordash_developer_id": "dev-local",
        "doordash_key_id": "key-local",
        "doordash_signing_secret": "ZG9vcmRhc2gtbG9jYWwtc2lnbmluZy1zZWNyZXQ",
        "square_access_token": "square-local-token",
        "square_webhook_signature_key": "square-local-signature-key",
        **dict.fromkeys(("toast_webhook_secret", "clover_webhook_code"), "local"),
    }
)
STORE = Store("store-1", "square", "L1", "USD", 15, "v1")


class Crash(BaseException):
    """The function died. No handler may catch it, as none can on Lambda."""


class Clock:
    def __init__(self) -> None:
        self.at_ms = START_MS

    def __call__(self) -> int:
        return self.at_ms

    def advance(self, seconds: float) -> None:
        self.at_ms += round(seconds * 1000)


@dataclass
class Steps:
    """Counts every effect on the outside and lets the function die before or after chosen ones."""

    before: frozenset[int] = frozenset()
    after: frozenset[int] = frozenset()
    count: int = 0

    def take(self, effect: Callable[[], Any]) -> Any:
        self.count += 1
        number = self.count
        if number in self.before:
            raise Crash
        result = effect()
        if number in self.after:
            raise Crash
        return result


@dataclass
class Orders:
    steps: Steps
    records: dict[str, OrderRecord] = field(default_factory=dict)

    def get(self, key: str) -> OrderRecord | None:
        return self.records.get(key)

    def save(self, record: OrderRecord) -> OrderRecord:
        saved: OrderRecord = self.steps.take(lambda: self._save(record))
        return saved

    def take(
        self, key: str, to: State, now_ms: int, lease_ms: int
    ) -> tuple[OrderRecord | None, bool]:
        record = self.records.get(key)
        waits = record is not None and (record.next_try_ms or 0) > now_ms
        if record is None or record.state is not State.RECEIVED or waits:
            return record, False
        taken = replace(record.submit(now_ms, lease_ms), state=to, outbox=record.outbox)
        return self.steps.take(lambda: self._save(taken)), True

    def _save(self, record: OrderRecord) -> OrderRecord:
        known = self.records.get(record.key)
        if (known.version if known else 0) != record.version - 1:
            raise VersionConflict(record.key)
        stored = to_record(to_item(record))  # as the table would give it back
        self.records[record.key] = stored
        return record

    def key_of_ticket(self, vendor: str, pos_order_id: str) -> str | None:
        wanted = (vendor, pos_order_id)
        known = self.records.values()
        found = (r for r in known if r.store and (r.store.pos, r.pos_order_id) == wanted)
        return next((record.key for record in found), None)

    def due(self, now_ms: int) -> Iterator[tuple[str, str]]:
        due = [r for r in self.records.values() if r.due_ms is not None and r.due_ms <= now_ms]
        yield from [(r.key, due_for(r)) for r in sorted(due, key=lambda r: r.due_ms or 0)]


@dataclass
class Limits:
    """Circuits in memory."""

    known: dict[str, Circuit] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    writes: int = 0

    def take(self, name: str, amount: int, most: int, now_ms: int) -> bool:
        self.writes += 1
        used = self.used.get(name, 0) + amount
        if used <= most:
            self.used[name] = used
        return used <= most

    def circuits(self, names: list[str]) -> dict[str, Circuit]:
        return {name: self.known[name] for name in names if name in self.known}

    def failed(self, name: str, now_ms: int) -> Circuit:
        circuit = self.known.get(name, Circuit())
        self.known[name] = replace(circuit, failures=circuit.failures + 1)
        return self.known[name]

    def open(self, name: str, until_ms: int) -> Circuit:
        circuit = self.known[name]
        opened = circuit.opened + 1
        self.known[name] = replace(circuit, open_until_ms=until_ms, opened=opened)
        return self.known[name]

    def probe(self, name: str, open_until_ms: int, next_ms: int) -> bool:
        circuit = self.known.get(name)
        if circuit is None or circuit.open_until_ms != open_until_ms:
            return False
        self.known[name] = replace(circuit, open_until_ms=next_ms)
        return True

    def pause(self, name: str, now_ms: int, until_ms: int) -> bool:
        circuit = self.known.get(name, Circuit())
        if now_ms < circuit.paused_until_ms:
            return False
        self.known[name] = replace(circuit, paused_until_ms=until_ms)
        return True

    def close(self, name: str) -> None:
        self.known.pop(name, None)


@dataclass
class Stores:
    stores: dict[tuple[str, str], Store] = field(default_factory=dict)
    items: dict[str, dict[str, str]] = field(default_factory=dict)
    sequencers: dict[str, str] = field(default_factory=dict)

    def find(self, channel: str, channel_store_id: str) -> Store | None:
        return self.stores.get((channel, channel_store_id))

    def all(self) -> Iterator[tuple[str, str, Store]]:
        yield from [(*name, store) for name, store in self.stores.items()]

    def pos_ids(self, store: Store, item_ids: Sequence[str]) -> dict[str, str]:
        known = self.items.get(f"{store.store_id}#{store.menu_version}", {})
        return {id_: known[id_] for id_ in item_ids if id_ in known}

    def replace_menu(self, menu: Menu, sequencer: str, also: Any = None) -> bool:
        if self.sequencers.get(menu.store.store_id, "") > sequencer:
            return False
        self.sequencers[menu.store.store_id] = sequencer
        version = f"{menu.store.store_id}#{menu.store.menu_version}"
        self.items[version] = {item.id: item.pos_id for item in menu.items}
        for channel, channel_store_id in menu.channels.items():
            self.stores[channel, channel_store_id] = menu.store
        return True


@dataclass
class Bus:
    steps: Steps
    events: list[Event] = field(default_factory=list)
    fails: bool = False

    def publish(self, events: Sequence[Event]) -> None:
        self.steps.take(lambda: self._publish(events))

    def _publish(self, events: Sequence[Event]) -> None:
        if self.fails:
            raise AwsUnavailable("PutEvents: InternalFailure")
        self.events.extend(events)

    def types(self) -> list[str]:
        return [event.type for event in self.events]


@dataclass
class Queues:
    steps: Steps
    sent: list[tuple[str, Any, int]] = field(default_factory=list)
    fails: bool = False

    def send(self, queue: str, body: dict[str, Any], delay_seconds: int = 0) -> None:
        self.steps.take(lambda: self._send(queue, body, delay_seconds))

    def send_all(self, queue: str, bodies: Sequence[dict[str, Any]]) -> None:
        for body in bodies:
            self._send(queue, body, 0)

    def _send(self, queue: str, body: dict[str, Any], delay_seconds: int) -> None:
        if self.fails:
            raise AwsUnavailable("SendMessage: ServiceUnavailable")
        self.sent.append((queue, body, delay_seconds))

    def hold_back(self, queue: str, receipt_handle: str, seconds: int) -> None:
        self.sent.append(("held back", receipt_handle, seconds))


@dataclass
class Files:
    objects: dict[str, bytes] = field(default_factory=dict)
    fails: bool = False

    def read(self, key: str) -> bytes:
        return self.objects[key]

    def write(self, key: str, body: bytes) -> None:
        if self.fails:
            raise AwsUnavailable("PutObject: SlowDown")
        self.objects[key] = body

    def read_at_most(self, key: str, limit: int) -> bytes | None:
        return self.objects.get(key, b"")[:limit] or None

    def keys(self, prefix: str) -> Iterator[str]:
        return (key for key in sorted(self.objects) if key.startswith(prefix))

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)


@dataclass
class Tokens:
    tokens: dict[str, Token] = field(default_factory=dict)
    leases: dict[str, int] = field(default_factory=dict)

    def get(self, name: str) -> Token | None:
        return self.tokens.get(name)

    def put(self, name: str, token: Token) -> None:
        self.tokens[name] = token
        self.leases.pop(name, None)

    def replace(self, name: str, access: str, token: Token) -> bool:
        if self.tokens.get(name, Token("")).access != access:
            return False
        self.put(name, token)
        return True

    def all(self) -> Iterator[tuple[str, Token]]:
        yield from list(self.tokens.items())

    def tell_once(self, name: str, what: str) -> bool:
        known = self.tokens[name]
        self.tokens[name] = replace(known, told=what)
        return known.told != what

    def use_up(self, name: str, expires_at: int) -> bool:
        fresh = name not in self.tokens
        self.tokens.setdefault(name, Token("", expires_at * 1000))
        return fresh

    def lease(self, name: str, access: str, now_ms: int, until_ms: int) -> bool:
        known = self.tokens.get(name, Token(""))
        if known.access != access or now_ms < self.leases.get(name, 0):
            return False
        self.tokens[name] = replace(known, begun_ms=now_ms)
        self.leases[name] = until_ms
        return True


@dataclass
class Http:
    """Answers calls from a list and remembers them."""

    replies: deque[HttpReply | Exception] = field(default_factory=deque)
    calls: list[dict[str, Any]] = field(default_factory=list)

    def call(self, method: str, url: str, **more: Any) -> HttpReply:
        self.calls.append({"method": method, "url": url, **more})
        reply = self.replies.popleft()
        if isinstance(reply, Exception):
            raise reply
        return reply


OK, LOST_AFTER, LOST_BEFORE, UNAVAILABLE = "ok", "lost_after", "lost_before", "unavailable"


@dataclass
class Till:
    """A point of sale in memory. `outcomes` says how the next calls end; then all is well.

    With `by_key` off it makes a ticket per create, as one without idempotency keys would.
    """

    steps: Steps
    by_key: bool = True
    outcomes: deque[str] = field(default_factory=deque)
    created: list[tuple[str, str]] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    voided: list[str] = field(default_factory=list)
    vendor: str = "square"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(Idempotency.KEY if self.by_key else Idempotency.LOOKUP)

    @property
    def standing(self) -> list[str]:
        """Tickets that the kitchen works from."""
        return [id_ for id_ in self.released if id_ not in self.voided]

    def find(self, record: OrderRecord) -> Ticket | None:
        found: Ticket | None = self._call(lambda: self._found(record))
        return found

    def _found(self, record: OrderRecord) -> Ticket | None:
        mine = [id_ for key, id_ in self.created if key == record.key and id_ not in self.voided]
        return Ticket(mine[0], Money(1, "USD")) if mine else None

    def create(self, record: OrderRecord) -> Ticket:
        def make() -> Ticket:
            found = self._found(record) if self.by_key else None
            if found is None:
                found = Ticket(f"ticket-{len(self.created) + 1}", Money(1, "USD"))
                self.created.append((record.key, found.pos_order_id))
            return found

        made: Ticket = self._call(make)
        return made

    def release(self, record: OrderRecord, ticket: Ticket) -> None:
        def print_() -> None:
            if ticket.pos_order_id not in self.released:
                self.released.append(ticket.pos_order_id)

        self._call(print_)

    def void(self, record: OrderRecord, ticket: Ticket) -> None:
        self._call(lambda: self.voided.append(ticket.pos_order_id))

    def state_of(self, record: OrderRecord, ticket: Ticket) -> TicketState:
        def look() -> TicketState:
            if ticket.pos_order_id in self.voided:
                return TicketState.VOIDED
            is_printed = ticket.pos_order_id in self.released
            return TicketState.PRINTED if is_printed else TicketState.UNPRINTED

        state: TicketState = self._call(look)
        return state

    def order_key_of(self, notice: PosNotice) -> str | None:
        return next((key for key, id_ in self.created if id_ == notice.pos_order_id), None)

    def _call(self, act: Callable[[], Any]) -> Any:
        outcome = self.outcomes.popleft() if self.outcomes else OK
        if outcome == UNAVAILABLE:
            raise PosUnavailable("HTTP 429")
        if outcome == LOST_BEFORE:
            raise PosOutcomeUnknown("read timeout")
        result = self.steps.take(act)
        if outcome == LOST_AFTER:
            raise PosOutcomeUnknown("read timeout")
        return result


class Partner:
    """A delivery partner in memory, for what comes after the webhook."""

    name = "uber_eats"
    polls = True
    shows_all_stores = False
    reads_back = True
    pauses_end = True
    decide_within_ms = 90_000
    give_up_ms = 690_000

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self.answers: list[tuple[str, str]] = []
        self.errors: deque[Exception] = deque()
        self.order: Order | Exception = make_order()
        self.open: list[Any] = []
        self.acknowledged: list[Any] = []
        self.stores: list[tuple[str, bool]] = []

    def order_payload(self, notice: Any, body: bytes) -> dict[str, Any]:
        return {}

    def to_order(self, notice: Any, payload: Any, currency: str) -> Order:
        if isinstance(self.order, Exception):
            raise self.order
        return replace(
            self.order, channel_store_id=notice.channel_store_id, order_id=notice.order_id
        )

    def accept(self, record: OrderRecord, ready_ms: int) -> None:
        self._answer(record, "accepted")

    def hold(self, record: OrderRecord, ready_ms: int) -> None:
        self._answer(record, "held")

    def deny(self, record: OrderRecord) -> None:
        self._answer(record, "denied")

    def cancel(self, record: OrderRecord, refusal: Any) -> None:
        self._answer(record, "cancelled")

    def agree_to_cancel(self, record: OrderRecord) -> None:
        self._answer(record, "agreed")

    def ready(self, record: OrderRecord) -> None:
        self._answer(record, "ready")

    def open_orders(self, channel_store_id: str) -> list[Any]:
        return [notice for notice in self.open if notice.channel_store_id == channel_store_id]

    def acknowledge(self, notices: list[Any]) -> None:
        if self.errors:
            raise self.errors.popleft()
        self.acknowledged.extend(notices)

    def items_off(self, channel_store_id: str) -> None:
        return None

    def set_store_open(self, channel_store_id: str, *, is_open: bool, **_more: Any) -> None:
        self.stores.append((channel_store_id, is_open))

    def _answer(self, record: OrderRecord, what: str) -> None:
        if self.errors:
            raise self.errors.popleft()
        self._steps.take(lambda: self.answers.append((record.key, what)))


def make_order(**changes: Any) -> Order:
    """Return a burger with cheese, twice."""
    cheese = Modifier("cheese", "Cheese", 1, Money(100, "USD"))
    line = Line("burger", "Burger", 2, Money(900, "USD"), note="", modifiers=(cheese,))
    order = Order("uber_eats", "ue-store", "o-1", "A1", "USD", (line,), Money(2000, "USD"))
    return replace(order, **changes)


class Secrets:
    """The local secrets."""

    def get(self) -> VendorSecrets:
        return SECRETS

    def all(self) -> AllSecrets:
        return AllSecrets(SECRETS)

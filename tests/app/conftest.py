"""The order middleware on stand-ins for AWS that live in memory, with a clock that tests move.

`house` is one set of them, `House` the class for tests that need many.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import handlers
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.secrets import Secrets as AllSecrets
from chalicelib.adapters.secrets import VendorSecrets
from chalicelib.bootstrap import Services
from chalicelib.channels.doordash import DoorDash
from chalicelib.channels.tokens import TokenCache
from chalicelib.channels.uber_eats import UberEats
from chalicelib.config import read_config
from chalicelib.domain.commands import SubmitOrder, SweepDeadlines
from chalicelib.domain.errors import DomainError, VersionConflict
from chalicelib.domain.money import Money
from chalicelib.domain.order import Line, Modifier, Order
from chalicelib.domain.record import OrderRecord
from chalicelib.domain.states import State
from chalicelib.domain.store import Store
from chalicelib.pos.base import PosNotice, PosOutcomeUnknown, PosUnavailable, Ticket
from chalicelib.pos.square import Square

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chalicelib.adapters.http import HttpReply
    from chalicelib.domain.events import Event
    from chalicelib.domain.store import Menu

START_MS = 1_800_000_000_000
ENVIRONMENT = {
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
        return self.steps.take(lambda: self._save(record))

    def _save(self, record: OrderRecord) -> OrderRecord:
        known = self.records.get(record.key)
        if (known.version if known else 0) != record.version - 1:
            raise VersionConflict(record.key)
        self.records[record.key] = record
        return record

    def due(self, now_ms: int) -> Iterator[str]:
        due = [r for r in self.records.values() if r.due_ms is not None and r.due_ms <= now_ms]
        yield from [r.key for r in sorted(due, key=lambda r: r.due_ms or 0)]


@dataclass
class Stores:
    stores: dict[tuple[str, str], Store] = field(default_factory=dict)
    items: dict[str, dict[str, str]] = field(default_factory=dict)
    sequencers: dict[str, str] = field(default_factory=dict)

    def find(self, channel: str, channel_store_id: str) -> Store | None:
        return self.stores.get((channel, channel_store_id))

    def pos_ids(self, store: Store, item_ids: Sequence[str]) -> dict[str, str]:
        known = self.items.get(f"{store.store_id}#{store.menu_version}", {})
        return {id_: known[id_] for id_ in item_ids if id_ in known}

    def replace_menu(self, menu: Menu, sequencer: str) -> bool:
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
    sent: list[tuple[str, str, str]] = field(default_factory=list)

    def send_in_order(self, queue: str, body: str, group: str) -> None:
        self.steps.take(lambda: self.sent.append((queue, body, group)))

    def hold_back(self, queue: str, receipt_handle: str, seconds: int) -> None:
        self.sent.append(("held back", receipt_handle, str(seconds)))


@dataclass
class Files:
    objects: dict[str, bytes] = field(default_factory=dict)

    def read(self, key: str) -> bytes:
        return self.objects[key]

    def write(self, key: str, body: bytes) -> None:
        self.objects[key] = body


@dataclass
class Tokens:
    tokens: dict[str, tuple[str, int]] = field(default_factory=dict)

    def get(self, name: str) -> tuple[str, int] | None:
        return self.tokens.get(name)

    def put(self, name: str, token: str, ends_ms: int) -> None:
        self.tokens[name] = (token, ends_ms)


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
    vendor: str = "square"

    def find(self, record: OrderRecord) -> Ticket | None:
        def look() -> Ticket | None:
            found = [id_ for key, id_ in self.created if key == record.key]
            return Ticket(found[0], Money(1, "USD")) if found else None

        return self._call(look)

    def create(self, record: OrderRecord) -> Ticket:
        def make() -> Ticket:
            found = [id_ for key, id_ in self.created if key == record.key]
            if not (found and self.by_key):
                found = [f"ticket-{len(self.created) + 1}"]
                self.created.append((record.key, found[0]))
            return Ticket(found[0], Money(1, "USD"))

        return self._call(make)

    def release(self, record: OrderRecord, ticket: Ticket) -> None:
        def print_() -> None:
            if ticket.pos_order_id not in self.released:
                self.released.append(ticket.pos_order_id)

        self._call(print_)

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
    give_up_ms = 690_000

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self.answers: list[tuple[str, str]] = []
        self.errors: deque[Exception] = deque()
        self.order: Order | Exception = make_order()

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

    def deny(self, record: OrderRecord) -> None:
        self._answer(record, "denied")

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


class House:
    """One middleware with everything around it replaced."""

    START_MS = START_MS

    def __init__(self, steps: Steps | None = None, *, real_vendors: bool = False) -> None:
        self.steps = steps or Steps()
        self.clock = Clock()
        self.orders = Orders(self.steps)
        self.stores = Stores()
        self.bus, self.default_bus = Bus(self.steps), Bus(self.steps)
        self.queues, self.files, self.tokens = Queues(self.steps), Files(), Tokens()
        self.http, self.till, self.partner = Http(), Till(self.steps), Partner(self.steps)
        self.config = read_config(ENVIRONMENT)
        replaced: dict[str, Any] = {
            "orders": self.orders,
            "stores": self.stores,
            "bus": self.bus,
            "default_bus": self.default_bus,
            "queues": self.queues,
            "files": self.files,
            "tokens": self.tokens,
            "secrets": Secrets(),
        }
        if not real_vendors:
            channels = {**self.real_channels(), self.partner.name: self.partner}
            replaced |= {"channels": channels, "points_of_sale": {"square": self.till}}
        self.services = Services(self.config, self.clock, **replaced)
        self.stores.stores["uber_eats", "ue-store"] = STORE
        self.stores.stores["doordash", "dd-store"] = STORE
        self.stores.items["store-1#v1"] = {"burger": "SQ-BURGER", "cheese": "SQ-CHEESE"}

    def real_channels(self) -> dict[str, Any]:
        """Return the channels as they ship, on this house's HTTP."""
        config, secrets = self.config, Secrets().get
        tokens = TokenCache("uber_eats", lambda: self.tokens, self.clock)  # type: ignore[arg-type,return-value]
        http: Any = self.http
        uber = UberEats(config.uber_base_url, config.uber_auth_url, http, secrets, tokens)
        return {
            "uber_eats": uber,
            "doordash": DoorDash(config.doordash_base_url, http, secrets, self.clock),
        }

    def square(self) -> Square:
        """Return Square as it ships, on this house's HTTP."""
        http: Any = self.http
        config = self.config
        return Square(config.square_base_url, config.square_notification_url, http, Secrets().get)

    def handle(self, command: Any) -> None:
        handlers.handle(self.services, command)

    def only(self) -> OrderRecord:
        """Return the one order there is."""
        (record,) = self.orders.records.values()
        return record

    def put_record(self, state: State, **changes: Any) -> OrderRecord:
        """Store an order that has come to `state` on the shortest way."""
        mapped, _ = make_order().mapped({"burger": "SQ-BURGER", "cheese": "SQ-CHEESE"})
        record = OrderRecord("uber_eats", "ue-store", "o-1", self.clock())
        record = record.receive(mapped, STORE, self.clock())
        if state in (State.SUBMITTING, State.POS_UNKNOWN, State.ACCEPTED):
            record = record.submit(self.clock())
        if state is State.POS_UNKNOWN:
            record = record.lose_track(self.clock())
        if state is State.ACCEPTED:
            record = record.accept("ticket-1", self.clock())
        record = replace(record, **changes)
        self.orders.records[record.key] = record
        return record

    def drain(self, max_rounds: int = 400) -> None:
        """Play EventBridge, SQS, SNS and the schedule until nothing is left to do.

        A failed message comes back after ten seconds, one whose function died after three
        minutes: by then the sweep has had its turn.
        """
        inbox: list[tuple[int, str, Any]] = []
        seen_events = seen_sent = 0
        next_sweep = self.clock() + 60_000
        for _ in range(max_rounds):
            for event in self.bus.events[seen_events:]:
                for stage, table in handlers.COMMANDS.items():
                    if event.type in table:
                        inbox.append((self.clock(), stage, event))
            seen_events = len(self.bus.events)
            for _queue, body, _group in self.queues.sent[seen_sent:]:
                key = json.loads(body)["order_key"]
                inbox.append((self.clock(), "submit", SubmitOrder(key)))
            seen_sent = len(self.queues.sent)
            open_ = any(r.due_ms is not None for r in self.orders.records.values())
            if not inbox and not open_:
                return
            inbox.sort(key=lambda message: message[0])
            if not inbox or inbox[0][0] > next_sweep:
                self.clock.at_ms = max(self.clock(), next_sweep)
                next_sweep += 60_000
                self._survive(lambda: self.handle(SweepDeadlines()))
                continue
            at_ms, stage, message = inbox.pop(0)
            self.clock.at_ms = max(self.clock(), at_ms)
            wait = self._survive(lambda: self._process(stage, message))  # noqa: B023
            if wait:
                inbox.append((self.clock() + wait, stage, message))
        raise AssertionError("the house does not come to rest")

    def _process(self, stage: str, message: Any) -> None:
        if isinstance(message, SubmitOrder):
            self.handle(message)
        else:
            self.handle(handlers.COMMANDS[stage][message.type](self.services, message))

    def _survive(self, act: Callable[[], None]) -> int:
        try:
            act()
        except Crash:
            return 180_000
        except (DomainError, ExceptionGroup):
            return 10_000
        return 0


class Secrets:
    """The local secrets."""

    def get(self) -> VendorSecrets:
        return SECRETS

    def all(self) -> AllSecrets:
        return AllSecrets(SECRETS)


@pytest.fixture
def house() -> House:
    """A middleware with everything around it replaced."""
    return House()


@pytest.fixture(scope="session")
def make_house() -> type[House]:
    """The class itself, for tests that need many houses."""
    return House


@pytest.fixture(scope="session")
def make_steps() -> type[Steps]:
    """The class of crash points."""
    return Steps


@pytest.fixture(scope="session")
def an_order() -> Callable[..., Order]:
    """Makes canonical orders."""
    return make_order

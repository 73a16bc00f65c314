"""The order middleware on stand-ins for AWS that live in memory, with a clock that tests move.

`house` is one set of them, `House` the class for tests that need many.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import handlers
from chalicelib.bootstrap import Services
from chalicelib.config import read_config
from chalicelib.domain.commands import AnswerPartner, FetchOrder, SubmitOrder, SweepDeadlines
from chalicelib.domain.errors import DomainError
from chalicelib.domain.record import OrderRecord
from chalicelib.domain.states import State
from chalicelib.pos.square import Square

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.domain.order import Order

from tests.app.stand_in_stock import Checkouts, Menus, Publications, Stock
from tests.app.stand_ins import (
    ENVIRONMENT,
    START_MS,
    STORE,
    Bus,
    Clock,
    Crash,
    Files,
    Http,
    Limits,
    Orders,
    Partner,
    Queues,
    Secrets,
    Steps,
    Stores,
    Till,
    Tokens,
    make_order,
)


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
        self.limits = Limits()
        self.stock = Stock()
        self.config = read_config(ENVIRONMENT)
        replaced: dict[str, Any] = {
            "orders": self.orders,
            "stores": self.stores,
            "menus": Menus(self.stores),
            "stock": self.stock,
            "publications": Publications(),
            "checkouts": Checkouts(),
            "bus": self.bus,
            "default_bus": self.default_bus,
            "queues": self.queues,
            "files": self.files,
            "tokens": self.tokens,
            "limits": self.limits,
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
        services = Services(
            self.config, self.clock, http=self.http, tokens=self.tokens, secrets=Secrets()
        )
        return dict(services.channels)

    def square(self) -> Square:
        """Return Square as it ships, on this house's HTTP."""
        http: Any = self.http
        config = self.config
        sellers: Any = None  # the app's own account needs none
        urls = (config.square_base_url, config.square_notification_url)
        return Square(*urls, http, Secrets().get, sellers)

    def handle(self, command: Any) -> None:
        handlers.handle(self.services, command)

    def only(self) -> OrderRecord:
        """Return the one order there is."""
        (record,) = self.orders.records.values()
        return record

    def put_record(self, state: State, **changes: Any) -> OrderRecord:
        """Store an order that has come to `state` on the shortest way."""
        mapped, _ = make_order().mapped({"burger": "SQ-BURGER", "cheese": "SQ-CHEESE"})
        now_ms = self.clock()
        record = OrderRecord("uber_eats", "ue-store", "o-1", now_ms, clock_ms=now_ms)
        record = record.receive(mapped, STORE, now_ms)
        if state is not State.RECEIVED:
            record = replace(record.submit(now_ms, 0), lease_until_ms=None, due_ms=now_ms)
        if state in (State.RELEASING, State.ACCEPTED):
            record = replace(record.print("ticket-1", 1, now_ms, 0), lease_until_ms=None)
        if state is State.ACCEPTED:
            record = record.accept("ticket-1", 1, now_ms)
        record = replace(record, **changes)
        self.orders.records[record.key] = record
        return record

    def drain(self, max_rounds: int = 600) -> None:
        """Play EventBridge, SQS, SNS and the schedule until nothing is left to do.

        A failed message comes back after ten seconds, one whose function died after 35.
        """
        inbox: list[tuple[int, str, Any]] = []
        seen_events = seen_sent = 0
        next_sweep = self.clock() + 60_000
        for _ in range(max_rounds):
            for event in self.bus.events[seen_events:]:
                for stage, table in handlers.COMMANDS.items():
                    if event.type in table:
                        inbox.append((self.clock(), stage, table[event.type](event)))
            seen_events = len(self.bus.events)
            for queue, body, seconds in self.queues.sent[seen_sent:]:
                if queue != "held back":
                    at_ms = self.clock() + seconds * 1000
                    inbox.append((at_ms, queue, WAKES[queue](body["order_key"])))
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
            wait = self._survive(lambda: self.handle(message))  # noqa: B023
            if wait:
                inbox.append((self.clock() + wait, stage, message))
        raise AssertionError("the house does not come to rest")

    def _survive(self, act: Callable[[], None]) -> int:
        try:
            act()
        except Crash:
            return 35_000
        except (DomainError, ExceptionGroup):
            return 10_000
        return 0


WAKES: dict[str, Callable[[str], Any]] = {
    "pos-square": lambda key: SubmitOrder(key, "square"),
    "inbound-orders": FetchOrder,
    "channel-callbacks": AnswerPartner,
}


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

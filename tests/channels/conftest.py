"""`partner`: each delivery partner's module as it ships, against that partner's simulator."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import responses

from chalicelib.adapters.http import VendorHttp
from chalicelib.adapters.secrets import Secrets, VendorSecrets
from chalicelib.adapters.token_table import Token
from chalicelib.channels.deliveroo import Deliveroo
from chalicelib.channels.doordash import DoorDash
from chalicelib.channels.open_delivery import OpenDelivery
from chalicelib.channels.uber_eats import UberEats
from chalicelib.domain.record import OrderRecord
from chalicelib.domain.store import read_menu
from chalicelib.tokens import TokenCache
from simulators.in_responses import mount
from simulators.menu import make_stores, menu_file
from simulators.orders import OrderGenerator
from simulators.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.channels.base import Channel
    from chalicelib.domain.commands import Notice
    from chalicelib.domain.order import Order
    from simulators.cart import PlacedOrder
    from simulators.timeline import OutgoingRequest

START_MS = 1_800_000_000_000
VENDORS = "http://127.0.0.1:9001"
CHANNELS = ("uber_eats", "doordash", "deliveroo", "open_delivery")
MOUNTS = {"uber_eats": "uber"}
VALUES = {
    "uber_client_id": "uber-local-client",
    "uber_client_secret": "uber-local-secret",
    "doordash_webhook_token": "doordash-local-token",
    "doordash_developer_id": "dev-local",
    "doordash_key_id": "key-local",
    "doordash_signing_secret": "ZG9vcmRhc2gtbG9jYWwtc2lnbmluZy1zZWNyZXQ",
    "deliveroo_client_id": "deliveroo-local-client",
    "deliveroo_client_secret": "deliveroo-local-secret",
    "deliveroo_webhook_secret": "deliveroo-local-webhook-secret",
    "open_delivery_client_id": "open-delivery-local-client",
    "open_delivery_client_secret": "open-delivery-local-secret",
}
SECRETS = VendorSecrets(VALUES)


@dataclass
class Tokens:
    """The table of tokens, in memory, for one container."""

    rows: dict[str, Token] = field(default_factory=dict)

    def get(self, name: str) -> Token | None:
        return self.rows.get(name)

    def put(self, name: str, token: Token) -> None:
        self.rows[name] = token

    def replace(self, name: str, access: str, token: Token) -> bool:
        if self.rows.get(name, Token("")).access != access:
            return False
        self.put(name, token)
        return True

    def lease(self, name: str, access: str, now_ms: int, until_ms: int) -> bool:
        return self.rows.get(name, Token("")).access == access


class Partner:
    """One partner: our module, the simulator, a clock, and customers."""

    def __init__(self, name: str) -> None:
        self.at_ms = START_MS
        self.name = name
        self.webhooks: list[OutgoingRequest] = []
        self.status = 202 if name == "doordash" else 200
        [self.shop] = make_stores(1)
        self.world = World(now_ms=lambda: self.at_ms, send=self._send, stores=[self.shop])
        self.simulator: Any = self.world.channels[name]
        self.store = read_menu(menu_file(self.shop), "v1").store
        self.generator = OrderGenerator(seed=3, stores=[self.shop], channels=[name])
        self.channel = self._channel(name)

    def _channel(self, name: str) -> Channel:
        http, clock = VendorHttp(), lambda: self.at_ms
        base, secrets = f"{VENDORS}/{MOUNTS.get(name, name)}", lambda: SECRETS
        table = Tokens()
        tokens = TokenCache(name, lambda: table, clock)  # type: ignore[arg-type,return-value]
        if name == "uber_eats":
            return UberEats(base, f"{base}/oauth/v2/token", http, secrets, tokens)
        if name == "doordash":
            return DoorDash(base, http, secrets, clock, provider_type="golden_crumb")
        if name == "deliveroo":
            return Deliveroo(
                base, f"{base}/oauth2/token", http, secrets, tokens, clock,
                brand_id="golden-crumb", menu_id="main",
            )  # fmt: skip
        return OpenDelivery(base, f"{base}/oauth/token", http, secrets, tokens, clock)

    def place(self, number: int = 0, **changes: Any) -> PlacedOrder:
        """Let a customer place an order, and its webhook leave."""
        made = self.generator.order(number, self.at_ms)
        self.simulator.place({**made.payload, **changes})
        self.simulator.tick()
        return made

    def notice(self, number: int = -1) -> Notice:
        """Return what a webhook is about, after its signature was checked."""
        headers, body = self.webhook(number)
        self.channel.verify(headers, body, Secrets(SECRETS))
        return self.channel.read_notice(headers, json.loads(body))

    def webhook(self, number: int = -1) -> tuple[dict[str, str], bytes]:
        request = self.webhooks[number]
        return {name.lower(): value for name, value in request.headers.items()}, request.body

    def order(self) -> Order:
        """Read the order behind the latest webhook."""
        notice = self.notice()
        payload = self.channel.order_payload(notice, self.webhook()[1])
        return self.channel.to_order(notice, payload, "USD")

    def record(self, number: int = 0, **changes: Any) -> OrderRecord:
        """Place an order and return it as one that we have received."""
        self.place(number, **changes)
        order = self.order()
        fresh = OrderRecord(self.name, order.channel_store_id, order.order_id, self.at_ms)
        return fresh.receive(order, self.store, self.at_ms)

    def advance(self, *, seconds: float) -> None:
        self.at_ms += round(seconds * 1000)
        self.simulator.tick()

    def decisions(self) -> list[str]:
        return [decision.decision for decision in self.simulator.decisions()]

    def _send(self, request: OutgoingRequest) -> int:
        self.webhooks.append(request)
        return self.status


@pytest.fixture(params=CHANNELS)
def partner(request: pytest.FixtureRequest) -> Iterator[Partner]:
    yield from opened(request.param)


@pytest.fixture
def deliveroo() -> Iterator[Partner]:
    yield from opened("deliveroo")


@pytest.fixture
def open_delivery() -> Iterator[Partner]:
    yield from opened("open_delivery")


def opened(name: str) -> Iterator[Partner]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as vendors:
        made = Partner(name)
        mount(vendors, VENDORS, made.world)
        yield made

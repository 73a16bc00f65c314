"""`till`: each point of sale's adapter as it ships, against that vendor's simulator."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
import responses

from chalicelib.adapters.http import VendorHttp
from chalicelib.adapters.secrets import Secrets, VendorSecrets
from chalicelib.adapters.token_table import Token
from chalicelib.domain.charges import Charge, ChargeKind, Party
from chalicelib.domain.money import Money
from chalicelib.domain.order import Line, Modifier, Order
from chalicelib.domain.record import OrderRecord
from chalicelib.domain.store import read_menu
from chalicelib.pos.clover import Clover
from chalicelib.pos.clover.oauth import CloverOAuth
from chalicelib.pos.square import Square
from chalicelib.pos.square.oauth import SquareOAuth
from chalicelib.pos.toast import Toast
from chalicelib.pos.toast.login import ToastLogin
from chalicelib.sellers.tokens import SellerTokens
from chalicelib.tokens import TokenCache
from simulators.in_responses import mount
from simulators.menu import make_stores, menu_file
from simulators.world import World
from tests.points_of_sale.square_document import Judged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.pos.base import PointOfSale, PosNotice
    from simulators.pos.kitchen import PointOfSaleSimulator
    from simulators.timeline import OutgoingRequest

START_MS = 1_800_000_000_000
VENDORS = "http://127.0.0.1:9001"
SECRETS = VendorSecrets(
    {
        "square_access_token": "square-local-token",
        "square_webhook_signature_key": "square-local-signature-key",
        "square_client_id": "square-local-client",
        "square_client_secret": "square-local-secret",
        "toast_client_id": "toast-local-client",
        "toast_client_secret": "toast-local-secret",
        "toast_webhook_secret": "toast-local-webhook-secret",
        "clover_client_id": "CLOVERLOCALAPP",
        "clover_webhook_code": "clover-local-auth-code",
    }
)


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


class Till:
    """One vendor: adapter, simulator, a clock, and orders for its store."""

    def __init__(self, vendor: str) -> None:
        self.at_ms = START_MS
        self.webhooks: list[OutgoingRequest] = []
        [shop] = make_stores(1, [vendor])
        self.world = World(now_ms=lambda: self.at_ms, send=self._send, stores=[shop])
        self.simulator: PointOfSaleSimulator = self.world.points_of_sale[vendor]
        self.menu = read_menu(menu_file(shop), "v1")
        self.store = self.menu.store
        self.tokens = Tokens()
        if vendor == "square":
            merchant = self.world.square.settings.merchant_id
            self.store = replace(self.store, pos_settings={"merchant": merchant})
            refresh = self.world.square.tokens.connect(merchant)
            self.tokens.put(f"square/{merchant}", Token("", refresh=refresh))
        refresh = f"clover-refresh-{shop.location_id}"
        self.tokens.put(f"clover/{shop.location_id}", Token("", refresh=refresh))
        self.judged: Judged | None = None
        self.pos = self._adapter(vendor)

    def _adapter(self, vendor: str) -> PointOfSale:
        table, clock = lambda: self.tokens, lambda: self.at_ms
        base, secrets = f"{VENDORS}/{vendor}", lambda: SECRETS
        http: Any = VendorHttp()
        caches: Any = lambda name: TokenCache(name, table, clock)  # type: ignore[arg-type,return-value]  # noqa: E731
        if vendor == "square":
            http = self.judged = Judged(http, base)
            url = self.world.square.settings.notification_url
            square = SquareOAuth(base, http, secrets, clock)
            return Square(base, url, http, secrets, SellerTokens(square, caches, clock))
        if vendor == "toast":
            groups = SellerTokens(ToastLogin(base, http), caches, clock)
            return Toast(base, http, secrets, caches("toast"), groups)
        clover = CloverOAuth(base, f"{base}/oauth/v2/authorize", "", http, secrets, clock)
        return Clover(base, http, SellerTokens(clover, caches, clock))

    def record(self, order_id: str = "o-1", **changes: Any) -> OrderRecord:
        """Return a received order: two combos with a nested choice, and a salad with a note."""
        usd = self.store.currency
        aioli = Modifier("dip-aioli", "Garlic aioli", 2, Money(75, usd))
        side = Modifier("side-fries", "Fries", 1, Money(0, usd), modifiers=(aioli,))
        combo = Modifier("combo-yes", "Combo", 1, Money(450, usd), modifiers=(side,))
        lines = (
            Line("burger-classic", "Classic burger", 2, Money(1095, usd), modifiers=(combo,)),
            Line("salad", "Garden salad", 1, Money(650, usd), note="No nuts, allergy"),
        )
        channel_store_id = self.menu.channels["uber_eats"]
        taxes = (Charge(ChargeKind.TAX, Money(300, usd), Party.MARKETPLACE),)
        order = Order(
            "uber_eats", channel_store_id, order_id, "AB12C", usd, lines, Money(4040, usd),
            charges=taxes, **changes,
        )  # fmt: skip
        mapped, missing = order.mapped({item.id: item.pos_id for item in self.menu.items})
        assert missing == []
        fresh = OrderRecord("uber_eats", channel_store_id, order_id, self.at_ms)
        return fresh.receive(mapped, self.store, self.at_ms)

    def make(self, record: OrderRecord) -> Any:
        """Create and release an order, as the pipeline does."""
        ticket = self.pos.create(record)
        self.pos.release(record, ticket)
        return ticket

    def advance(self, *, seconds: float) -> None:
        self.at_ms += round(seconds * 1000)

    def notices(self) -> list[PosNotice]:
        """Return what the webhooks sent since the last time tell, read by the adapter."""
        self.simulator.tick()
        found: list[PosNotice] = []
        for request in self.webhooks:
            headers = {name.lower(): value for name, value in request.headers.items()}
            found += self.pos.read_webhook(headers, request.body, Secrets(SECRETS))
        self.webhooks.clear()
        return found

    def _send(self, request: OutgoingRequest) -> int:
        self.webhooks.append(request)
        return 200


@pytest.fixture(params=["square", "toast", "clover"])
def till(request: pytest.FixtureRequest) -> Iterator[Till]:
    yield from opened(request.param)


@pytest.fixture
def square() -> Iterator[Till]:
    yield from opened("square")


@pytest.fixture
def toast() -> Iterator[Till]:
    yield from opened("toast")


@pytest.fixture
def clover() -> Iterator[Till]:
    yield from opened("clover")


def opened(vendor: str) -> Iterator[Till]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as vendors:
        made = Till(vendor)
        mount(vendors, VENDORS, made.world)
        yield made
    if made.judged is not None:
        assert made.judged.found == []

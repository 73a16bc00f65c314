"""All vendors as one WSGI app, each under its own first path segment, and what spans them.

`World` is what a test, the demo and the server all use; only the server gives it a real clock
and real HTTP.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from simulators.channels.deliveroo.simulator import Deliveroo, DeliverooSettings
from simulators.channels.doordash.simulator import DoorDash, DoorDashSettings
from simulators.channels.open_delivery.simulator import OpenDelivery, OpenDeliverySettings
from simulators.channels.uber_eats.simulator import UberEats, UberEatsSettings
from simulators.couriers.doordash_drive import DoorDashDrive, DriveSettings
from simulators.menu import (
    CLOVER,
    DELIVEROO,
    DOORDASH,
    OPEN_DELIVERY,
    SHOP,
    SQUARE,
    TOAST,
    UBER_EATS,
    all_options,
    pos_id,
    price_list,
    square_catalog,
)
from simulators.orders import OrderGenerator
from simulators.payments.stripe import Stripe, StripeSettings
from simulators.pos.clover import Clover, CloverSettings, Merchant
from simulators.pos.square import Square, SquareSettings
from simulators.pos.toast import Toast, ToastSettings
from simulators.registries import Registries
from simulators.shop.site import ShopSite, SiteSettings
from simulators.simulator import Simulator, no_sleep
from simulators.wsgi import BodyError, Response, read_request, write_response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from simulators.cart import PlacedOrder
    from simulators.channels.marketplace import Marketplace
    from simulators.menu import Store
    from simulators.pos.kitchen import PointOfSaleSimulator
    from simulators.timeline import OutgoingRequest
    from simulators.wsgi import Request

DEFAULT_APP_URL = "http://127.0.0.1:8000"
DEFAULT_PUBLIC_URL = "http://127.0.0.1:9001"

SUBSCRIBED = frozenset(
    {
        *("order.updated", "order.fulfillment.updated"),
        *("inventory.count.updated", "catalog.version.updated"),
        "oauth.authorization.revoked",
    }
)
"""What docs/DEPLOY.md subscribes to at Square: the rest would be paid for and ignored."""

Json = dict[str, Any]


class World:
    """Points of sale and delivery partners, the stores they share, and the customers.

    `app_url` is where the order middleware receives webhooks, `public_url` where this app is
    reachable. Square signs the notification URL as well, so it must be the registered one.
    """

    def __init__(
        self,
        *,
        now_ms: Callable[[], int],
        send: Callable[[OutgoingRequest], int],
        seed: int = 0,
        sleep: Callable[[float], None] = no_sleep,
        wake: Callable[[], None] = lambda: None,
        app_url: str = DEFAULT_APP_URL,
        public_url: str = DEFAULT_PUBLIC_URL,
        stores: Iterable[Store] | None = None,
    ) -> None:
        host: Json = {
            "now_ms": now_ms,
            "send": send,
            "seed": seed,
            "sleep": sleep,
            "wake": wake,
        }
        self._now_ms = now_ms
        self.generator = OrderGenerator(seed=seed, stores=tuple(stores) if stores else None)
        self._open_points_of_sale(app_url, host)
        self._open_channels(app_url, public_url, host)
        self._open_shop(app_url, host)
        self.registries = Registries(**host)
        self._all = tuple(self.simulators.values())
        self._placed = 0

    def _open_points_of_sale(self, app_url: str, host: Json) -> None:
        self.square = Square(
            settings=replace(
                SquareSettings(),
                notification_url=f"{app_url}/webhooks/pos/square",
                event_types=SUBSCRIBED,
            ),
            catalog=square_catalog(),
            locations=self._locations(SQUARE),
            **host,
        )
        self.toast = Toast(
            settings=replace(ToastSettings(), webhook_url=f"{app_url}/webhooks/pos/toast"),
            menu=price_list(TOAST),
            locations=self._locations(TOAST),
            **host,
        )
        self.clover = Clover(
            settings=replace(CloverSettings(), webhook_url=f"{app_url}/webhooks/pos/clover"),
            menu=price_list(CLOVER),
            modifiers={pos_id(option.id, CLOVER) for option in all_options()},
            merchants=tuple(
                Merchant(id_, f"clover-refresh-{id_}") for id_ in self._locations(CLOVER)
            ),
            **host,
        )

    def _open_channels(self, app_url: str, public_url: str, host: Json) -> None:
        self.uber = UberEats(
            settings=replace(
                UberEatsSettings(),
                webhook_url=f"{app_url}/webhooks/uber_eats",
                public_url=f"{public_url}/uber",
            ),
            **host,
        )
        self.doordash = DoorDash(
            settings=replace(
                DoorDashSettings(),
                webhook_url=f"{app_url}/webhooks/doordash",
                cancel_url=f"{app_url}/webhooks/doordash",
            ),
            **host,
        )
        self.deliveroo = Deliveroo(
            settings=replace(DeliverooSettings(), webhook_url=f"{app_url}/webhooks/deliveroo"),
            **host,
        )
        self.open_delivery = OpenDelivery(
            settings=replace(
                OpenDeliverySettings(),
                webhook_url=f"{app_url}/webhooks/open_delivery",
                merchants_url=f"{app_url}/open_delivery",
                public_url=f"{public_url}/open_delivery",
            ),
            **host,
        )

    def _open_shop(self, app_url: str, host: Json) -> None:
        self.shop = ShopSite(
            settings=replace(SiteSettings(), checkouts_url=f"{app_url}/shop/checkouts"), **host
        )
        self.stripe = Stripe(
            settings=replace(StripeSettings(), webhook_url=f"{app_url}/webhooks/payments/stripe"),
            **host,
        )
        self.drive = DoorDashDrive(
            settings=replace(
                DriveSettings(), webhook_url=f"{app_url}/webhooks/couriers/doordash_drive"
            ),
            **host,
        )

    @property
    def simulators(self) -> dict[str, Simulator]:
        """The vendors by their mount point."""
        return {
            "square": self.square,
            "toast": self.toast,
            "clover": self.clover,
            "uber": self.uber,
            "doordash": self.doordash,
            "deliveroo": self.deliveroo,
            "open_delivery": self.open_delivery,
            "stripe": self.stripe,
            "drive": self.drive,
            "registries": self.registries,
            "shop": self.shop,
        }

    @property
    def points_of_sale(self) -> dict[str, PointOfSaleSimulator]:
        """The points of sale by their vendor."""
        return {SQUARE: self.square, TOAST: self.toast, CLOVER: self.clover}

    @property
    def channels(self) -> dict[str, Marketplace]:
        """The delivery partners by their channel."""
        return {
            UBER_EATS: self.uber,
            DOORDASH: self.doordash,
            DELIVEROO: self.deliveroo,
            OPEN_DELIVERY: self.open_delivery,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Hand the request to the vendor that its first path segment names (PEP 3333)."""
        mount, _, rest = environ.get("PATH_INFO", "").removeprefix("/").partition("/")
        if (simulator := self.simulators.get(mount)) is not None:
            environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/{mount}"
            environ["PATH_INFO"] = f"/{rest}"
            return simulator(environ, start_response)
        return write_response(self._handle(read_request(environ)), start_response)

    def _locations(self, pos: str) -> list[str]:
        return [store.location_id for store in self.generator.stores if store.pos == pos]

    def now_ms(self) -> int:
        """Return the present instant in this world, in milliseconds since the epoch."""
        return self._now_ms()

    def place(self, order: PlacedOrder) -> str:
        """Let a customer place an order at its partner; returns the order's id there."""
        if order.channel == SHOP:
            return self.shop.place(order.payload)
        return self.channels[order.channel].place(order.payload)

    def place_next(self, count: int = 1) -> list[PlacedOrder]:
        """Place the generator's next orders, now."""
        placed = []
        for _ in range(count):
            order = self.generator.order(self._placed, self._now_ms())
            self._placed += 1
            self.place(order)
            placed.append(order)
        return placed

    def tick(self) -> int | None:
        """Do what is due at any vendor; returns when something is due next, or None."""
        for simulator in self._all:
            due_ms = simulator.next_due_ms()
            if due_ms is not None and due_ms <= self._now_ms():
                simulator.tick()
        return self.next_due_ms()

    def next_due_ms(self) -> int | None:
        """Return when something is due next at any vendor, or None."""
        found = [simulator.next_due_ms() for simulator in self._all]
        return min((at_ms for at_ms in found if at_ms is not None), default=None)

    def describe(self) -> Json:
        """Return every vendor's state, by mount point."""
        return {name: simulator.describe() for name, simulator in self.simulators.items()}

    def _handle(self, request: Request) -> Response:
        match request.method, request.path:
            case "GET", "/":
                return Response.of_json({"mounted": [f"/{name}" for name in self.simulators]})
            case "GET", "/_control/state":
                return Response.of_json(self.describe())
            case "POST", "/_control/orders":
                return self._post_orders(request)
            case _:
                mounts = ", ".join(f"/{name}" for name in self.simulators)
                return Response.of_json({"error": f"nothing here; look under {mounts}"}, 404)

    def _post_orders(self, request: Request) -> Response:
        try:
            count = request.json_object().get("count", 1) if request.body else 1
        except BodyError as error:
            return Response.of_json({"error": str(error)}, 400)
        if type(count) is not int or not 1 <= count <= 10_000:
            return Response.of_json({"error": "count must be 1 to 10000"}, 400)
        placed = [
            {"channel": order.channel, "order_id": order.order_id, "subtotal": order.subtotal}
            for order in self.place_next(count)
        ]
        return Response.of_json({"orders": placed}, 201)

"""The whole app in virtual time between its vendors: restaurants, partners and customers.

A test and the simulation use the same street; what they let happen on it is their own business.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalicelib import bootstrap
from chalicelib.adapters.menu_table import MenuTable
from chalicelib.adapters.store_table import StoreTable
from chalicelib.domain.store import read_menu
from simulators.books import BUCKET, QUEUES, Books, names
from simulators.in_responses import mount
from simulators.orders import OrderGenerator
from simulators.timeline import Answer
from simulators.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chalice_offline.testing import Offline
    from simulators.cart import PlacedOrder
    from simulators.menu import Store
    from simulators.pos.kitchen import Ticket
    from simulators.timeline import OutgoingRequest

VENDORS_URL = "http://127.0.0.1:9001"
LONG_AGO = ""
"""What S3 calls a version of a file that is older than any other (its sequencer)."""


class Street(Books):
    """Customers, partners, the restaurant's till, and the app between them."""

    def __init__(
        self, offline: Offline, stores: Sequence[Store] | None = None, seed: int = 0
    ) -> None:
        bootstrap.forget()
        self.offline = offline
        self.uploaded: dict[str, dict[str, Any]] = {}
        world = World(now_ms=self._now_ms, send=self._send, stores=stores, seed=seed)
        super().__init__(offline.client, world)

    def open_for_business(self, stores: int | None = None) -> None:
        """Import the (first) stores' menus, as an operator does: by uploading files."""
        for menu in list(self.world.generator.menu_files().values())[:stores]:
            self.upload(menu)
        self.connect_sellers()
        self.offline.settle()
        self.settle()

    def be_open_already(self) -> None:
        """Have the stores' menus where imports of long ago have put them, and nothing owed."""
        dynamodb = self.offline.client("dynamodb")
        stores = StoreTable(dynamodb, "stores", "menu-items", self._now_ms)
        menus = MenuTable(dynamodb, "menu-items")
        for store_id, file in self.world.generator.menu_files().items():
            content = json.dumps(file).encode()
            version = hashlib.sha256(content).hexdigest()[:16]
            menus.begin(store_id, version)
            menus.keep_content(store_id, version, content)
            stores.replace_menu(read_menu(file, version), LONG_AGO)
        self.connect_sellers()

    def upload(self, menu: dict[str, Any]) -> None:
        """Upload a store's menu file."""
        store_id = str(menu["store_id"])
        self.uploaded[store_id] = menu
        self.offline.client("s3").put_object(
            Bucket=BUCKET, Key=f"menus/{store_id}.json", Body=json.dumps(menu).encode()
        )

    def upload_what_was_dropped(self) -> None:
        """Upload files whose import has crashed thrice once more, as whom the alarm wakes does."""
        rows = self.offline.client("dynamodb").scan(TableName="stores")["Items"]
        stores = [json.loads(row["store"]["S"]) for row in rows]
        versions = {store["store_id"]: store["menu_version"] for store in stores}
        for store_id, menu in list(self.uploaded.items()):
            version = hashlib.sha256(json.dumps(menu).encode()).hexdigest()[:16]
            if versions.get(store_id) != version:
                self.upload(menu)

    def connect_sellers(self) -> None:
        """Let every Clover merchant grant access: that leaves a refresh token."""
        dynamodb = self.offline.client("dynamodb")
        for store in self.world.generator.stores:
            if store.pos == "clover":
                item = {
                    "name": {"S": f"clover/{store.location_id}"},
                    "refresh": {"S": self.world.clover.connect(store.location_id)},
                }
                dynamodb.put_item(TableName="partner-tokens", Item=item)

    def order(self, count: int = 1) -> list[PlacedOrder]:
        """Let customers order, and their partners send the webhooks."""
        placed = self.world.place_next(count)
        self.placed |= {order.order_id: order for order in placed}
        self.world.tick()
        return placed

    def settle(self) -> None:
        """Let everything happen that is owed, on both sides; failures take their course."""
        self.world.tick()
        self.offline.settle(raise_errors=False)
        self.world.tick()
        self.offline.settle(raise_errors=False)

    def pass_time(self, *, seconds: float) -> None:
        """Let time pass on both sides."""
        self.offline.advance(seconds=seconds, raise_errors=False)
        self.world.tick()
        self.offline.settle(raise_errors=False)

    def decisions(self) -> dict[str, str]:
        """Return what each partner was told, by order."""
        all_ = [d for channel in self.world.channels.values() for d in channel.decisions()]
        return {decision.order_id: decision.decision for decision in all_}

    def tickets(self) -> list[str]:
        """Return the partner's order id of every ticket, in the order of printing."""
        return [(t.reference_id or "").partition("-")[2] for t in self.world.square.tickets()]

    def order_of(self, ticket: Ticket) -> str:
        """Return the partner's id of a ticket's order; each point of sale names it its own way."""
        named = str(ticket.reference_id)
        for item in self.records():
            if names(item, named):
                return str(item["order_id"]["S"])
        return named

    def place(self, channel: str, *, store: int = 0, number: int = 0) -> str:
        """Let a customer order from a certain store at a certain partner; returns the order's id.

        Equal numbers are equal orders: give each its own.
        """
        shop = self.world.generator.stores[store]
        generator = OrderGenerator(seed=number, stores=[shop], channels=[channel])
        order = generator.order(number, self._now_ms())
        order_id = self.world.place(order)
        self.placed[order_id] = order
        self.world.tick()
        return order_id

    def go(self, *, seconds: float, step: float = 5) -> None:
        """Let time pass in steps, so that vendors' webhooks and deadlines come in their turn."""
        for _ in range(round(seconds / step)):
            self.offline.advance(seconds=step, raise_errors=False)
            self.world.tick()

    def is_at_rest(self) -> bool:
        """Say whether nothing is under way: no message, no webhook, nothing owed for an order."""
        return next(self.under_way(), None) is None

    def under_way(self) -> Iterator[str]:
        """Yield what is not finished."""
        for name, simulator in self.world.simulators.items():
            if pending := simulator.pending_webhooks():
                yield f"{name} has {pending} webhooks to send"
        yield from (f"something is owed for {key}" for key in self.due())
        yield from (f"the menu of {key} is owed" for key in self.menus_due())
        yield from (f"{queue} is not empty" for queue in QUEUES if self.unfinished(queue))

    def menus_due(self) -> Iterator[str]:
        """Yield the stores, and partners, that have not got the newest menu."""
        query = {
            "TableName": "menu-items",
            "IndexName": "due-by-shard",
            "KeyConditionExpression": "due_shard = :shard",
            "ExpressionAttributeValues": {":shard": {"S": "publishing"}},
        }
        for item in self.offline.client("dynamodb").query(**query)["Items"]:
            yield f"{item['menu']['S'].partition('#')[0]} at {item['item_id']['S']}"

    def mails(self) -> Counter[tuple[str, str]]:
        """Return how often each address was written to, with which subject."""
        found: Counter[tuple[str, str]] = Counter()
        for entry in self.offline.journal.entries():
            if entry.kind == "call" and entry.subject.startswith("sesv2."):
                mail = json.loads(entry.detail["body"])
                to = mail["Destination"]["ToAddresses"][0]
                found[to, mail["Content"]["Simple"]["Subject"]["Data"]] += 1
        return found

    def record(self, order: PlacedOrder) -> dict[str, Any] | None:
        """Return what the orders table holds about an order."""
        return next((item for item in self.records() if order.order_id in str(item)), None)

    def _now_ms(self) -> int:
        return self.offline.emulator.driver.clock.now_ms()

    def _send(self, request: OutgoingRequest) -> int:
        path = urlsplit(request.url).path
        reply = self.offline.http.request(
            request.method, path, headers=request.headers, body=request.body
        )
        return Answer(reply.status_code, reply.body)


@contextmanager
def opened(street: Street, stores: int | None = None) -> Iterator[Street]:
    """Let the app reach the street's vendors through `requests`, and open its (first) stores."""
    import responses  # of the development group: what needs no `requests` needs none of it

    with responses.RequestsMock(assert_all_requests_are_fired=False) as vendors:
        mount(vendors, VENDORS_URL, street.world)
        street.open_for_business(stores)
        yield street

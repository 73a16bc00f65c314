"""The one place that makes clients and adapters. Everything else is handed a `Services`.

Built on first use, and each adapter on its own first use: a cold start pays for no service
that the function does not need. boto3 clients find endpoint, region and credentials
themselves (AWS_ENDPOINT_URL …), so the same code runs on AWS, LocalStack and a laptop.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib.config import Config, read_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chalicelib.adapters.dynamodb import OrderTable, StoreTable, TokenTable
    from chalicelib.adapters.event_bus import EventBus
    from chalicelib.adapters.files import Files
    from chalicelib.adapters.http import VendorHttp
    from chalicelib.adapters.queues import Queues
    from chalicelib.adapters.secrets import SecretStore
    from chalicelib.channels.base import Channel
    from chalicelib.pos.base import PointOfSale


def system_clock() -> int:
    """Return the time in whole milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Services:
    """Everything a handler can reach.

    Tests pass their own for any of it: Services(config, clock, orders=..., channels={...})
    """

    def __init__(
        self,
        config: Config,
        now_ms: Callable[[], int] = system_clock,
        **replaced: Any,
    ) -> None:
        self.config = config
        self.now_ms = now_ms
        unknown = [name for name in replaced if not hasattr(type(self), name)]
        if unknown:
            raise TypeError(f"Services has no {', '.join(unknown)}")
        # A cached_property is looked up in the instance first: this is how one is replaced.
        self.__dict__.update(replaced)

    @cached_property
    def bus(self) -> EventBus:
        """The bus that orders travel on."""
        from chalicelib.adapters.event_bus import EventBus

        return EventBus(_client("events"), self.config.orders_bus)

    @cached_property
    def default_bus(self) -> EventBus:
        """The account's default bus: the only one that Chalice can bind a function to."""
        from chalicelib.adapters.event_bus import EventBus

        return EventBus(_client("events"), self.config.default_bus)

    @cached_property
    def queues(self) -> Queues:
        """Every queue, by name."""
        from chalicelib.adapters.queues import Queues

        return Queues(_client("sqs"))

    @cached_property
    def files(self) -> Files:
        """The bucket."""
        from chalicelib.adapters.files import Files

        return Files(_client("s3"), self.config.names.bucket)

    @cached_property
    def orders(self) -> OrderTable:
        """The orders."""
        from chalicelib.adapters.dynamodb import OrderTable

        config = self.config
        return OrderTable(self._dynamodb, config.orders_table, config.orders_due_index)

    @cached_property
    def stores(self) -> StoreTable:
        """The stores and their menus."""
        from chalicelib.adapters.dynamodb import StoreTable

        return StoreTable(self._dynamodb, self.config.stores_table, self.config.menu_items_table)

    @cached_property
    def tokens(self) -> TokenTable:
        """The partners' access tokens."""
        from chalicelib.adapters.dynamodb import TokenTable

        return TokenTable(self._dynamodb, self.config.tokens_table)

    @cached_property
    def secrets(self) -> SecretStore:
        """The vendors' secrets."""
        from chalicelib.adapters.secrets import SecretStore

        return SecretStore(_client("secretsmanager"), self.config.secret_id, self.now_ms)

    @cached_property
    def http(self) -> VendorHttp:
        """HTTP to the vendors."""
        from chalicelib.adapters.http import VendorHttp

        return VendorHttp()

    @cached_property
    def channels(self) -> Mapping[str, Channel]:
        """The delivery partners by the name in their webhook's URL."""
        from chalicelib.channels.doordash import DoorDash
        from chalicelib.channels.tokens import TokenCache
        from chalicelib.channels.uber_eats import UberEats

        config, secrets = self.config, self.secrets.get
        tokens = TokenCache(UberEats.name, lambda: self.tokens, self.now_ms)
        known: list[Channel] = [
            UberEats(config.uber_base_url, config.uber_auth_url, self.http, secrets, tokens),
            DoorDash(config.doordash_base_url, self.http, secrets, self.now_ms),
        ]
        return {channel.name: channel for channel in known}

    @cached_property
    def points_of_sale(self) -> Mapping[str, PointOfSale]:
        """The points of sale by vendor."""
        from chalicelib.pos.square import Square

        config, secrets = self.config, self.secrets.get
        known: list[PointOfSale] = [
            Square(config.square_base_url, config.square_notification_url, self.http, secrets)
        ]
        return {pos.vendor: pos for pos in known}

    @cached_property
    def _dynamodb(self) -> Any:
        return _client("dynamodb")


_services: Services | None = None


def services() -> Services:
    """Return this process's services, made on the first call."""
    global _services  # noqa: PLW0603 - the one place that may
    if _services is None:
        _services = Services(read_config())
    return _services


@contextmanager
def use(replacement: Services) -> Iterator[Services]:
    """Run a block with other services: for tests."""
    global _services  # noqa: PLW0603 - the one place that may
    before, _services = _services, replacement
    try:
        yield replacement
    finally:
        _services = before


def _client(service: str) -> Any:
    import boto3
    from botocore.config import Config as ClientConfig

    # Partners wait for a webhook's answer (Square and Toast a few seconds at most), and a queue
    # redelivers what fails: short timeouts and few retries beat long ones.
    config = ClientConfig(
        connect_timeout=2, read_timeout=5, retries={"mode": "standard", "max_attempts": 3}
    )
    make: Any = boto3.client  # its type knows no service that is named by a variable
    return make(service, config=config)

"""The one place that makes clients and adapters. Everything else is handed a `Services`.

Built on first use, and each adapter on its own first use: a cold start pays for no service
that the function does not need. boto3 clients find endpoint, region and credentials
themselves (AWS_ENDPOINT_URL …), so the same code runs on AWS, LocalStack and a laptop.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from chalicelib.config import Config, read_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chalicelib.adapters.access_table import AccessTable
    from chalicelib.adapters.application_table import ApplicationTable
    from chalicelib.adapters.approval_table import ApprovalTable
    from chalicelib.adapters.checkout_table import CheckoutTable
    from chalicelib.adapters.dead_letters import DeadLetters
    from chalicelib.adapters.event_bus import EventBus
    from chalicelib.adapters.files import Files
    from chalicelib.adapters.functions import Functions
    from chalicelib.adapters.http import VendorHttp
    from chalicelib.adapters.limit_table import LimitTable
    from chalicelib.adapters.mail import Mail
    from chalicelib.adapters.menu_table import MenuTable
    from chalicelib.adapters.order_table import OrderTable
    from chalicelib.adapters.publication_table import PublicationTable
    from chalicelib.adapters.queues import Queues
    from chalicelib.adapters.schedules import Schedules
    from chalicelib.adapters.secrets import SecretStore
    from chalicelib.adapters.settlement_table import SettlementTable
    from chalicelib.adapters.stock_table import StockTable
    from chalicelib.adapters.store_table import StoreTable
    from chalicelib.adapters.token_table import TokenTable
    from chalicelib.adapters.topics import Topics
    from chalicelib.adapters.workflows import Workflows
    from chalicelib.channels.base import Channel
    from chalicelib.couriers.base import Courier
    from chalicelib.onboarding.registries import Registries
    from chalicelib.payments.base import PaymentProvider
    from chalicelib.pos.base import PointOfSale
    from chalicelib.sellers.tokens import SellerTokens
    from chalicelib.stores.breaker import Breaker
    from chalicelib.stores.pace import Pace
    from chalicelib.tokens import TokenCache


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
        """The account's default bus, for what is no news of an order of a partner."""
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
        from chalicelib.adapters.order_table import OrderTable

        config = self.config
        return OrderTable(
            self._dynamodb,
            config.orders_table,
            config.orders_due_index,
            config.orders_ticket_index,
            config.orders_day_index,
        )

    @cached_property
    def checkouts(self) -> CheckoutTable:
        """The checkouts of our own shop."""
        from chalicelib.adapters.checkout_table import CheckoutTable

        config = self.config
        return CheckoutTable(
            self._dynamodb, config.checkouts_table, config.checkouts_due_index, self.now_ms
        )

    @cached_property
    def payments(self) -> PaymentProvider:
        """Who holds and takes our shop's customers' money."""
        from chalicelib.payments.stripe import Stripe

        return Stripe(self.config.stripe_base_url, self.http, self.secrets.get)

    @cached_property
    def couriers(self) -> Courier:
        """Who carries our shop's orders."""
        from chalicelib.couriers.doordash_drive import DoorDashDrive

        config = self.config
        return DoorDashDrive(config.drive_base_url, self.http, self.secrets.get, self.now_ms)

    @cached_property
    def mail(self) -> Mail:
        """Mails to our shop's customers: botocore's own retries would send a second one."""
        from chalicelib.adapters.mail import Mail

        return Mail(_client("sesv2", attempts=1), self.config.shop_mail_from)

    @cached_property
    def stores(self) -> StoreTable:
        """The stores and their menus."""
        from chalicelib.adapters.store_table import StoreTable

        config = self.config
        return StoreTable(self._dynamodb, config.stores_table, config.menu_items_table, self.now_ms)

    @cached_property
    def menus(self) -> MenuTable:
        """The versions of the stores' menus."""
        from chalicelib.adapters.menu_table import MenuTable

        return MenuTable(self._dynamodb, self.config.menu_items_table)

    @cached_property
    def stock(self) -> StockTable:
        """What of the stores' menus is off."""
        from chalicelib.adapters.stock_table import StockTable

        config = self.config
        return StockTable(
            self._dynamodb, config.menu_items_table, config.menu_items_due_index, self.now_ms
        )

    @cached_property
    def publications(self) -> PublicationTable:
        """Which partner has which version of the stores' menus."""
        from chalicelib.adapters.publication_table import PublicationTable

        config = self.config
        return PublicationTable(
            self._dynamodb, config.menu_items_table, config.menu_items_due_index
        )

    @cached_property
    def tokens(self) -> TokenTable:
        """The partners' access tokens."""
        from chalicelib.adapters.token_table import TokenTable

        return TokenTable(self._dynamodb, self.config.tokens_table)

    @cached_property
    def limits(self) -> LimitTable:
        """What containers agree on about vendors."""
        from chalicelib.adapters.limit_table import LimitTable

        return LimitTable(self._dynamodb, self.config.limits_table)

    @cached_property
    def applications(self) -> ApplicationTable:
        """Merchants' applications."""
        from chalicelib.adapters.application_table import ApplicationTable

        return ApplicationTable(self._dynamodb, self.config.applications_table)

    @cached_property
    def approvals(self) -> ApprovalTable:
        """Questions that wait for a person."""
        from chalicelib.adapters.approval_table import ApprovalTable

        return ApprovalTable(self._dynamodb, self.config.approvals_table)

    @cached_property
    def workflows(self) -> Workflows:
        """Step Functions."""
        from chalicelib.adapters.workflows import Workflows

        return Workflows(_client("stepfunctions"))

    @cached_property
    def topics(self) -> Topics:
        """Topics that people subscribe to."""
        from chalicelib.adapters.topics import Topics

        return Topics(_client("sns"))

    @cached_property
    def registries(self) -> Registries:
        """What merchants are checked against."""
        from chalicelib.onboarding.registries import Registries

        return Registries(self.config.registries_base_url, self.http, self.secrets.get)

    @cached_property
    def access(self) -> AccessTable:
        """Who asked to look into dead letters, and what became of it."""
        from chalicelib.adapters.access_table import AccessTable

        return AccessTable(self._dynamodb, self.config.access_table)

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """Looks into queues of dead letters."""
        from chalicelib.adapters.dead_letters import DeadLetters

        return DeadLetters(_client("sts"), _client)

    @cached_property
    def functions(self) -> Functions:
        """Other functions of this app: called once, and waited for as long as they may take."""
        from chalicelib.adapters.functions import WAIT_SECONDS, Functions

        return Functions(_client("lambda", attempts=1, read_timeout=WAIT_SECONDS))

    @cached_property
    def schedules(self) -> Schedules:
        """What happens once, at its minute."""
        from chalicelib.adapters.schedules import Schedules

        return Schedules(_client("scheduler"))

    @cached_property
    def settlements(self) -> SettlementTable:
        """Which order was settled in which file."""
        from chalicelib.adapters.settlement_table import SettlementTable

        return SettlementTable(self._dynamodb, self.config.settlements_table)

    @cached_property
    def breaker(self) -> Breaker:
        """Whether points of sale may be called."""
        from chalicelib.stores.breaker import Breaker

        return Breaker(lambda: self.limits, lambda: self.bus, self.now_ms)

    @cached_property
    def pace(self) -> Pace:
        """How fast partners are sent menus."""
        from chalicelib.stores.pace import Pace

        return Pace(lambda: self.limits, self.now_ms)

    @cached_property
    def secrets(self) -> SecretStore:
        """The vendors' secrets."""
        from chalicelib.adapters.secrets import SecretStore

        return SecretStore(_client("secretsmanager"), self.config.secret_id, self.now_ms)

    @cached_property
    def http(self) -> VendorHttp:
        """HTTP to the vendors."""
        from chalicelib.adapters.http import VendorHttp

        return VendorHttp(self.now_ms)

    @cached_property
    def channels(self) -> Mapping[str, Channel]:
        """The delivery partners by the name in their webhook's URL."""
        from chalicelib.channels.deliveroo import Deliveroo
        from chalicelib.channels.doordash import DoorDash
        from chalicelib.channels.open_delivery import OpenDelivery
        from chalicelib.channels.shop import Shop
        from chalicelib.channels.uber_eats import UberEats

        config, http, secrets, tokens = self.config, self.http, self.secrets.get, self.token_cache
        known: list[Channel] = [
            UberEats(
                config.uber_base_url, config.uber_auth_url, http, secrets, tokens(UberEats.name)
            ),
            DoorDash(
                config.doordash_base_url,
                http,
                secrets,
                self.now_ms,
                provider_type=config.doordash_provider_type,
            ),
            Deliveroo(
                config.deliveroo_base_url,
                config.deliveroo_auth_url,
                http,
                secrets,
                tokens(Deliveroo.name),
                self.now_ms,
                brand_id=config.deliveroo_brand_id,
                menu_id=config.deliveroo_menu_id,
            ),
            OpenDelivery(
                config.open_delivery_base_url,
                config.open_delivery_auth_url,
                http,
                secrets,
                tokens(OpenDelivery.name),
                self.now_ms,
            ),
            Shop(self),
        ]
        return {channel.name: channel for channel in known}

    @cached_property
    def points_of_sale(self) -> Mapping[str, PointOfSale]:
        """The points of sale by vendor."""
        from chalicelib.pos.clover import Clover
        from chalicelib.pos.square import Square
        from chalicelib.pos.toast import Toast
        from chalicelib.pos.toast.login import EARLY_MS

        config, http, secrets, sellers = self.config, self.http, self.secrets.get, self.sellers
        toast_tokens = self.token_cache("toast", EARLY_MS)
        square = (config.square_base_url, config.square_notification_url)
        known: list[PointOfSale] = [
            Square(*square, http, secrets, sellers["square"]),
            Toast(config.toast_base_url, http, secrets, toast_tokens, sellers["toast"]),
            Clover(config.clover_base_url, http, sellers["clover"]),
        ]
        return {pos.vendor: pos for pos in known}

    @cached_property
    def sellers(self) -> Mapping[str, SellerTokens]:
        """The vendors where restaurants have accounts of their own that we act for."""
        from chalicelib.pos.clover.oauth import CloverOAuth
        from chalicelib.pos.square.oauth import SquareOAuth
        from chalicelib.pos.toast.login import EARLY_MS, ToastLogin
        from chalicelib.sellers.tokens import SellerTokens

        config, http, secrets, now_ms = self.config, self.http, self.secrets.get, self.now_ms
        redirect_url = f"{config.oauth_redirect_url}/clover/callback"
        urls = (config.clover_base_url, config.clover_consent_url, redirect_url)
        square = SquareOAuth(config.square_base_url, http, secrets, now_ms)
        clover = CloverOAuth(*urls, http, secrets, now_ms)
        toast = ToastLogin(config.toast_base_url, http)
        late = partial(self.token_cache, early_ms=EARLY_MS)
        return {
            **{o.vendor: SellerTokens(o, self.token_cache, now_ms) for o in (square, clover)},
            toast.vendor: SellerTokens(toast, late, now_ms),
        }

    def token_cache(self, name: str, early_ms: int | None = None) -> TokenCache:
        """Return the cache of one party's access token, renewed so long before its end."""
        from chalicelib.tokens import EARLY_MS, TokenCache

        early = EARLY_MS if early_ms is None else early_ms
        return TokenCache(name, lambda: self.tokens, self.now_ms, early)

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


def forget() -> None:
    """Begin as a new process does: nothing is remembered. For tests whose clock starts again."""
    global _services  # noqa: PLW0603 - the one place that may
    _services = None


@contextmanager
def use(replacement: Services) -> Iterator[Services]:
    """Run a block with other services: for tests."""
    global _services  # noqa: PLW0603 - the one place that may
    before, _services = _services, replacement
    try:
        yield replacement
    finally:
        _services = before


def client(service: str) -> Any:
    """Return a client of an operator's command (ops/)."""
    return _client(service)


def _client(service: str, attempts: int = 4, read_timeout: float = 5, **credentials: str) -> Any:
    import boto3
    from botocore.config import Config as ClientConfig

    # Partners wait for a webhook's answer (Square and Toast a few seconds at most), and a queue
    # redelivers what fails: short timeouts and few retries beat long ones.
    # What AWS checks anyway need not be checked twice, and a name of our own spares botocore
    # putting its long one together, twice a call: an eighth of a call's work together.
    config = ClientConfig(
        connect_timeout=2,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        parameter_validation=False,
        user_agent="order-middleware",
        # Links and forms for others are signed in the old way otherwise, which new buckets refuse.
        signature_version="s3v4" if service == "s3" else None,
    )
    make: Any = boto3.client  # its type knows no service that is named by a variable
    return make(service, config=config, **credentials)

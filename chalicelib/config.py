"""The environment, read once into one frozen value. Nothing else reads os.environ.

Names have defaults: they are the same in every stage, because every stage has an AWS account
(or a LocalStack, or a laptop) of its own. What has no default differs by stage and is set in
.chalice/config.json.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping


class ConfigError(Exception):
    """An environment variable is missing or makes no sense. The text names it."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names that decorators need while app.py is imported."""

    bucket: str
    inbound_orders_queue: str
    pos_square_queue: str
    pos_toast_queue: str
    pos_clover_queue: str
    ticket_changes_queue: str
    channel_callbacks_queue: str
    notifications_queue: str
    shop_payments_queue: str
    shop_orders_queue: str
    shop_couriers_queue: str
    shop_messages_queue: str

    def pos_queue(self, vendor: str) -> str:
        """Return the queue of a point of sale; ValueError when there is none."""
        queue = getattr(self, f"pos_{vendor}_queue", "")
        if not queue:
            raise ValueError(vendor)
        return str(queue)


@dataclass(frozen=True, slots=True)
class OperatorNames:
    """What operators' commands work on (ops/): no vendor, no secret."""

    bucket: str
    orders_bus: str
    orders_table: str
    orders_due_index: str
    orders_ticket_index: str
    orders_day_index: str
    access_table: str
    functions: str
    stores_table: str
    menu_items_table: str
    menu_items_due_index: str
    channel_callbacks_queue: str
    archive: str = "orders-webhooks"
    inbound_rule: str = "inbound-orders"


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that the environment decides."""

    names: Names
    stage: str
    orders_bus: str
    default_bus: str
    orders_table: str
    orders_due_index: str
    orders_day_index: str
    orders_ticket_index: str
    stores_table: str
    menu_items_table: str
    menu_items_due_index: str
    tokens_table: str
    limits_table: str
    applications_table: str
    approvals_table: str
    public_url: str
    registries_base_url: str
    checkouts_table: str
    checkouts_due_index: str
    settlements_table: str
    access_table: str
    secret_id: str
    square_base_url: str
    square_notification_url: str
    oauth_redirect_url: str
    toast_base_url: str
    clover_base_url: str
    clover_consent_url: str
    uber_base_url: str
    uber_auth_url: str
    doordash_base_url: str
    doordash_provider_type: str
    deliveroo_base_url: str
    deliveroo_auth_url: str
    deliveroo_brand_id: str
    deliveroo_menu_id: str
    open_delivery_base_url: str
    open_delivery_auth_url: str
    stripe_base_url: str
    drive_base_url: str
    shop_mail_from: str


def read_names(environ: Mapping[str, str] = os.environ) -> Names:
    """Return the names of queues and bucket.

    Chalice imports app.py to learn what to deploy. Before that it sets the variables that
    config.json has for the stage.
    """
    return Names(
        bucket=environ.get("ORDERS_BUCKET", "order-middleware-local"),
        inbound_orders_queue=environ.get("INBOUND_ORDERS_QUEUE", "inbound-orders"),
        pos_square_queue=environ.get("POS_SQUARE_QUEUE", "pos-square"),
        pos_toast_queue=environ.get("POS_TOAST_QUEUE", "pos-toast"),
        pos_clover_queue=environ.get("POS_CLOVER_QUEUE", "pos-clover"),
        ticket_changes_queue=environ.get("TICKET_CHANGES_QUEUE", "ticket-changes"),
        channel_callbacks_queue=environ.get("CHANNEL_CALLBACKS_QUEUE", "channel-callbacks"),
        notifications_queue=environ.get("NOTIFICATIONS_QUEUE", "notifications"),
        shop_payments_queue=environ.get("SHOP_PAYMENTS_QUEUE", "shop-payments"),
        shop_orders_queue=environ.get("SHOP_ORDERS_QUEUE", "shop-orders"),
        shop_couriers_queue=environ.get("SHOP_COURIERS_QUEUE", "shop-couriers"),
        shop_messages_queue=environ.get("SHOP_MESSAGES_QUEUE", "shop-messages"),
    )


def read_operator_names(environ: Mapping[str, str] = os.environ) -> OperatorNames:
    """Return the names that operators' commands need; ConfigError when STAGE is not set."""
    return OperatorNames(
        bucket=read_names(environ).bucket,
        orders_bus=environ.get("ORDERS_BUS", "orders"),
        orders_table=environ.get("ORDERS_TABLE", "orders"),
        orders_due_index=environ.get("ORDERS_DUE_INDEX", "due-by-shard"),
        orders_ticket_index=environ.get("ORDERS_TICKET_INDEX", "by-ticket"),
        orders_day_index=environ.get("ORDERS_DAY_INDEX", "by-day"),
        access_table=environ.get("ACCESS_TABLE", "access"),
        functions=f"order-middleware-{_required(environ, 'STAGE')}",
        stores_table=environ.get("STORES_TABLE", "stores"),
        menu_items_table=environ.get("MENU_ITEMS_TABLE", "menu-items"),
        menu_items_due_index=environ.get("MENU_ITEMS_DUE_INDEX", "due-by-shard"),
        channel_callbacks_queue=read_names(environ).channel_callbacks_queue,
    )


def read_config(environ: Mapping[str, str] = os.environ) -> Config:
    """Return the whole configuration; ConfigError names the first variable that is wrong."""
    return Config(
        names=read_names(environ),
        stage=_required(environ, "STAGE"),
        orders_bus=environ.get("ORDERS_BUS", "orders"),
        default_bus=environ.get("DEFAULT_BUS", "default"),
        orders_table=environ.get("ORDERS_TABLE", "orders"),
        orders_due_index=environ.get("ORDERS_DUE_INDEX", "due-by-shard"),
        orders_ticket_index=environ.get("ORDERS_TICKET_INDEX", "by-ticket"),
        orders_day_index=environ.get("ORDERS_DAY_INDEX", "by-day"),
        stores_table=environ.get("STORES_TABLE", "stores"),
        menu_items_table=environ.get("MENU_ITEMS_TABLE", "menu-items"),
        menu_items_due_index=environ.get("MENU_ITEMS_DUE_INDEX", "due-by-shard"),
        tokens_table=environ.get("TOKENS_TABLE", "partner-tokens"),
        limits_table=environ.get("LIMITS_TABLE", "limits"),
        applications_table=environ.get("APPLICATIONS_TABLE", "applications"),
        approvals_table=environ.get("APPROVALS_TABLE", "approvals"),
        public_url=_url(environ, "PUBLIC_URL"),
        registries_base_url=_url(environ, "REGISTRIES_BASE_URL"),
        checkouts_table=environ.get("CHECKOUTS_TABLE", "checkouts"),
        checkouts_due_index=environ.get("CHECKOUTS_DUE_INDEX", "due-by-shard"),
        settlements_table=environ.get("SETTLEMENTS_TABLE", "settlements"),
        access_table=environ.get("ACCESS_TABLE", "access"),
        secret_id=_required(environ, "SECRET_ID"),
        square_base_url=_url(environ, "SQUARE_BASE_URL"),
        square_notification_url=_url(environ, "SQUARE_NOTIFICATION_URL"),
        oauth_redirect_url=_url(environ, "OAUTH_REDIRECT_URL"),
        toast_base_url=_url(environ, "TOAST_BASE_URL"),
        clover_base_url=_url(environ, "CLOVER_BASE_URL"),
        clover_consent_url=_url(environ, "CLOVER_CONSENT_URL"),
        uber_base_url=_url(environ, "UBER_BASE_URL"),
        uber_auth_url=_url(environ, "UBER_AUTH_URL"),
        doordash_base_url=_url(environ, "DOORDASH_BASE_URL"),
        doordash_provider_type=_required(environ, "DOORDASH_PROVIDER_TYPE"),
        deliveroo_base_url=_url(environ, "DELIVEROO_BASE_URL"),
        deliveroo_auth_url=_url(environ, "DELIVEROO_AUTH_URL"),
        deliveroo_brand_id=_required(environ, "DELIVEROO_BRAND_ID"),
        deliveroo_menu_id=_required(environ, "DELIVEROO_MENU_ID"),
        open_delivery_base_url=_url(environ, "OPEN_DELIVERY_BASE_URL"),
        open_delivery_auth_url=_url(environ, "OPEN_DELIVERY_AUTH_URL"),
        stripe_base_url=_url(environ, "STRIPE_BASE_URL"),
        drive_base_url=_url(environ, "DRIVE_BASE_URL"),
        shop_mail_from=_required(environ, "SHOP_MAIL_FROM"),
    )


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise ConfigError(f"environment variable {name} is not set (see .chalice/config.json)")
    return value


def _url(environ: Mapping[str, str], name: str) -> str:
    """Return a base URL without a trailing slash. Plain http is for this machine only."""
    value = _required(environ, name).rstrip("/")
    parts = urlsplit(value)
    local = parts.hostname in ("127.0.0.1", "localhost", "host.docker.internal")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise ConfigError(f"environment variable {name} must be an https URL")
    return value

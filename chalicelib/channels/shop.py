"""Our own shop as a channel: its orders come from paid checkouts, its answers go into them.

No webhook makes an order here: who could sign one could have food that nobody paid for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.channels.base import (
    OrderWithdrawn,
    PartnerRefused,
    PartnerUnavailable,
    SignatureInvalid,
    WebhookReply,
)
from chalicelib.channels.menus import MenuReply, MenuResult
from chalicelib.domain.checkout import SHOP, Paid
from chalicelib.domain.deadlines import DECIDE_MS
from chalicelib.domain.errors import InvalidPayload, VersionConflict
from chalicelib.domain.wall import clock, days, week

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chalicelib.adapters.secrets import Secrets
    from chalicelib.bootstrap import Services
    from chalicelib.channels.menus import MenuCall, Publishing
    from chalicelib.domain.commands import Notice
    from chalicelib.domain.hours import Intervals
    from chalicelib.domain.order import Order
    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.refusal import Refusal


class Shop:
    """The channel of our own shop. What it is told is written into the checkout of the order."""

    name = SHOP
    acknowledgement = WebhookReply(202)
    decide_within_ms = DECIDE_MS
    reads_back = True
    polls = False
    shows_all_stores = False
    # Nobody decides without us.
    give_up_ms = 86_400_000
    pauses_end = True
    menu_gap_ms = 0
    menu_result_ms = 0

    def __init__(self, services: Services) -> None:
        self._services = services

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> None:  # noqa: ARG002
        """Refuse every webhook: /shop/checkouts is the way in."""
        raise SignatureInvalid("orders of our own shop come from paid checkouts")

    def read_notice(self, headers: Mapping[str, str], payload: dict[str, Any]) -> Notice:  # noqa: ARG002
        """Never reached: nothing verifies."""
        raise SignatureInvalid("orders of our own shop come from paid checkouts")

    def order_payload(self, notice: Notice, body: bytes) -> dict[str, Any]:  # noqa: ARG002
        """Return nothing but whether the order may still be made: to_order reads the checkout."""
        try:
            checkout = self._services.checkouts.get(notice.order_id)
        except AwsUnavailable as error:
            raise PartnerUnavailable(str(error)) from error
        if checkout is None or checkout.ending or checkout.paid not in (Paid.HELD, Paid.TAKEN):
            raise OrderWithdrawn("the order is not paid for, or was taken back")
        return {"checkout": checkout}

    def to_order(self, notice: Notice, payload: dict[str, Any], currency: str) -> Order:  # noqa: ARG002
        """Return the order of the checkout."""
        from chalicelib.shop.cart import order_of

        return order_of(payload["checkout"])

    def hold(self, record: OrderRecord, ready_ms: int) -> None:
        """The kitchen makes it later."""
        from chalicelib.shop import kitchen

        self._note(lambda: kitchen.holds(self._services, record, ready_ms))

    def accept(self, record: OrderRecord, ready_ms: int) -> None:
        """The kitchen has it. PartnerRefused when nobody wants it any more: then it is undone."""
        from chalicelib.shop import kitchen

        try:
            self._note(lambda: kitchen.has_ticket(self._services, record, ready_ms))
        except kitchen.TakenBack as error:
            raise PartnerRefused(str(error)) from error

    def deny(self, record: OrderRecord) -> None:
        """The kitchen does not make it."""
        from chalicelib.shop import kitchen

        self._note(lambda: kitchen.is_out(self._services, record))

    def cancel(self, record: OrderRecord, refusal: Refusal) -> None:  # noqa: ARG002 - in the record
        """The kitchen has cancelled it."""
        self.deny(record)

    def agree_to_cancel(self, record: OrderRecord) -> None:
        """It is taken back: the money may go, too."""
        self.deny(record)

    def ready(self, record: OrderRecord) -> None:
        """The food is ready."""
        from chalicelib.shop import kitchen

        self._note(lambda: kitchen.is_ready(self._services, record))

    def set_item_available(
        self, channel_store_id: str, item_id: str, *, available: bool, until_ms: int | None
    ) -> None:
        """Take checkouts with the item, or refuse them."""
        self._set(f"{channel_store_id}/{item_id}", is_open=available, until_ms=until_ms)

    def items_off(self, channel_store_id: str) -> frozenset[str] | None:  # noqa: ARG002
        """Nobody but us takes an item off our own shop."""
        return None

    def set_store_open(
        self,
        channel_store_id: str,
        *,
        is_open: bool,
        reason: Refusal | None,  # noqa: ARG002 - the customer sees that it is closed
        until_ms: int | None,
    ) -> None:
        """Take checkouts for the store, or refuse them."""
        self._set(channel_store_id, is_open=is_open, until_ms=until_ms)

    def menu_calls(self, publishing: Publishing) -> list[MenuCall]:
        """Write the menu for the shop's site to read: shop/menus/STORE.json in the bucket."""

        def write() -> MenuReply:
            body = json.dumps(_shown(publishing), ensure_ascii=False, separators=(",", ":"))
            key = f"shop/menus/{publishing.place}.json"
            self._note(lambda: self._services.files.write(key, body.encode()))
            return MenuReply()

        return [write]

    def menu_result(self, payload: dict[str, Any]) -> MenuResult:  # noqa: ARG002
        """Never asked: a file is there or is not."""
        raise InvalidPayload("our own shop has no such webhook")

    def open_orders(self, channel_store_id: str) -> list[Notice]:  # noqa: ARG002
        """Nothing: no webhook can be lost on the way to ourselves."""
        return []

    def acknowledge(self, notices: Sequence[Notice]) -> None:
        """Nothing was shown."""

    def _set(self, name: str, *, is_open: bool, until_ms: int | None) -> None:
        from chalicelib.shop.closures import close, reopen

        def write() -> None:
            if is_open:
                reopen(self._services, name)
            else:
                close(self._services, name, until_ms)

        self._note(write)

    def _note(self, write: Callable[[], None]) -> None:
        try:
            write()
        except (AwsUnavailable, VersionConflict) as error:
            raise PartnerUnavailable(str(error)) from error


def _shown(publishing: Publishing) -> dict[str, Any]:
    menu = publishing.menu
    hours = menu.store.hours
    return {
        "store": publishing.place,
        "version": menu.store.menu_version,
        "currency": menu.store.currency,
        "timeZone": hours.time_zone if hours else "",
        "hours": {day: _periods(intervals) for day, intervals in week(hours).items()},
        "days": {
            day: _periods(intervals) for day, intervals in days(hours, publishing.now_ms).items()
        },
        "categories": [
            {"id": one.id, "name": one.name, "description": one.description, "items": one.items}
            for one in menu.categories
        ],
        "items": [
            {
                "id": item.id,
                "name": item.name,
                "description": item.description,
                "image": item.image,
                "price": item.price.amount,
                "modifierGroups": item.groups,
            }
            for item in publishing.items()
        ],
        "modifierGroups": [
            {
                "id": one.id,
                "name": one.name,
                "min": one.least,
                "max": one.most,
                "options": one.options,
            }
            for one in publishing.groups()
        ],
    }


def _periods(intervals: Intervals) -> list[list[str]]:
    return [[clock(start), clock(end)] for start, end in intervals]

"""Our own shop as a channel: its orders come from paid checkouts, its answers go into them.

No webhook makes an order here: who could sign one could have food that nobody paid for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.channels.base import (
    OrderWithdrawn,
    PartnerRefused,
    PartnerUnavailable,
    SignatureInvalid,
    WebhookReply,
)
from chalicelib.domain.checkout import SHOP, Paid
from chalicelib.domain.deadlines import DECIDE_MS
from chalicelib.domain.errors import VersionConflict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.adapters.secrets import Secrets
    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import Notice
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
    # Nobody decides without us.
    give_up_ms = 86_400_000

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

    def open_orders(self, channel_store_id: str) -> list[Notice]:  # noqa: ARG002
        """Nothing: no webhook can be lost on the way to ourselves."""
        return []

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

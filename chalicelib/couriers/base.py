"""What a courier service offers for orders of our own shop."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from chalicelib.domain.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.adapters.secrets import Secrets
    from chalicelib.domain.fulfilment import Person
    from chalicelib.domain.money import Money


class CourierUnavailable(DomainError):  # noqa: N818 - it may be back in a second
    """No answer that counts; the same call may be made again, its id makes it happen once."""

    def __init__(self, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class CourierRefused(DomainError):  # noqa: N818 - a decision of theirs
    """Nobody will carry this: no couriers, too far, or an address that cannot be read."""


class Journey(StrEnum):
    """Where a delivery is."""

    CREATED = "created"
    CONFIRMED = "confirmed"
    AT_PICKUP = "at_pickup"
    PICKED_UP = "picked_up"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery under our own id; what it costs us; where it is."""

    id: str
    fee: Money
    journey: Journey


@dataclass(frozen=True, slots=True)
class CourierNotice:
    """A verified webhook of the courier service."""

    delivery_id: str
    journey: Journey


class Courier(Protocol):
    """A courier service."""

    name: str

    def quote(self, delivery_id: str, store_id: str, to: Person, value: Money) -> Delivery:
        """Say what it would cost; CourierRefused when nobody would come."""

    def send_for(
        self, delivery_id: str, store_id: str, to: Person, value: Money, tip: Money
    ) -> Delivery:
        """Ask for a courier. Asked again under the same id, it is the same delivery."""

    def cancel(self, delivery_id: str) -> None:
        """Send the courier away; what is cancelled or was never asked for needs nothing."""

    def read_webhook(
        self, headers: Mapping[str, str], body: bytes, secrets: Secrets
    ) -> CourierNotice | None:
        """Check the raw bytes and read them; None for news that change nothing."""

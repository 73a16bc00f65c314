"""What a courier service offers for orders of our own shop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chalicelib.domain.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.adapters.secrets import Secrets
    from chalicelib.domain.fulfilment import Journey, Person
    from chalicelib.domain.money import Money


class CourierUnavailable(DomainError):  # noqa: N818 - it may be back in a second
    """No answer that counts; the same call may be made again, its id makes it happen once."""

    def __init__(self, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class CourierRefused(DomainError):  # noqa: N818 - a decision of theirs
    """Nobody will carry this: no couriers, too far, or an address that cannot be read."""


class QuoteGone(CourierRefused):
    """The quote has expired, or is not known: ask for another one."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery under our own id; what it costs us; where it is, None while it is a quote."""

    id: str
    fee: Money
    journey: Journey | None


@dataclass(frozen=True, slots=True)
class CourierNotice:
    """A verified webhook of the courier service."""

    delivery_id: str
    journey: Journey


class Courier(Protocol):
    """A courier service."""

    name: str

    def quote(self, delivery_id: str, store_id: str, to: Person, value: Money) -> Delivery:
        """Say what it would cost; CourierRefused when nobody would come.

        For an id that was accepted before, it is that delivery.
        """

    def accept(self, delivery_id: str, tip: Money) -> Delivery:
        """Have the courier come who was quoted; QuoteGone when that is too long ago.

        Accepted again under the same id, it is the same delivery.
        """

    def find(self, delivery_id: str, currency: str) -> Delivery | None:
        """Return the delivery, None when nobody was ever asked to come."""

    def cancel(self, delivery_id: str) -> None:
        """Send the courier away; what is cancelled or was never asked for needs nothing."""

    def read_webhook(
        self, headers: Mapping[str, str], body: bytes, secrets: Secrets
    ) -> CourierNotice | None:
        """Check the raw bytes and read them; None for news that change nothing."""

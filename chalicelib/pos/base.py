"""What every point of sale's module offers, and the three ways in which a call can end badly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib.domain.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.domain.money import Money
    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order as the point of sale holds it."""

    pos_order_id: str
    total: Money


@dataclass(frozen=True, slots=True)
class PosNotice:
    """A verified webhook of a point of sale."""

    event_id: str
    event_type: str
    pos_order_id: str
    state: str


class PosUnavailable(DomainError):  # noqa: N818 - it may be back in a second
    """The call was not carried out; making it again is safe."""

    def __init__(self, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class PosOutcomeUnknown(DomainError):  # noqa: N818 - precisely what we know
    """The call may or may not have been carried out; look before making it again."""


class PosRefused(DomainError):  # noqa: N818 - a decision of theirs
    """The point of sale will never take this order."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.reason}: {refusal.text}")
        self.refusal = refusal


class PointOfSale(Protocol):
    """A point of sale. Every call may raise one of the three errors above."""

    vendor: str

    def find(self, record: OrderRecord) -> Ticket | None:
        """Return the ticket that an earlier attempt made, if there is one."""

    def create(self, record: OrderRecord) -> Ticket:
        """Make the ticket. Made twice for one order, it must end in one ticket."""

    def release(self, record: OrderRecord, ticket: Ticket) -> None:
        """Let the kitchen see the ticket (record the payment that the partner has taken)."""

    def order_key_of(self, pos_order_id: str) -> str | None:
        """Return the key of our order behind a ticket, None when it is not one of ours."""

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> PosNotice:
        """Check the raw bytes and read them; SignatureInvalid, BodyTooLarge, InvalidPayload."""


def clipped(data: Mapping[str, Any], name: str, length: int = 200) -> str:
    """Return a vendor's text shortened, for our records."""
    return str(data.get(name) or "")[:length]

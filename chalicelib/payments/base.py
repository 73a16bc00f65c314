"""What a payment provider offers: authorise, then capture or release, then refund."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chalicelib.domain.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.adapters.secrets import Secrets
    from chalicelib.domain.money import Money


class PaymentUnavailable(DomainError):  # noqa: N818 - it may be back in a second
    """No answer that counts. The same call may be made again: its key makes it happen once."""

    def __init__(self, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class PaymentDeclined(DomainError):  # noqa: N818 - a decision of theirs
    """The customer's card does not pay. `code` is the provider's, for the customer's eyes."""

    def __init__(self, code: str) -> None:
        super().__init__(f"declined: {code}")
        self.code = code


class PaymentRefused(DomainError):  # noqa: N818 - a decision of theirs
    """The call can never succeed: the payment is in another state, or we sent nonsense."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment at the provider. `captured` and `refunded` are zero until they happen."""

    id: str
    authorised: Money
    captured: Money
    open: bool
    """Whether it can still be captured or released."""


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """A verified webhook of the provider."""

    event_id: str
    event_type: str
    payment_id: str
    order_id: str


class PaymentProvider(Protocol):
    """A payment provider. Every call is made under a key of the order, so twice is once."""

    name: str

    def authorise(self, order_id: str, amount: Money, method: str) -> Payment:
        """Reserve the money; PaymentDeclined when the card says no."""

    def capture(self, order_id: str, payment_id: str, amount: Money) -> None:
        """Take what was reserved, or less. Taken already is a success."""

    def release(self, order_id: str, payment_id: str) -> None:
        """Give back a reservation; what was captured is refunded whole."""

    def read_webhook(
        self, headers: Mapping[str, str], body: bytes, secrets: Secrets, now_ms: int
    ) -> PaymentNotice:
        """Check the raw bytes and read them; SignatureInvalid, BodyTooLarge, InvalidPayload."""

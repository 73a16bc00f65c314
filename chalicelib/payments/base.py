"""What a payment provider offers: open, authorise, then capture or release, then refund.

A payment is opened before any money is held, and its id is written down before it is authorised:
whatever crashes in between, an order has one payment that can ever hold its money.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from chalicelib.domain.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.adapters.secrets import Secrets
    from chalicelib.domain.money import Money


class PaymentUnavailable(DomainError):  # noqa: N818 - it may be back in a second
    """No answer that counts: the call may have been carried out. The payment tells, when read."""

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

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.code = code


class PaymentStatus(StrEnum):
    """Where a payment is at the provider."""

    NEW = "new"  # holds nothing
    ACTION = "action"  # the customer's bank wants something of the customer
    HELD = "held"
    TAKEN = "taken"
    ENDED = "ended"  # released, or expired


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment at the provider. `secret` lets the customer's browser answer the bank."""

    id: str
    status: PaymentStatus
    amount: Money
    captured: Money
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """A verified webhook of the provider. `order_id` is empty for payments that are not ours."""

    event_id: str
    event_type: str
    payment_id: str
    order_id: str


class PaymentProvider(Protocol):
    """A payment provider. `attempt` counts what failed before: it makes each try's key its own.

    Trying again under another key is safe because the payment itself can be authorised, captured
    and given back only once; what came of a lost call is read.
    """

    name: str

    def open(self, order_id: str, amount: Money, attempt: int) -> Payment:
        """Make a payment that holds nothing yet."""

    def authorise(self, payment_id: str, method: str, attempt: int) -> Payment:
        """Hold the money; PaymentDeclined when the card says no."""

    def read(self, payment_id: str) -> Payment:
        """Return the payment as it is."""

    def capture(self, payment_id: str, amount: Money, attempt: int) -> None:
        """Take what is held, or less. Taken already is a success."""

    def release(self, payment_id: str, attempt: int) -> None:
        """Give everything back, whatever the payment's state. Given back already is a success."""

    def refund(self, payment_id: str, amount: Money, reason: str, attempt: int) -> None:
        """Give a part back, once for each reason."""

    def read_webhook(
        self, headers: Mapping[str, str], body: bytes, secrets: Secrets, now_ms: int
    ) -> PaymentNotice:
        """Check the raw bytes and read them; SignatureInvalid, BodyTooLarge, InvalidPayload."""

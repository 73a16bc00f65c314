"""What can go wrong, in the words of the business.

DomainError
├── InvalidPayload       a partner or a menu file sent something that means nothing to us
│   └── InvalidMoney     … in particular a float, or a currency that does not exist
├── OrderRefused         an understood order that cannot be made: the partner is told why
├── IllegalTransition    a step that the order's state does not allow; nothing has changed
├── VersionConflict      somebody else wrote this order since it was read
├── UnreadableRecord     a stored order that this version of the code cannot read
└── RetryLater           nothing is wrong for good: deliver the same message again
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.domain.refusal import Refusal


class DomainError(Exception):
    """Root of everything the order middleware raises on purpose."""


class InvalidPayload(DomainError):  # noqa: N818 - a fact about the sender, not about us
    """The payload cannot be read as what it claims to be. The text holds no payload values."""


class InvalidMoney(InvalidPayload):
    """An amount that is no whole number of minor units of a known currency."""


class OrderRefused(DomainError):  # noqa: N818 - a decision
    """The order cannot be made, and the partner is to be told so."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.reason}: {refusal.text}")
        self.refusal = refusal


class IllegalTransition(DomainError):  # noqa: N818 - the name of the thing
    """The order's state does not allow this step."""


class VersionConflict(DomainError):  # noqa: N818 - the name of the thing
    """The stored order is not the one that was read."""


class UnreadableRecord(DomainError):  # noqa: N818 - the name of the thing
    """The stored order is damaged, or was written by a newer version of this code."""


class RetryLater(DomainError):  # noqa: N818 - an instruction to the queue
    """Deliver this message again, in about `seconds` where the caller knows better than we do."""

    def __init__(self, reason: str, seconds: int | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds

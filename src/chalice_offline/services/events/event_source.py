"""A partner event source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalice_offline.core.arn import make_arn

# User guide, "Receiving events from a SaaS partner": a source that no bus is made for is gone
# after 14 days. Shown, not acted on.
EXPIRES_AFTER_MS = 14 * 86_400_000


@dataclass(slots=True, eq=False)
class EventSource:
    """A partner event source in the account of a customer: PENDING until a bus is made for it."""

    name: str
    partner_account_id: str
    account_id: str
    region: str
    created_ms: int
    state: str = "PENDING"

    @property
    def arn(self) -> str:
        """The source's ARN; it belongs to no account."""
        return make_arn("events", self.region, "", f"event-source/{self.name}")

    def describe(self) -> dict[str, Any]:
        """Return the source as the customer sees it."""
        return {
            "Arn": self.arn,
            "CreatedBy": self.name.split("/")[1],
            "CreationTime": self.created_ms / 1000,
            "ExpirationTime": (self.created_ms + EXPIRES_AFTER_MS) / 1000,
            "Name": self.name,
            "State": self.state,
        }

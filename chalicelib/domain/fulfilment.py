"""How and when the food leaves the kitchen.

Only a merchant's own drivers need a person and a place. These are personal data: they are kept
in the order's record until its ticket is made and answered for, and reach no log and no event.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Handover(StrEnum):
    """Who takes the food away."""

    COURIER = "courier"  # the partner's, who knows where to
    PICKUP = "pickup"  # the customer
    MERCHANT = "merchant"  # our own driver, who must be told where to


class Journey(StrEnum):
    """Where a delivery of a courier service is."""

    CREATED = "created"
    CONFIRMED = "confirmed"
    AT_PICKUP = "at_pickup"
    PICKED_UP = "picked_up"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Person:
    """Whom our own driver has to find. Never shown in a log: its repr is empty."""

    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    street: str = field(default="", repr=False)
    city: str = field(default="", repr=False)
    region: str = field(default="", repr=False)
    postal_code: str = field(default="", repr=False)
    country: str = field(default="", repr=False)
    instructions: str = field(default="", repr=False)

    def address(self) -> str:
        """Return the address in one line."""
        town = " ".join(part for part in (self.city, self.region, self.postal_code) if part)
        return ", ".join(part for part in (self.street, town, self.country) if part)

    def to_dict(self) -> dict[str, str]:
        """Return a JSON-ready form without what is empty."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in values.items() if value}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Person:
        """Read what `to_dict` wrote; fields of a newer version are passed over."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__ if name in data})


class When(StrEnum):
    """When the kitchen may see the order."""

    NOW = "now"
    SCHEDULED = "scheduled"  # so that it is ready at `ready_ms`
    ON_RELEASE = "on_release"  # when the partner says so: the courier is near


@dataclass(frozen=True, slots=True)
class Timing:
    """`ready_ms`: when the food is wanted; `begin_ms`: when to begin, where the partner says so."""

    when: When = When.NOW
    ready_ms: int | None = None
    begin_ms: int | None = None

    def kitchen_ms(self, prep_minutes: int, now_ms: int) -> int | None:
        """Return when the kitchen has to see the order, None for at once.

        An order that waits for its release is fired at the latest so that it is ready in time:
        a release that never comes must not mean no food. Without any time given that is after
        `LATEST_RELEASE_MS`.
        """
        if self.when is When.NOW:
            return None
        at_ms = self.begin_ms
        if self.ready_ms is not None and (at_ms is None or at_ms > self.ready_ms):
            at_ms = self.ready_ms - prep_minutes * 60_000
        if at_ms is None:
            return now_ms + LATEST_RELEASE_MS if self.when is When.ON_RELEASE else None
        return at_ms if at_ms > now_ms else None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {"when": str(self.when), "ready_ms": self.ready_ms, "begin_ms": self.begin_ms}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Timing:
        """Read what `to_dict` wrote."""
        return cls(When(data["when"]), data.get("ready_ms"), data.get("begin_ms"))


LATEST_RELEASE_MS = 45 * 60_000
"""How long an order without any time of its own waits for its courier."""

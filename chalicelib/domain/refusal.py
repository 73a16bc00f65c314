"""Why an order is not made. Channels translate these into each partner's own words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

MOST_ITEMS = 100
LONGEST_TEXT = 300
"""Of an item's name, as of all that is said about it: a record has to hold it, twice."""


class Reason(StrEnum):
    """The reasons for saying no, independent of any partner."""

    UNKNOWN_STORE = "unknown_store"
    UNMAPPED_ITEM = "unmapped_item"
    OUT_OF_STOCK = "out_of_stock"
    PRICING = "pricing"
    INVALID_ORDER = "invalid_order"
    INSTRUCTIONS = "instructions"
    POS_OFFLINE = "pos_offline"
    POS_REFUSED = "pos_refused"
    POS_NOT_READY = "pos_not_ready"
    TIMED_OUT = "timed_out"
    STORE_CLOSED = "store_closed"
    BUSY = "busy"
    ADDRESS = "address"
    TOO_LARGE = "too_large"
    KITCHEN_CANCELLED = "kitchen_cancelled"
    OTHER = "other"

    @classmethod
    def _missing_(cls, value: object) -> Reason:  # noqa: ARG003
        """A reason that only a newer version knows is still a reason."""
        return cls.OTHER


@dataclass(frozen=True, slots=True)
class RefusedItem:
    """One item that stands in the way: its id and its name in the partner's menu."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason, a sentence for the partner, and the items concerned if it is about items.

    `detail` is for our own staff: it may quote a point of sale, which is none of a partner's
    business.
    """

    reason: Reason
    text: str
    items: tuple[RefusedItem, ...] = ()
    detail: str = ""

    def shortened(self) -> Refusal:
        """Return it as it is kept: a cart of a thousand things that nobody knows fits nowhere."""
        items = tuple(
            RefusedItem(item.id, item.name[:LONGEST_TEXT]) for item in self.items[:MOST_ITEMS]
        )
        text, detail = self.text[:LONGEST_TEXT], self.detail[:LONGEST_TEXT]
        return replace(self, text=text, items=items, detail=detail)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        items = [{"id": item.id, "name": item.name} for item in self.items]
        data = {"reason": str(self.reason), "text": self.text, "items": items}
        return data | {"detail": self.detail} if self.detail else data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Refusal:
        """Read what `to_dict` wrote."""
        items = tuple(RefusedItem(item["id"], item["name"]) for item in data["items"])
        return cls(Reason(data["reason"]), data["text"], items, data.get("detail", ""))

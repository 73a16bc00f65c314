"""Why an order is not made, in the words that DoorDash prescribes.

Source: DoorDash's developer pages, "Marketplace": order confirmation, order cancellation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.domain.refusal import Reason

if TYPE_CHECKING:
    from chalicelib.domain.refusal import Refusal, RefusedItem

CLOSED = "Store Unavailable - Hours out of Sync"
OFFLINE = "Store Unavailable - Connectivity Issue"

STORE_FAILURES = {
    Reason.UNKNOWN_STORE: (OFFLINE, "POS_OFFLINE"),
    Reason.POS_OFFLINE: (OFFLINE, "POS_OFFLINE"),
    Reason.POS_NOT_READY: (OFFLINE, "POS_OFFLINE"),
    Reason.POS_REFUSED: (OFFLINE, "POS_OFFLINE"),
    Reason.TIMED_OUT: (OFFLINE, "TIME_OUT"),
    Reason.STORE_CLOSED: (CLOSED, "STORE_CLOSED"),
    Reason.BUSY: ("Store Unavailable - Capacity", "CAPACITY_THROTTLING"),
}
"""Reasons about the store as a whole: DoorDash's required text, and its code."""

ITEM_FAILURES = {
    Reason.UNMAPPED_ITEM: ("Item Missing - {name} - {id}", None),
    Reason.OUT_OF_STOCK: ("Item Unavailable - {name} - {id} - Out of stock", "ITEM_OUT_OF_STOCK"),
    Reason.PRICING: ("Pricing Mismatch - {name} - {id}", None),
}
"""Reasons about items: the required text for each; a code only where DoorDash lists one."""

CANCEL_REASONS = {
    Reason.OUT_OF_STOCK: "ITEM_OUT_OF_STOCK",
    Reason.UNMAPPED_ITEM: "ITEM_OUT_OF_STOCK",
    Reason.BUSY: "KITCHEN_BUSY",
    # STORE_CLOSED would pause the store for twelve hours: only for a store that says so.
    Reason.STORE_CLOSED: "STORE_CLOSED",
}
""""OTHER" for every reason that is not here."""


def failure(refusal: Refusal) -> tuple[str, list[dict[str, Any]]]:
    """Return failure_reason and errors in DoorDash's own words."""
    if refusal.reason in ITEM_FAILURES and refusal.items:
        template, code = ITEM_FAILURES[refusal.reason]
        errors = [_error(item, template, code) for item in refusal.items]
        return str(errors[0]["message"]), errors
    if refusal.reason in STORE_FAILURES:
        reason, store_code = STORE_FAILURES[refusal.reason]
        return reason, [{"code": store_code, "message": reason}]
    return refusal.text, [{"message": refusal.text}]


def _error(item: RefusedItem, template: str, code: str | None) -> dict[str, Any]:
    error: dict[str, Any] = {
        "merchant_supplied_id": item.id,
        "message": template.format(name=item.name, id=item.id),
    }
    return {"code": code, **error} if code else error

"""Our order as Clover writes one: a line per piece, options flattened, our key in the note.

Source: docs.clover.com, "Create an atomic order".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.pos.base import PosRefused
from chalicelib.pos.writing import flat, kitchen_note, ticket_title, whole

if TYPE_CHECKING:
    from chalicelib.domain.order import Line, Order
    from chalicelib.domain.store import Store

NOTE_LENGTH = 2000
TITLE_LENGTH = 127
MAX_LINES = 3000
KEY_MARK = "order: "


def order_body(order: Order, store: Store) -> dict[str, Any]:
    """Return the cart of an atomic order. Only the note can carry our key back to us."""
    count = sum(line.quantity for line in order.lines)
    if count > MAX_LINES:
        text = f"more than the point of sale's {MAX_LINES} pieces"
        raise PosRefused(Refusal(Reason.TOO_LARGE, text))
    key = f"{KEY_MARK}{order.key}"
    note = whole(kitchen_note(order), NOTE_LENGTH - len(key) - 1)
    cart: dict[str, Any] = {
        "title": ticket_title(order)[:TITLE_LENGTH],
        "note": f"{key}\n{note}".rstrip(),
        "lineItems": [_line_item(line) for line in order.lines for _ in range(line.quantity)],
    }
    if order_type := store.pos_settings.get("order_type"):
        cart["orderType"] = {"id": order_type}
    return {"orderCart": cart}


def order_key(note: object) -> str | None:
    """Return the order's key out of a note, None when there is none."""
    first = str(note).partition("\n")[0]
    return first.removeprefix(KEY_MARK) if first.startswith(KEY_MARK) else None


def _line_item(line: Line) -> dict[str, Any]:
    item: dict[str, Any] = {
        "item": {"id": line.pos_id},
        "name": line.name,
        "price": line.price.amount,
    }
    if line.note:
        item["note"] = whole(line.note, NOTE_LENGTH)
    modifications = [
        {
            "modifier": {"id": modifier.pos_id},
            "name": modifier.name,
            "amount": modifier.price.amount,
        }
        for modifier, count in flat(line.modifiers)
        for _ in range(count)
    ]
    if modifications:
        item["modifications"] = modifications
    return item

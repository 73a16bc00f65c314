"""What an item of a partner's order has to say: which of ours it is, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.channels.base import text
from chalicelib.domain.errors import InvalidPayload, OrderRefused
from chalicelib.domain.order import identifier
from chalicelib.domain.refusal import Reason, Refusal, RefusedItem

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.domain.money import Money


def named(item: dict[str, Any], member: str) -> RefusedItem:
    """Return an item's id, which stands in `member`, and its name.

    Raises OrderRefused for one without our id: it came from a menu that is not ours.
    """
    name = text(item, "name")
    try:
        return RefusedItem(identifier(item.get(member), member), name)
    except InvalidPayload as error:
        refusal = Refusal(Reason.UNMAPPED_ITEM, "an item has no id", (RefusedItem("", name),))
        raise OrderRefused(refusal) from error


def priced(item: RefusedItem, read: Callable[[], Money]) -> Money:
    """Return an item's price as `read` finds it; raises OrderRefused when there is none."""
    try:
        return read()
    except InvalidPayload as error:
        raise OrderRefused(Refusal(Reason.PRICING, str(error), (item,))) from error

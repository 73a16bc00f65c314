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


LONGEST_ID = 100
"""Of an id that is none of ours, in what the partner is told."""


def named(item: dict[str, Any], member: str, *, name: str = "name") -> RefusedItem:
    """Return an item's id, which stands in `member`, and its name.

    Raises OrderRefused for one without an id of ours: it came from a menu that is not ours. The
    partner is told which one, by whatever id it gave.
    """
    called, given = text(item, name), item.get(member)
    try:
        return RefusedItem(identifier(given, member), called)
    except InvalidPayload as error:
        id_ = given.strip()[:LONGEST_ID] if isinstance(given, str) else ""
        why = "an item's id is none of the store's menu" if id_ else "an item has no id"
        refusal = Refusal(Reason.UNMAPPED_ITEM, why, (RefusedItem(id_, called),))
        raise OrderRefused(refusal) from error


def priced(item: RefusedItem, read: Callable[[], Money]) -> Money:
    """Return an item's price as `read` finds it; raises OrderRefused when there is none."""
    try:
        return read()
    except InvalidPayload as error:
        raise OrderRefused(Refusal(Reason.PRICING, str(error), (item,))) from error

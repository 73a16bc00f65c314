"""Lists in pages: `limit` and `position`, and the position after them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.apigateway import limits
from chalice_offline.services.apigateway.errors import bad_request
from chalice_offline.services.common.paging import page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chalice_offline.core.kernel import Request, Result

_MISSING = "invalid position parameter"


def listed(
    items: Iterable[dict[str, Any]], key: str | Mapping[str, int], request: Request
) -> Result:
    """Return the page of `items` that a request asks for, in the order of one of their members.

    Or of numbers, by id: those in which they were made.
    """

    def place(item: dict[str, Any]) -> str:
        return (
            str(item.get(key, ""))
            if isinstance(key, str)
            else f"{key.get(item['id'], 0):09}{item['id']}"
        )

    asked = int(request.get("limit") or 0)
    size = min(asked, limits.PAGE_SIZE_MAX) if asked > 0 else limits.PAGE_SIZE
    shown, position = page(
        items,
        place,
        size=size,
        token=request.get("position"),
        invalid_token=lambda: bad_request(_MISSING),
    )
    return {"items": shown} | ({"position": position} if position else {})

"""Lists in pages: sorted, resumed after the last item given, stable while items come and go."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, TypeVar

from chalice_offline.services.events.errors import validation_error
from chalice_offline.services.events.limits import PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chalice_offline.core.kernel import Request

T = TypeVar("T")


def page(
    items: Iterable[T], sort_key: Callable[[T], str], request: Request
) -> tuple[list[T], dict[str, Any]]:
    """Return the items of the page that `request` asks for, and NextToken if there are more.

    Reads Limit and NextToken; raises ValidationException for a token that was never given out.
    """
    after = _decode(request["NextToken"]) if "NextToken" in request else None
    ordered = sorted(items, key=sort_key)
    if after is not None:
        ordered = [item for item in ordered if sort_key(item) > after]
    limit = request.get("Limit", PAGE_SIZE)
    if len(ordered) <= limit:
        return ordered, {}
    return ordered[:limit], {"NextToken": _encode(sort_key(ordered[limit - 1]))}


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _decode(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise validation_error("Parameter NextToken is not valid.") from error

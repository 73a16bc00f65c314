"""Lists in pages: sorted, resumed after the last item given, stable while items come and go."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, TypeVar

from chalice_offline.services.scheduler.errors import validation_error
from chalice_offline.services.scheduler.limits import PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chalice_offline.core.kernel import Request

T = TypeVar("T")


def page(
    items: Iterable[T], sort_key: Callable[[T], str], request: Request
) -> tuple[list[T], dict[str, Any]]:
    """Return the page that MaxResults and NextToken ask for, and NextToken if there is more.

    Raises ValidationException for a token that was never given out.
    """
    ordered = sorted(items, key=sort_key)
    if "NextToken" in request:
        last = _decode(request["NextToken"])
        ordered = [item for item in ordered if sort_key(item) > last]
    size = request.get("MaxResults", PAGE_SIZE)
    if len(ordered) <= size:
        return ordered, {}
    token = base64.urlsafe_b64encode(sort_key(ordered[size - 1]).encode()).decode()
    return ordered[:size], {"NextToken": token}


def _decode(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise validation_error("Invalid NextToken.") from error

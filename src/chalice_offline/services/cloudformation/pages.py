"""Lists in pages, in an order of their own: the token is a position."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, TypeVar

from chalice_offline.services.cloudformation.errors import validation_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.core.kernel import Request

T = TypeVar("T")
_MARK = "after:"


def in_order(items: Sequence[T], request: Request, size: int) -> tuple[Sequence[T], dict[str, str]]:
    """Return the page that a request asks for, and NextToken if there are more.

    The token counts from the end: what is added at the front meanwhile moves nothing.
    """
    left = len(items)
    if token := request.get("NextToken"):
        left = min(left, _position(token))
    start = len(items) - left
    shown = items[start : start + size]
    left -= len(shown)
    if not left:
        return shown, {}
    return shown, {"NextToken": base64.urlsafe_b64encode(f"{_MARK}{left}".encode()).decode()}


def _position(token: str) -> int:
    try:
        text = base64.urlsafe_b64decode(token).decode()
        if text.startswith(_MARK):
            return int(text.removeprefix(_MARK))
    except (binascii.Error, ValueError) as error:
        raise validation_error("Invalid token") from error
    raise validation_error("Invalid token")

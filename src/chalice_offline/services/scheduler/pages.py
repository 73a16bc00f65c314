"""Lists in pages, as requests ask for them with MaxResults and NextToken."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from chalice_offline.services.common import paging
from chalice_offline.services.scheduler.errors import validation_error
from chalice_offline.services.scheduler.limits import PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chalice_offline.core.kernel import Request

T = TypeVar("T")


def page(
    items: Iterable[T], key: Callable[[T], str], request: Request
) -> tuple[list[T], dict[str, str]]:
    """Return the page that `request` asks for, and NextToken if there is more.

    Raises ValidationException for a token that was never given out.
    """
    shown, token = paging.page(
        items,
        key,
        size=request.get("MaxResults", PAGE_SIZE),
        token=request.get("NextToken"),
        invalid_token=lambda: validation_error("Invalid NextToken."),
    )
    return shown, {"NextToken": token} if token else {}

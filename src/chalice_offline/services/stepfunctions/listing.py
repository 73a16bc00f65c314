"""Lists in pages, as every List operation answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from chalice_offline.services.common.paging import page
from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.errors import invalid_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chalice_offline.core.kernel import Request, Result

T = TypeVar("T")


def listed(
    member: str,
    found: Iterable[T],
    key: Callable[[T], str],
    show: Callable[[T], Result],
    request: Request,
) -> Result:
    """Return a page of what was found under `member`, in the order of the keys."""
    shown, token = page(
        found,
        key,
        size=request.get("maxResults") or limits.LISTED_DEFAULT,
        token=request.get("nextToken"),
        invalid_token=invalid_token,
    )
    result: Result = {member: [show(one) for one in shown]}
    return {**result, "nextToken": token} if token else result

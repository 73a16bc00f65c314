"""Lambda's lists in pages: Marker, NextMarker, MaxItems."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from chalice_offline.services.common.paging import page
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.errors import invalid_parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chalice_offline.core.errors import AwsError
    from chalice_offline.core.kernel import Request

T = TypeVar("T")


def page_of(
    items: Iterable[T], key: Callable[[T], str], request: Request
) -> tuple[list[T], dict[str, str]]:
    """Return the items of the page that a request asks for, and NextMarker if there are more."""
    shown, token = page(
        items,
        key,
        size=request.get("MaxItems", limits.LISTED),
        token=request.get("Marker"),
        invalid_token=_invalid_marker,
    )
    return shown, {"NextMarker": token} if token else {}


def _invalid_marker() -> AwsError:
    return invalid_parameter("Invalid Marker.")

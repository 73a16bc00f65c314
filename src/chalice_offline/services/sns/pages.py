"""Pages of 100, in order of creation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from chalice_offline.services.common import paging
from chalice_offline.services.sns.errors import invalid_parameter
from chalice_offline.services.sns.limits import PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable


class Numbered(Protocol):
    """Something that got the next number when it was created."""

    number: int


T = TypeVar("T", bound=Numbered)


def page_of(items: Iterable[T], token: str | None) -> tuple[list[T], str | None]:
    """Return up to 100 items, and the token for what follows or None."""
    return paging.page(
        items,
        lambda item: f"{item.number:012}",
        size=PAGE_SIZE,
        token=token,
        invalid_token=lambda: invalid_parameter("NextToken"),
    )

"""Pages of 100, and the token for the next one."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Protocol, TypeVar

from chalice_offline.services.sns.errors import invalid_parameter
from chalice_offline.services.sns.limits import PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable


class Numbered(Protocol):
    """Something that got the next number when it was created."""

    number: int


T = TypeVar("T", bound=Numbered)


def page_of(items: Iterable[T], token: str | None) -> tuple[list[T], str | None]:
    """Return up to 100 items in order of creation, and the token for what follows or None.

    A token holds the number of the last item given out, so that items which come and go between
    two calls neither repeat nor hide others.
    """
    after = _number_in(token) if token else 0
    page: list[T] = []
    for item in items:
        if item.number <= after:
            continue
        if len(page) == PAGE_SIZE:
            return page, _token_after(page[-1].number)
        page.append(item)
    return page, None


def _token_after(number: int) -> str:
    return base64.b64encode(f"after:{number}".encode()).decode()


def _number_in(token: str) -> int:
    try:
        text = base64.b64decode(token, validate=True).decode()
        kind, number = text.split(":")
        if kind != "after":
            raise invalid_parameter("NextToken")
        return int(number)
    except (ValueError, binascii.Error):
        raise invalid_parameter("NextToken") from None

"""Lists in pages: sorted, resumed after the last item given, stable while items come and go."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chalice_offline.core.errors import AwsError
    from chalice_offline.core.kernel import Request

T = TypeVar("T")
_MARK = "after:"  # tells our tokens from made-up ones


def page(
    items: Iterable[T],
    key: Callable[[T], str],
    *,
    size: int,
    token: str | None,
    invalid_token: Callable[[], AwsError],
) -> tuple[list[T], str | None]:
    """Return the items of one page in the order of their keys, and the next page's token or None.

    A token is the key of the last item given out, so that items which come and go between two
    calls neither repeat nor hide others. `invalid_token` makes the error for one that never was.
    """
    ordered = sorted(items, key=key)
    if token:
        after = _decode(token, invalid_token)
        ordered = [item for item in ordered if key(item) > after]
    if len(ordered) <= size:
        return ordered, None
    return ordered[:size], _encode(key(ordered[size - 1]))


@dataclass(frozen=True, slots=True)
class Pages:
    """How a service's requests ask for pages: NextToken, and a member that says how many."""

    size_member: str
    default_size: int
    invalid_token: Callable[[], AwsError]

    def page(
        self, items: Iterable[T], key: Callable[[T], str], request: Request
    ) -> tuple[list[T], dict[str, str]]:
        """Return the items of the page that `request` asks for, and NextToken if there are more."""
        shown, token = page(
            items,
            key,
            size=request.get(self.size_member, self.default_size),
            token=request.get("NextToken"),
            invalid_token=self.invalid_token,
        )
        return shown, {"NextToken": token} if token else {}


def _encode(last: str) -> str:
    return base64.urlsafe_b64encode(f"{_MARK}{last}".encode()).decode()


def _decode(token: str, invalid_token: Callable[[], AwsError]) -> str:
    try:
        text = base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise invalid_token() from error
    if not text.startswith(_MARK):
        raise invalid_token()
    return text.removeprefix(_MARK)

"""What a point of sale's OAuth offers: a page to consent on, a code to redeem, refreshes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chalicelib.adapters.http import ConnectFailed, NoReply
from chalicelib.domain.errors import DomainError
from chalicelib.tokens import GrantUnknown, TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.adapters.http import HttpReply, VendorHttp
    from chalicelib.tokens import Grant


@dataclass(frozen=True, slots=True)
class Connection:
    """What an owner's consent brought: whose account it is, and the first tokens."""

    seller_id: str
    grant: Grant


class NotConnected(DomainError):  # noqa: N818 - a fact
    """The consent brought nothing. The owner reads the text: it holds no input."""


class SellerOAuth(Protocol):
    """One vendor's OAuth.

    `renew_at` is the share of a token's life after which the schedule renews it, so long before
    its end that orders never have to, and that a vendor may be down for a while. `danger_at` is the
    share after which it should have been renewed long ago.
    """

    vendor: str
    renew_at: float
    danger_at: float

    def consent_url(self, state: str) -> str:
        """Return the page on which an owner lets us in."""

    def redeem(self, query: Mapping[str, str]) -> Connection:
        """Redeem the code that the owner's browser brought; NotConnected, TokenUnavailable."""

    def refresh(self, refresh: str) -> Grant:
        """Return a new token; GrantRefused, GrantUnknown or TokenUnavailable when there is none."""


def ask(http: VendorHttp, url: str, body: Mapping[str, str]) -> HttpReply:
    """Ask for a token. What is no answer about this seller (429, 5xx, silence) raises."""
    try:
        reply = http.call("POST", url, json=dict(body))
    except ConnectFailed as error:
        raise TokenUnavailable(f"token: {error}") from error
    except NoReply as error:
        raise GrantUnknown(f"token: {error}") from error
    if reply.status == 429:
        raise TokenUnavailable("token: HTTP 429", reply.retry_after)
    if reply.status >= 500:
        raise GrantUnknown(f"token: HTTP {reply.status}", reply.retry_after)
    return reply

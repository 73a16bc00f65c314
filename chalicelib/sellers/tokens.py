"""Access tokens of one vendor's sellers.

A refresh token that works once is the seller's connection: what a refresh brings is written down
before it is used, one container refreshes at a time (TokenCache), and that happens long before
the access token ends, in a function that does nothing else. When a function dies between the
vendor's answer and our write, the refresh token is lost all the same. Then the old access token
serves until it ends, the next refresh is refused, and with that an alarm goes off: the owner has
to open a link and connect again (docs/DEPLOY.md, "Sellers"). Square's refresh tokens work again
and again; there nothing is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.pos.base import REFUSED, PosNotConnected, PosRefused, PosUnavailable
from chalicelib.tokens import GrantRefused, NeverGranted, TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.adapters.token_table import Token
    from chalicelib.sellers.base import SellerOAuth
    from chalicelib.tokens import Grant, TokenCache

DAY_MS = 86_400_000
UNKNOWN_MS = 300_000
"""How long a container remembers that a seller has not connected."""


def token_name(vendor: str, seller_id: str) -> str:
    """Return what a seller's token is called in the table."""
    return f"{vendor}/{seller_id}"


def told_today(type_: str, now_ms: int) -> str:
    """Return how it is written down that staff were told of something today."""
    return f"{type_} {now_ms // DAY_MS}"


class SellerTokens:
    """The sellers of one vendor. `caches` makes the shared cache of a name."""

    def __init__(
        self, oauth: SellerOAuth, caches: Callable[[str], TokenCache], now_ms: Callable[[], int]
    ) -> None:
        self.oauth = oauth
        self._caches = caches
        self._now_ms = now_ms
        self._known: dict[str, TokenCache] = {}
        self._unknown_until_ms: dict[str, int] = {}

    def token(self, seller_id: str) -> str:
        """Return an access token that is still good for a while."""
        return self._asked(seller_id, lambda cache: cache.get(self._grant))

    def renewed(self, seller_id: str, refused: str) -> str:
        """Return another access token than the one that was refused."""
        return self._asked(seller_id, lambda cache: cache.renew(refused, self._grant))

    def renew_ahead(self, seller_id: str, known: Token) -> None:
        """Renew a token that still has a good part of its life before it."""
        self._cache(seller_id).renew_ahead(known, self._grant)

    def has(self, seller_id: str) -> bool:
        """Say whether a seller has connected."""
        if seller_id in self._known:
            return True
        now_ms = self._now_ms()
        if not seller_id or now_ms < self._unknown_until_ms.get(seller_id, 0):
            return False
        if self._caches(token_name(self.oauth.vendor, seller_id)).is_known():
            return True
        self._unknown_until_ms[seller_id] = now_ms + UNKNOWN_MS
        return False

    def _asked(self, seller_id: str, ask: Callable[[TokenCache], str]) -> str:
        try:
            return ask(self._cache(seller_id))
        except TokenUnavailable as error:
            disconnected = error.disconnected
            raise PosUnavailable(
                str(error), error.retry_after, disconnected=disconnected
            ) from error
        except NeverGranted as error:
            detail = f"{token_name(self.oauth.vendor, seller_id)} has to connect its account"
            raise PosRefused(Refusal(Reason.POS_NOT_READY, REFUSED, detail=detail)) from error
        except GrantRefused as error:
            name = token_name(self.oauth.vendor, seller_id)
            detail = f"{name} has to connect its account again: {error}"
            raise PosNotConnected(detail) from error

    def _cache(self, seller_id: str) -> TokenCache:
        if seller_id not in self._known:
            self._known[seller_id] = self._caches(token_name(self.oauth.vendor, seller_id))
        return self._known[seller_id]

    def _grant(self, refresh: str) -> Grant:
        if not refresh:
            raise NeverGranted("it never did")
        return self.oauth.refresh(refresh)

"""Access tokens of Clover's merchants, and the refresh tokens that work once.

A refresh brings a new pair, and the old refresh token is worth nothing from then on. So the new
refresh token is written down before the new access token is used, and TokenCache lets one
container refresh at a time. When a refresh's answer is lost, the merchant has to connect again:
that is an alarm, not a retry.
Source: docs.clover.com, "Use refresh token to generate new expiring token".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.http import ConnectFailed, NoReply
from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.pos.base import REFUSED, PosRefused, PosUnavailable
from chalicelib.tokens import Grant, TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.adapters.http import VendorHttp
    from chalicelib.adapters.secrets import VendorSecrets
    from chalicelib.tokens import TokenCache


class Sellers:
    """The merchants' tokens. `caches` makes the shared cache of a name."""

    def __init__(
        self,
        base_url: str,
        http: VendorHttp,
        secrets: Callable[[], VendorSecrets],
        caches: Callable[[str], TokenCache],
        now_ms: Callable[[], int],
    ) -> None:
        self._base_url = base_url
        self._http = http
        self._secrets = secrets
        self._caches = caches
        self._now_ms = now_ms
        self._known: dict[str, TokenCache] = {}

    def token(self, merchant_id: str) -> str:
        """Return an access token that is still good for a while."""
        return self._asked(merchant_id, lambda cache: cache.get(self._grant(merchant_id)))

    def renewed(self, merchant_id: str, refused: str) -> str:
        """Return another access token than the one that was refused."""
        return self._asked(
            merchant_id, lambda cache: cache.renew(refused, self._grant(merchant_id))
        )

    def _asked(self, merchant_id: str, ask: Callable[[TokenCache], str]) -> str:
        try:
            return ask(self._cache(merchant_id))
        except TokenUnavailable as error:
            raise PosUnavailable(str(error), error.retry_after) from error

    def _cache(self, merchant_id: str) -> TokenCache:
        if merchant_id not in self._known:
            self._known[merchant_id] = self._caches(f"clover/{merchant_id}")
        return self._known[merchant_id]

    def _grant(self, merchant_id: str) -> Callable[[str], Grant]:
        return lambda refresh: self._refresh(merchant_id, refresh)

    def _refresh(self, merchant_id: str, refresh: str) -> Grant:
        if not refresh:
            raise _not_connected(f"merchant {merchant_id} has not connected its account")
        body = {"client_id": self._secrets().clover_client_id, "refresh_token": refresh}
        try:
            reply = self._http.call("POST", f"{self._base_url}/oauth/v2/refresh", json=body)
        except ConnectFailed as error:
            raise PosUnavailable(f"refresh: {error}") from error
        except NoReply as error:
            log.error("clover.refresh_lost", merchant=merchant_id)
            raise PosUnavailable(f"refresh: {error}") from error
        if reply.status == 401:
            log.error("clover.refresh_refused", merchant=merchant_id)
            raise _not_connected(f"merchant {merchant_id} has to connect its account again")
        if reply.status >= 300:
            raise PosUnavailable(f"refresh: HTTP {reply.status}", reply.retry_after)
        pair = reply.json_or_empty()
        try:
            access, ends_seconds = str(pair["access_token"]), int(pair["access_token_expiration"])
            return Grant(access, ends_seconds - self._now_ms() // 1000, str(pair["refresh_token"]))
        except (KeyError, ValueError) as error:
            raise PosUnavailable("refresh: the reply holds no pair of tokens") from error


def _not_connected(detail: str) -> PosRefused:
    return PosRefused(Refusal(Reason.POS_NOT_READY, REFUSED, detail=detail))

"""Clover's OAuth v2: pairs of tokens, of which the refresh token works once.

Source: docs.clover.com, "Generate OAuth expiring (access and refresh) token" and "Use refresh
token to generate new expiring token".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from chalicelib.sellers.base import Connection, NotConnected, ask
from chalicelib.tokens import Grant, GrantRefused, GrantUnknown, TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.adapters.http import HttpReply, VendorHttp
    from chalicelib.adapters.secrets import VendorSecrets

MERCHANT_ID = re.compile(r"[A-Z0-9]{1,20}")


class CloverOAuth:
    """Merchants at Clover. The owner's browser brings the merchant's id along with the code."""

    vendor = "clover"
    renew_at = 0.5
    danger_at = 0.8

    def __init__(
        self,
        base_url: str,
        consent_url: str,
        redirect_url: str,
        http: VendorHttp,
        secrets: Callable[[], VendorSecrets],
        now_ms: Callable[[], int],
    ) -> None:
        self._base_url = base_url
        self._consent_url = consent_url
        self._redirect_url = redirect_url
        self._http = http
        self._secrets = secrets
        self._now_ms = now_ms

    def consent_url(self, state: str) -> str:
        """Return the authorize page."""
        query = {
            "client_id": self._secrets().clover_client_id,
            "redirect_uri": self._redirect_url,
            "response_type": "code",
            "state": state,
        }
        return f"{self._consent_url}?{urlencode(query)}"

    def redeem(self, query: Mapping[str, str]) -> Connection:
        """POST the code for a pair, and see whether it opens the merchant that the browser named.

        The reply does not say whose the pair is, and a browser says what it is told to: an owner
        could put another merchant's name under a token of his own.
        """
        merchant_id = query.get("merchant_id", "")
        if not MERCHANT_ID.fullmatch(merchant_id):
            raise NotConnected("Clover did not say which merchant this is")
        secrets = self._secrets()
        body = {
            "client_id": secrets.clover_client_id,
            "client_secret": secrets.clover_client_secret,
            "code": query.get("code", ""),
        }
        reply = ask(self._http, f"{self._base_url}/oauth/v2/token", body)
        if reply.status != 200:
            raise NotConnected("Clover does not know this consent any more")
        grant = self._pair(reply)
        headers = {"Authorization": f"Bearer {grant.access}"}
        url = f"{self._base_url}/v3/merchants/{merchant_id}/orders?limit=1"
        if self._http.call("GET", url, headers=headers).status != 200:
            raise NotConnected("The consent is not for this merchant")
        return Connection(merchant_id, grant)

    def refresh(self, refresh: str) -> Grant:
        """POST the refresh token for a new pair; it is worth nothing from then on."""
        body = {"client_id": self._secrets().clover_client_id, "refresh_token": refresh}
        reply = ask(self._http, f"{self._base_url}/oauth/v2/refresh", body)
        if reply.status in (400, 401):
            raise GrantRefused(f"Clover: HTTP {reply.status}")
        if reply.status != 200:
            raise TokenUnavailable(f"Clover: HTTP {reply.status}", reply.retry_after)
        return self._pair(reply)

    def _pair(self, reply: HttpReply) -> Grant:
        pair = reply.json_or_empty()
        try:
            access, ends_seconds = str(pair["access_token"]), int(pair["access_token_expiration"])
            return Grant(access, ends_seconds - self._now_ms() // 1000, str(pair["refresh_token"]))
        except (KeyError, TypeError, ValueError) as error:
            raise GrantUnknown("Clover: the reply holds no pair of tokens") from error

"""Square's OAuth, code flow: access tokens of 30 days; the refresh token works again and again.

Source: Square's OpenAPI document, ObtainToken, and its developer pages "OAuth API" ("refresh
access tokens every seven days or sooner").
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chalicelib.sellers.base import Connection, NotConnected, ask
from chalicelib.tokens import Grant, GrantRefused, TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.adapters.http import HttpReply, VendorHttp
    from chalicelib.adapters.secrets import VendorSecrets

SCOPES = (
    "MERCHANT_PROFILE_READ ORDERS_READ ORDERS_WRITE PAYMENTS_READ PAYMENTS_WRITE "
    "ITEMS_READ INVENTORY_READ"
)


class SquareOAuth:
    """Sellers at Square; a seller is a merchant, who may have many locations."""

    vendor = "square"
    renew_at = 7 / 30
    danger_at = 0.8

    def __init__(
        self,
        base_url: str,
        http: VendorHttp,
        secrets: Callable[[], VendorSecrets],
        now_ms: Callable[[], int],
    ) -> None:
        self._base_url = base_url
        self._http = http
        self._secrets = secrets
        self._now_ms = now_ms

    def consent_url(self, state: str) -> str:
        """Return the authorize page; session=false makes the owner sign in, as production asks."""
        query = {
            "client_id": self._secrets().square_client_id,
            "scope": SCOPES,
            "session": "false",
            "state": state,
        }
        return f"{self._base_url}/oauth2/authorize?{urlencode(query)}"

    def redeem(self, query: Mapping[str, str]) -> Connection:
        """ObtainToken with the code."""
        reply = self._obtain({"grant_type": "authorization_code", "code": query.get("code", "")})
        if reply.status != 200:
            raise NotConnected("Square does not know this consent any more")
        granted = reply.json_or_empty()
        return Connection(_text(granted, "merchant_id"), self._grant(granted))

    def refresh(self, refresh: str) -> Grant:
        """ObtainToken with the refresh token."""
        reply = self._obtain({"grant_type": "refresh_token", "refresh_token": refresh})
        if reply.status in (400, 401, 403, 404):
            raise GrantRefused(f"Square: HTTP {reply.status}")
        if reply.status != 200:
            raise TokenUnavailable(f"Square: HTTP {reply.status}")
        return self._grant(reply.json_or_empty())

    def _obtain(self, more: Mapping[str, str]) -> HttpReply:
        secrets = self._secrets()
        app = {"client_id": secrets.square_client_id, "client_secret": secrets.square_client_secret}
        return ask(self._http, f"{self._base_url}/oauth2/token", {**app, **more})

    def _grant(self, granted: Mapping[str, Any]) -> Grant:
        try:
            ends = datetime.fromisoformat(_text(granted, "expires_at"))
        except ValueError as error:
            raise TokenUnavailable("Square: the reply has no expires_at") from error
        seconds = round(ends.replace(tzinfo=ends.tzinfo or UTC).timestamp())
        left = seconds - self._now_ms() // 1000
        return Grant(_text(granted, "access_token"), left, str(granted.get("refresh_token") or ""))


def _text(granted: Mapping[str, Any], name: str) -> str:
    value = granted.get(name)
    if not isinstance(value, str) or not value:
        raise TokenUnavailable(f"Square: the reply has no {name}")
    return value

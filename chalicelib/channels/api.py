"""Calls to a partner whose API takes a bearer token granted for client credentials.

One token is shared by all containers (chalicelib/tokens.py); a refused one is renewed once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.channels.base import PartnerUnavailable
from chalicelib.tokens import Grant, TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.adapters.http import HttpReply, VendorHttp
    from chalicelib.tokens import TokenCache


class PartnerApi:
    """One partner's API. `credentials` returns the form of a token request, read at each grant."""

    def __init__(
        self,
        base_url: str,
        auth_url: str,
        http: VendorHttp,
        tokens: TokenCache,
        credentials: Callable[[], Mapping[str, str]],
    ) -> None:
        self._base_url = base_url
        self._auth_url = auth_url
        self._http = http
        self._tokens = tokens
        self._credentials = credentials

    def call(
        self, method: str, path: str, body: Any = None, *, compressed: bool = False
    ) -> HttpReply:
        """Make one call. PartnerUnavailable when it can be made again (408, 429, 5xx, no token)."""
        try:
            token = self._tokens.get(self._grant)
            reply = self._call_with(token, method, path, body, compressed=compressed)
            if reply.status == 401:
                token = self._tokens.renew(token, self._grant)
                reply = self._call_with(token, method, path, body, compressed=compressed)
        except TokenUnavailable as error:
            raise PartnerUnavailable(str(error), error.retry_after) from error
        if reply.status in (401, 408, 429) or reply.status >= 500:
            raise PartnerUnavailable(f"HTTP {reply.status}", reply.retry_after)
        return reply

    def _call_with(
        self, token: str, method: str, path: str, body: Any, *, compressed: bool
    ) -> HttpReply:
        headers, url = {"Authorization": f"Bearer {token}"}, self._base_url + path
        return self._http.call(method, url, headers=headers, json=body, compressed=compressed)

    def _grant(self, _refresh: str) -> Grant:
        """Return a new token."""
        form = {"grant_type": "client_credentials", **self._credentials()}
        reply = self._http.call("POST", self._auth_url, form=form)
        if reply.status != 200:
            # Also for 4xx: with credentials that are being rotated the order can still be saved.
            raise PartnerUnavailable(f"token: HTTP {reply.status}", reply.retry_after)
        granted = reply.json_object()
        token, seconds = granted.get("access_token"), granted.get("expires_in")
        if not isinstance(token, str) or not token:
            raise PartnerUnavailable("token: the reply holds no token")
        # How long it lives need not be said (RFC 6749, 5.1), and some say it as a text.
        digits = str(seconds).partition(".")[0]
        return Grant(token, int(digits) if digits.isdecimal() and len(digits) < 10 else 0)

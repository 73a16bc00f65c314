"""Toast's login: client credentials for a token of a day.

Source: doc.toasttab.com, "Authentication and restaurant access", "Toast API accounts". Our own
account as a partner opens every restaurant that has added the integration; a management group that
has not gives us a pair of its own, which opens that group's restaurants alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.adapters.http import ConnectFailed, NoReply
from chalicelib.sellers.base import NotConnected
from chalicelib.tokens import Grant, GrantRefused, TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.adapters.http import VendorHttp
    from chalicelib.sellers.base import Connection

READ_SECONDS = 30
"""Toast answers within 30 seconds; who hangs up earlier does not know what became of the call."""

EARLY_MS = 60_000
"""Toast asks for a new token in an old one's last minute, not earlier ("Authentication"); until
one container has it, the others go on with the old one."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A client of Toast's API; in the table of tokens it is where others' refresh token is."""

    client_id: str
    client_secret: str = field(repr=False)

    def text(self) -> str:
        """Return what is kept."""
        return json.dumps([self.client_id, self.client_secret])


def read_credentials(text: str) -> Credentials:
    """Read what is kept; GrantRefused when it is none."""
    try:
        client_id, client_secret = json.loads(text)
    except (ValueError, TypeError) as error:
        raise GrantRefused("its credentials are not there") from error
    return Credentials(str(client_id), str(client_secret))


def log_in(http: VendorHttp, base_url: str, credentials: Credentials) -> Grant:
    """Log in; GrantRefused when Toast does not know the client, else TokenUnavailable."""
    url = f"{base_url}/authentication/v1/authentication/login"
    body = {
        "clientId": credentials.client_id,
        "clientSecret": credentials.client_secret,
        "userAccessType": "TOAST_MACHINE_CLIENT",
    }
    try:
        reply = http.call("POST", url, json=body, read_seconds=READ_SECONDS)
    except (ConnectFailed, NoReply) as error:
        raise TokenUnavailable(f"login: {error}") from error
    if reply.status in (401, 403):
        raise GrantRefused(f"login: HTTP {reply.status}")
    if reply.status >= 300:
        raise TokenUnavailable(f"login: HTTP {reply.status}", reply.retry_after)
    token = reply.json_or_empty().get("token")
    if not isinstance(token, dict) or not isinstance(token.get("accessToken"), str):
        raise TokenUnavailable("login: the reply holds no token")
    seconds = token.get("expiresIn")
    return Grant(token["accessToken"], seconds if isinstance(seconds, int) else 0)


class ToastLogin:
    """Management groups with credentials of their own: sellers who connect without a page.

    A token is renewed once it has ended, unless an order did so in its last minute.
    """

    vendor = "toast"
    renew_at = 1.0
    danger_at = 1.01

    def __init__(self, base_url: str, http: VendorHttp) -> None:
        self._base_url = base_url
        self._http = http

    def consent_url(self, state: str) -> str:  # noqa: ARG002
        """There is none: an operator is given the credentials."""
        raise NotConnected("Toast has no page for that")

    def redeem(self, query: Mapping[str, str]) -> Connection:  # noqa: ARG002
        """There is nothing to redeem."""
        raise NotConnected("Toast has no page for that")

    def connect(self, credentials: Credentials) -> Grant:
        """Log in for the first time; the credentials come back to be kept."""
        grant = log_in(self._http, self._base_url, credentials)
        return Grant(grant.access, grant.seconds, credentials.text())

    def refresh(self, refresh: str) -> Grant:
        """Log in again."""
        return log_in(self._http, self._base_url, read_credentials(refresh))

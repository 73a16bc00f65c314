"""Clover's OAuth v2: codes and refresh tokens that work once, access tokens that end.

Source: docs.clover.com, "Generate OAuth expiring (access and refresh) token" and "Use refresh
token to generate new expiring token": the old refresh token is invalid as soon as a new pair is
there, and a merchant has few pairs at a time; the oldest go first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.simulator import Refusal
from simulators.wsgi import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from simulators.wsgi import Request

MOST_PAIRS = 5


class CloverTokens:
    """Who has which token. `new_id` makes tokens, `client` is the app's id and secret."""

    def __init__(
        self,
        client: tuple[str, str],
        connected: Iterable[tuple[str, str]],
        *,
        access_seconds: int,
        refresh_seconds: int,
        new_id: Callable[[], str],
        now_ms: Callable[[], int],
    ) -> None:
        self._client = client
        self._access_seconds = access_seconds
        self._refresh_seconds = refresh_seconds
        self._new_id = new_id
        self._now_ms = now_ms
        self._codes: dict[str, str] = {}
        self._refresh = {token: merchant_id for merchant_id, token in connected}
        self._access: dict[str, tuple[str, int]] = {}
        self.refreshes = 0

    def consent(self, merchant_id: str) -> str:
        """Let an owner consent; returns the code that goes to the app."""
        code = self._new_id()
        self._codes[code] = merchant_id
        return code

    def connect(self, merchant_id: str) -> str:
        """Let a merchant grant access anew; returns the refresh token that the app gets."""
        refresh = self._new_id()
        self._refresh[refresh] = merchant_id
        return refresh

    def revoke(self, merchant_id: str) -> None:
        """Let a merchant uninstall the app: nothing of it opens anything any more."""
        self._refresh = {t: m for t, m in self._refresh.items() if m != merchant_id}
        self.end_access(merchant_id)

    def end_access(self, merchant_id: str) -> None:
        """End a merchant's access tokens before their time."""
        self._access = {t: held for t, held in self._access.items() if held[0] != merchant_id}

    def merchant_of(self, token: str) -> str:
        """Return whose account a token opens, "" when it opens none."""
        merchant_id, ends_ms = self._access.get(token, ("", 0))
        return merchant_id if ends_ms > self._now_ms() else ""

    def redeem(self, request: Request) -> Response:
        """Give a pair for a code."""
        body = request.json_object()
        merchant_id = self._codes.pop(str(body.get("code")), None)
        if (body.get("client_id"), body.get("client_secret")) != self._client or not merchant_id:
            raise _refused("Invalid code")
        return self._pair(merchant_id)

    def refresh(self, request: Request) -> Response:
        """Give a new pair for a refresh token, which is worth nothing afterwards."""
        body = request.json_object()
        merchant_id = self._refresh.pop(str(body.get("refresh_token")), None)
        if body.get("client_id") != self._client[0] or merchant_id is None:
            raise _refused("Invalid refresh token")
        self.refreshes += 1
        return self._pair(merchant_id)

    def _pair(self, merchant_id: str) -> Response:
        now_s = self._now_ms() // 1000
        access, refresh = self._new_id(), self._new_id()
        ends_s = now_s + self._access_seconds
        self._access[access] = (merchant_id, ends_s * 1000)
        self._refresh[refresh] = merchant_id
        mine = [token for token, owner in self._refresh.items() if owner == merchant_id]
        for token in mine[:-MOST_PAIRS]:
            del self._refresh[token]
        return Response.of_json(
            {
                "access_token": access,
                "access_token_expiration": ends_s,
                "refresh_token": refresh,
                "refresh_token_expiration": now_s + self._refresh_seconds,
            }
        )


def _refused(message: str) -> Refusal:
    return Refusal(Response.of_json({"message": message}, 401))

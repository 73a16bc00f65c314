"""Square's OAuth, code flow: codes work once for five minutes, refresh tokens again and again.

Source: Square's OpenAPI document, ObtainToken; developer pages "OAuth API".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.instants import rfc3339
from simulators.pos.square.errors import refuse
from simulators.wsgi import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.wsgi import Request

CODE_MS = 300_000
DAY_MS = 86_400_000
ACCESS_DAYS = 30


class SquareTokens:
    """Who has which token. `new_id` makes tokens, `client` is the app's id and secret."""

    def __init__(
        self, client: tuple[str, str], new_id: Callable[[], str], now_ms: Callable[[], int]
    ) -> None:
        self._client = client
        self._new_id = new_id
        self._now_ms = now_ms
        self._codes: dict[str, tuple[str, int]] = {}
        self._refresh: dict[str, str] = {}
        self._access: dict[str, tuple[str, int]] = {}
        self.grants = 0

    def consent(self, merchant_id: str) -> str:
        """Let an owner consent; returns the code that goes to the app."""
        code = f"sq0cgp-{self._new_id()}"
        self._codes[code] = (merchant_id, self._now_ms() + CODE_MS)
        return code

    def connect(self, merchant_id: str) -> str:
        """Let an owner connect; returns the refresh token that the app gets."""
        refresh = self._new_id()
        self._refresh[refresh] = merchant_id
        return refresh

    def revoke(self, merchant_id: str) -> None:
        """Let an owner disconnect the app."""
        self._refresh = {t: m for t, m in self._refresh.items() if m != merchant_id}
        self.end_access(merchant_id)

    def end_access(self, merchant_id: str) -> None:
        """End a seller's access tokens before their time."""
        self._access = {t: held for t, held in self._access.items() if held[0] != merchant_id}

    def is_alive(self, token: str | None) -> bool:
        """Say whether a token opens anything."""
        return self._access.get(token or "", ("", 0))[1] > self._now_ms()

    def obtain(self, request: Request) -> Response:
        """ObtainToken."""
        body = request.json_object()
        if (body.get("client_id"), body.get("client_secret")) != self._client:
            raise refuse(401, "UNAUTHORIZED", "Unknown client.", "client_secret")
        if body.get("grant_type") == "authorization_code":
            merchant_id, ends_ms = self._codes.pop(str(body.get("code")), ("", 0))
            if ends_ms <= self._now_ms():
                raise refuse(401, "UNAUTHORIZED", "Authorization code not found.", "code")
            return self._granted(merchant_id, self.connect(merchant_id))
        if body.get("grant_type") != "refresh_token":
            raise refuse(400, "BAD_REQUEST", "Unknown grant_type.", "grant_type")
        refresh = str(body.get("refresh_token"))
        if refresh not in self._refresh:
            raise refuse(401, "UNAUTHORIZED", "Invalid refresh token.", "refresh_token")
        return self._granted(self._refresh[refresh], refresh)

    def _granted(self, merchant_id: str, refresh: str) -> Response:
        self.grants += 1
        ends_ms = self._now_ms() + ACCESS_DAYS * DAY_MS
        access = f"EAAA{self._new_id()}"
        self._access[access] = (merchant_id, ends_ms)
        return Response.of_json(
            {
                "access_token": access,
                "token_type": "bearer",
                "expires_at": rfc3339(ends_ms),
                "merchant_id": merchant_id,
                "refresh_token": refresh,
                "short_lived": False,
            }
        )

"""OAuth 2.0 client credentials, as several partners grant tokens (RFC 6749, 4.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.wsgi import Response

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from simulators.wsgi import Request

HOUR_MS = 3_600_000


class ClientCredentials:
    """Grants tokens to one client and knows which are alive.

    `life_seconds` is how long a token lives; `per_hour` how many are granted in an hour.
    """

    def __init__(
        self,
        client: tuple[str, str],
        *,
        life_seconds: int,
        per_hour: int,
        dice: random.Random,
        now_ms: Callable[[], int],
    ) -> None:
        self._client = client
        self._life_seconds = life_seconds
        self._per_hour = per_hour
        self._dice = dice
        self._now_ms = now_ms
        self._ends_ms: dict[str, int] = {}
        self.grants_at_ms: list[int] = []

    def grant(self, request: Request, too_many: Callable[[], Response]) -> Response:
        """Answer a token request; `too_many` is the partner's own 429."""
        form = request.form()
        if form.get("grant_type") != "client_credentials":
            return _error(400, "unsupported_grant_type")
        if (form.get("client_id"), form.get("client_secret")) != self._client:
            return _error(401, "invalid_client")
        now_ms = self._now_ms()
        if sum(at_ms > now_ms - HOUR_MS for at_ms in self.grants_at_ms) >= self._per_hour:
            return too_many()
        self.grants_at_ms.append(now_ms)
        token = f"KA.{self._dice.getrandbits(240):060x}"
        self._ends_ms[token] = now_ms + self._life_seconds * 1000
        return Response.of_json(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": self._life_seconds,
                "scope": form.get("scope", ""),
            }
        )

    def is_alive(self, token: str | None) -> bool:
        """Say whether a token still opens anything."""
        return self._ends_ms.get(token or "", 0) > self._now_ms()

    def revoke(self) -> None:
        """Let every token given so far open nothing any more."""
        self._ends_ms.clear()


def _error(status: int, error: str) -> Response:
    return Response.of_json({"error": error, "error_description": error.replace("_", " ")}, status)

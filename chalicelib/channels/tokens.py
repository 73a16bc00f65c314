"""One access token for all Lambda containers: grants are few, containers are many."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.adapters.dynamodb import TokenTable

EARLY_MS = 300_000
"""A token is renewed this long before it ends, so that no call starts with a dying one."""


class TokenCache:
    """A token in memory, behind it in a table, behind that a grant by the partner."""

    def __init__(
        self, name: str, table: Callable[[], TokenTable], now_ms: Callable[[], int]
    ) -> None:
        self._name = name
        self._table = table
        self._now_ms = now_ms
        self._token: tuple[str, int] | None = None

    def get(self, grant: Callable[[], tuple[str, int]]) -> str:
        """Return a token that is still good for a while."""
        if not self._is_good(self._token):
            self._token = self._table().get(self._name)
        if self._token is not None and self._is_good(self._token):
            return self._token[0]
        return self.renew(grant)

    def renew(self, grant: Callable[[], tuple[str, int]]) -> str:
        """Ask for a new token and share it: the old one was refused, or is about to end."""
        token, seconds = grant()
        self._token = (token, self._now_ms() + seconds * 1000)
        self._table().put(self._name, *self._token)
        return token

    def _is_good(self, token: tuple[str, int] | None) -> bool:
        return token is not None and self._now_ms() < token[1] - EARLY_MS

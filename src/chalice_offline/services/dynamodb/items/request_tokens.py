"""ClientRequestTokens of transactions: what was asked with each in the last ten minutes."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb import limits

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel


class RequestTokens:
    """The tokens of transactions that were carried out, in storage."""

    def __init__(self, kernel: Kernel) -> None:
        """Take up what is in the kernel's storage."""
        self._kernel = kernel
        self._kept = kernel.storage.collection("dynamodb/request-tokens")
        found = ((json.loads(kept)["UntilMs"], key) for key, kept in self._kept.items())
        # By when they are forgotten: all of them live equally long.
        self._oldest_first = deque(sorted(found))
        if self._oldest_first:
            self._plan()

    def is_repeated(self, context: CallContext, token: str | None, asked: Any) -> bool:
        """Whether this was asked with this token before; the token of something else is refused."""
        kept = self._kept.get(_key(context, token)) if token else None
        if kept is None:
            return False
        found = json.loads(kept)
        if found["UntilMs"] <= context.now_ms:
            return False
        if found["Asked"] != _digest(asked):
            raise AwsError(
                "IdempotentParameterMismatchException",
                "The request uses the same client token as a previous, but non-identical request. "
                "Do not reuse a client token with different requests, unless the requests are "
                "identical",
            )
        return True

    def keep(self, context: CallContext, token: str | None, asked: Any) -> None:
        """Keep for ten minutes what was asked with a token, now that it is done."""
        if not token:
            return
        until_ms = context.now_ms + limits.TOKEN_MS
        key = _key(context, token)
        kept = {"UntilMs": until_ms, "Asked": _digest(asked)}
        self._kept.put(key, json.dumps(kept).encode())
        self._oldest_first.append((until_ms, key))
        if len(self._oldest_first) == 1:
            self._plan()

    def _plan(self) -> None:
        self._kernel.at(self._oldest_first[0][0], self._forget, owed=False)

    def _forget(self) -> None:
        while self._oldest_first and self._oldest_first[0][0] <= self._kernel.now_ms:
            until_ms, key = self._oldest_first.popleft()
            kept = self._kept.get(key)
            if kept is not None and json.loads(kept)["UntilMs"] == until_ms:
                self._kept.delete(key)
        if self._oldest_first:
            self._plan()


def _key(context: CallContext, token: str) -> bytes:
    return f"{context.account_id}/{context.region}/{token}".encode()


def _digest(asked: Any) -> str:
    text = json.dumps(asked, sort_keys=True, default=bytes.hex)
    return hashlib.sha256(text.encode()).hexdigest()

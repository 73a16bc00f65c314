"""One access token for all Lambda containers: grants are few, containers are many.

One container renews at a time, under a lease in the tokens table; the others use the old token
as long as it is good, or wait. What a grant brought is written before it is used: a refresh
token that works once would otherwise be lost with the function that spent it. A refused grant,
or a new token that is refused again, is remembered, so that a revoked token costs a grant a
minute at most, whatever the number of containers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.token_table import Token
from chalicelib.domain.deadlines import backoff_seconds
from chalicelib.domain.errors import DomainError
from chalicelib.telemetry.metrics import put

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.adapters.token_table import TokenTable

EARLY_MS = 300_000
"""A token is renewed this long before it ends, so that no call starts with a dying one."""

LEASE_MS = 40_000
"""Longer than a grant can take (Toast answers within 32 seconds)."""

WRITES = 4
"""How often what was granted is written, when the table fails: it may be all there is."""

LEAST_MS_BETWEEN = 60_000
HASTY_MS = 600_000
"""A token that is refused so soon after it was granted makes the next one suspicious, too."""

LONGEST_SECONDS = 600

LEAST_SECONDS = 60
"""So long any token is taken for good: one whose vendor does not say would cost a grant a call. A
dead one is refused, and with that renewed."""


class TokenUnavailable(DomainError):  # noqa: N818 - it may be there in a second
    """There is no token at the moment; nothing was called with it.

    `disconnected` says that the last one to ask was refused: it will take a person.
    """

    def __init__(
        self, reason: str, retry_after: int | None = None, *, disconnected: bool = False
    ) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.disconnected = disconnected


class GrantUnknown(TokenUnavailable):
    """The vendor did not answer: a refresh token that works once may be spent."""


class GrantRefused(DomainError):  # noqa: N818 - a decision of theirs
    """The vendor does not take the refresh token any more: whoever gave it has to connect again."""


class NeverGranted(GrantRefused):
    """There is no refresh token: nobody has ever connected under this name."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a vendor granted. `refresh` replaces the refresh token that was used, if not empty."""

    access: str = field(repr=False)
    seconds: int
    refresh: str = field(default="", repr=False)


class TokenCache:
    """A token in memory, behind it in a table, behind that a grant by the vendor.

    `grant` is given the stored refresh token ("" when there is none). The DomainError that it
    raises when there is no grant goes through; TokenUnavailable means that nobody may ask now.
    """

    def __init__(
        self,
        name: str,
        table: Callable[[], TokenTable],
        now_ms: Callable[[], int],
        early_ms: int = EARLY_MS,
    ) -> None:
        self._name = name
        self._table = table
        self._now_ms = now_ms
        self._early_ms = early_ms
        self._token: Token | None = None

    def get(self, grant: Callable[[str], Grant]) -> str:
        """Return a token that is still good for a while."""
        if self._token is not None and self._is_good(self._token, self._early_ms):
            return self._token.access
        known = self._token = self._read()
        if known is not None and self._is_good(known, self._early_ms):
            return known.access
        return self._renewed(known, grant, is_refused=False)

    def is_known(self) -> bool:
        """Say whether the table has anything under this name."""
        return self._table().get(self._name) is not None

    def renew(self, refused: str, grant: Callable[[str], Grant]) -> str:
        """Return another token than the one that was refused."""
        known = self._read()
        if known is not None and known.access != refused and self._is_good(known, 0):
            self._token = known
            return known.access
        return self._renewed(known, grant, is_refused=True)

    def renew_ahead(self, known: Token, grant: Callable[[str], Grant]) -> None:
        """Renew a token that is still good, unless another container is at it."""
        self._renewed(known, grant, is_refused=False)

    def _renewed(
        self, known: Token | None, grant: Callable[[str], Grant], *, is_refused: bool
    ) -> str:
        now_ms = self._now_ms()
        old = known or Token("")
        usable = not is_refused and self._is_good(old, 0)
        wait_until_ms = old.refused_until_ms
        if is_refused and old.failures:
            # The second one that is refused right after it was granted: so will the third be.
            wait_until_ms = max(wait_until_ms, old.granted_ms + LEAST_MS_BETWEEN)
        leased = now_ms >= wait_until_ms and self._table().lease(
            self._name, old.access, now_ms, now_ms + LEASE_MS
        )
        if not leased:
            if usable:
                return old.access
            seconds = max(1, (wait_until_ms - now_ms) // 1000)
            why, refused = f"token of {self._name}: not renewed yet", bool(old.disconnected_ms)
            raise TokenUnavailable(why, seconds, disconnected=refused)
        return self._granted(old, grant, usable=usable)

    def _granted(self, old: Token, grant: Callable[[str], Grant], *, usable: bool) -> str:
        try:
            new = grant(old.refresh)
        except DomainError as error:
            self._note_failure(old, error)
            if usable:
                return old.access
            raise
        now_ms = self._now_ms()
        is_hasty = not usable and now_ms < min(old.granted_ms + HASTY_MS, old.ends_ms)
        token = Token(
            new.access,
            now_ms + max(new.seconds, LEAST_SECONDS) * 1000,
            new.refresh or old.refresh,
            now_ms,
            failures=old.failures + 1 if is_hasty else 0,
        )
        if self._keep(old, token):
            self._token = token
            return new.access
        # Somebody connected anew meanwhile, or left: what is there now is what counts.
        known = self._token = self._read()
        return known.access if known is not None else new.access

    def _read(self) -> Token | None:
        """Return what the table has; GrantRefused when the owner has taken the app out."""
        known = self._table().get(self._name)
        if known is not None and known.revoked_ms:
            raise GrantRefused("the owner has taken the app out")
        return known

    def _keep(self, old: Token, token: Token) -> bool:
        """Write what was granted. A refresh token that is only in memory dies with the function."""
        for attempt in range(1, WRITES + 1):
            try:
                return self._table().replace(self._name, old.access, token)
            except AwsUnavailable as error:
                log.error("token.not_kept", token=self._name, attempt=attempt, reason=str(error))
                if attempt == WRITES:
                    raise
        raise AssertionError("unreachable")

    def _note_failure(self, old: Token, error: DomainError) -> None:
        now_ms, failures = self._now_ms(), old.failures + 1
        # No longer, whatever is asked for: without a token orders are lost after ten minutes.
        asked = min(getattr(error, "retry_after", None) or 0, LONGEST_SECONDS)
        wait_ms = backoff_seconds(failures, LONGEST_SECONDS, asked) * 1000
        refused = isinstance(error, GrantRefused)
        failed = replace(
            old,
            failures=failures,
            refused_until_ms=now_ms + wait_ms,
            begun_ms=now_ms if isinstance(error, GrantUnknown) else old.begun_ms,
            disconnected_ms=(old.disconnected_ms or now_ms) if refused else 0,
        )
        self._table().replace(self._name, old.access, failed)
        log.error("token.not_granted", token=self._name, failures=failures, reason=str(error))
        party = {"party": self._name.partition("/")[0]}
        put(now_ms, {"TokenGrantsFailed": 1}, party, token=self._name)

    def _is_good(self, token: Token, early_ms: int) -> bool:
        # A token that lives for minutes only (Deliveroo's) is good for three quarters of its life.
        early_ms = min(early_ms, (token.ends_ms - token.granted_ms) // 4)
        return bool(token.access) and self._now_ms() < token.ends_ms - early_ms

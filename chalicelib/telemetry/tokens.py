"""How everybody's access tokens are doing: one that cannot be renewed ends all sales."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from chalicelib.telemetry.metrics import put

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.adapters.token_table import Token
    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import MeasureTokens

LONG_MS = 7 * 86_400_000
"""Tokens that live for hours end every night when nobody orders; these must never end."""


def measure_tokens(services: Services, command: MeasureTokens) -> None:  # noqa: ARG001 - uniform
    """Report the worst token of each party."""
    now_ms = services.now_ms()
    by_party: dict[str, list[Token]] = defaultdict(list)
    for name, token in services.tokens.all():
        by_party[name.partition("/")[0]].append(token)
    for party, tokens in sorted(by_party.items()):
        put(now_ms, _values(tokens, now_ms), {"party": party}, tokens=len(tokens))


def _values(tokens: Iterable[Token], now_ms: int) -> dict[str, float]:
    tokens = list(tokens)
    values: dict[str, float] = {"TokenFailures": max(token.failures for token in tokens)}
    granted = [token.granted_ms for token in tokens if token.granted_ms]
    if granted:
        values["TokenAge"] = (now_ms - min(granted)) // 1000
    ends = [t.ends_ms for t in tokens if t.granted_ms and t.ends_ms - t.granted_ms >= LONG_MS]
    if ends:
        values["LongTokenSecondsLeft"] = (min(ends) - now_ms) // 1000
    return values

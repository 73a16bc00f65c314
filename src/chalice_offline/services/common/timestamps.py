"""Instants as AWS's documents spell them: ISO 8601 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso_seconds(instant_s: int) -> str:
    """Return 2026-01-31T12:00:00Z for epoch seconds."""
    return _iso(instant_s) + "Z"


def iso_milliseconds(instant_ms: int) -> str:
    """Return 2026-01-31T12:00:00.000Z for epoch milliseconds."""
    return f"{_iso(instant_ms // 1000)}.{instant_ms % 1000:03}Z"


def epoch_seconds(value: datetime | float) -> int:
    """Return a timestamp of a request in whole epoch seconds."""
    if isinstance(value, datetime):
        return (value - _EPOCH) // timedelta(seconds=1)
    return int(value)


def epoch_ms(value: datetime | float) -> int:
    """Return a timestamp of a request in epoch milliseconds."""
    seconds = value.timestamp() if isinstance(value, datetime) else value
    return round(seconds * 1000)


@lru_cache(maxsize=256)
def _iso(instant_s: int) -> str:
    return (_EPOCH + timedelta(seconds=instant_s)).replace(tzinfo=None).isoformat()

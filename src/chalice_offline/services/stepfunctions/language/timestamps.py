"""Timestamps as ASL has them: RFC 3339 with a capital T and an offset or Z."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")


def parse_timestamp(text: str) -> int | None:
    """Return a timestamp in epoch milliseconds; None when it is none."""
    if _TIMESTAMP.fullmatch(text) is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return round(instant.timestamp() * 1000)


def spell(instant_ms: int) -> str:
    """Return 2026-01-31T12:00:00.123Z: an instant in the context object."""
    whole = datetime.fromtimestamp(instant_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{instant_ms % 1000:03}Z"

"""Instants as Lambda spells them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(instant_ms: int) -> str:
    """Return an instant in ISO 8601 with milliseconds and +0000."""
    instant = datetime.fromtimestamp(instant_ms / 1000, UTC)
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant_ms % 1000:03d}+0000"

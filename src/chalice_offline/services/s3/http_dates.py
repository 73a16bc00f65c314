"""Instants as S3 spells them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import formatdate

MS_PER_DAY = 86_400_000


def http_date_of_ms(instant_ms: int) -> str:
    """Spell an instant as HTTP header fields do: Sat, 31 Jan 2026 12:00:00 GMT."""
    return formatdate(instant_ms // 1000, usegmt=True)


def iso_milliseconds(instant_ms: int) -> str:
    """Spell an instant in ISO 8601 with milliseconds and Z."""
    instant = datetime.fromtimestamp(instant_ms // 1000, UTC)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant_ms % 1000:03d}Z"


def iso_seconds(instant_ms: int) -> str:
    """Spell an instant in ISO 8601, to the second, and Z."""
    return f"{datetime.fromtimestamp(instant_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def ms_of(instant: datetime) -> int:
    """Return a request's timestamp in milliseconds."""
    return round(instant.timestamp() * 1000)


def midnight_after(instant_ms: int) -> int:
    """Return the next midnight in UTC; an instant that is one already stays."""
    return -(-instant_ms // MS_PER_DAY) * MS_PER_DAY

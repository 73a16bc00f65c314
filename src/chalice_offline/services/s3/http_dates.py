"""Instants as S3 spells them."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING

from chalice_offline.services.common import timestamps

if TYPE_CHECKING:
    from datetime import datetime

MS_PER_DAY = 86_400_000
_LAST_MIDNIGHT_MS = 253_402_214_400_000  # 9999-12-31: dates have no later year, nor have clients


def http_date_of_ms(instant_ms: int) -> str:
    """Spell an instant as HTTP header fields do: Sat, 31 Jan 2026 12:00:00 GMT."""
    return formatdate(instant_ms // 1000, usegmt=True)


def iso_milliseconds(instant_ms: int) -> str:
    """Spell an instant in ISO 8601 with milliseconds and Z."""
    return timestamps.iso_milliseconds(instant_ms)


def iso_seconds(instant_ms: int) -> str:
    """Spell an instant in ISO 8601, to the second, and Z."""
    return timestamps.iso_seconds(instant_ms // 1000)


def ms_of(instant: datetime) -> int:
    """Return a request's timestamp in milliseconds."""
    return round(instant.timestamp() * 1000)


def midnight_after(instant_ms: int) -> int:
    """Return the next midnight in UTC; an instant that is one already stays."""
    return -(-instant_ms // MS_PER_DAY) * MS_PER_DAY


def midnight_in_days(instant_ms: int, days: int) -> int:
    """Return the first midnight in UTC that is `days` after an instant; at most the last there is.

    S3 takes 2,147,483,647 days.
    """
    return min(midnight_after(instant_ms + days * MS_PER_DAY), _LAST_MIDNIGHT_MS)

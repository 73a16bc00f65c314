"""Instants as Lambda spells them."""

from __future__ import annotations

from chalice_offline.services.common.timestamps import iso_milliseconds


def iso(instant_ms: int) -> str:
    """Return an instant in ISO 8601 with milliseconds and +0000."""
    return iso_milliseconds(instant_ms).replace("Z", "+0000")

"""The one rule for the region an app runs in, for every way to run it.

What was told (an option, a mark) counts first, then the shell, then config.json's stage, and where
nobody says anything it is us-east-1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.context import DEFAULT_REGION

if TYPE_CHECKING:
    from collections.abc import Mapping


def region_in(variables: Mapping[str, str]) -> str:
    """Return the region that environment variables name, or "".

    AWS_DEFAULT_REGION is the one boto3 reads, so it goes first.
    """
    return variables.get("AWS_DEFAULT_REGION") or variables.get("AWS_REGION") or ""


def region_of(
    told: str | None, shell: Mapping[str, str], configured: Mapping[str, str] | None = None
) -> str:
    """Return the region by the rule; `configured` are the variables that config.json sets."""
    return told or region_in(shell) or region_in(configured or {}) or DEFAULT_REGION

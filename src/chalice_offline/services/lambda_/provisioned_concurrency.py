"""Provisioned concurrency of a version or an alias."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class ProvisionedConcurrency:
    """How much was asked for; it is there right after it was asked for."""

    requested: int
    modified_ms: int
    is_ready: bool = False

    def get_ready(self) -> None:
        """All of it is there."""
        self.is_ready = True

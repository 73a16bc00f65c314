"""Amazon Simple Notification Service."""

from __future__ import annotations

from chalice_offline.services.sns.service import INERT, Sns

__all__ = ["INERT", "Sns"]

"""EventBridge."""

from chalice_offline.services.events.service import Events

# Accepted without effect. None so far: what is not emulated is not in the table.
INERT: frozenset[str] = frozenset()

__all__ = ["INERT", "Events"]

"""EventBridge: event buses, rules, targets, archives and API destinations."""

from chalice_offline.services.events.operations import service

__all__ = ["service"]

"""Amazon Simple Notification Service."""

from chalice_offline.services.sns.operations import service

__all__ = ["service"]

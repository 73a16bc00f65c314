"""EventBridge Scheduler: schedules, groups of them, and the calls they make when they are due."""

from chalice_offline.services.scheduler.operations import service

__all__ = ["service"]

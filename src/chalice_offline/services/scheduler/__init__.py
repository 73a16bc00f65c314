"""EventBridge Scheduler: schedules, groups of them, and the calls they make when they are due."""

from chalice_offline.services.scheduler.service import Scheduler

__all__ = ["Scheduler"]

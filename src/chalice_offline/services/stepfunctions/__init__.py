"""Step Functions: state machines, their executions, activities, versions and aliases."""

from chalice_offline.services.stepfunctions.operations import service

__all__ = ["service"]

"""Scheduler's errors, with AWS's texts where they are known."""

from __future__ import annotations

from chalice_offline.core.errors import AwsError


def validation_error(message: str) -> AwsError:
    """A value Scheduler refuses."""
    return AwsError("ValidationException", message)


def invalid_expression(text: str) -> AwsError:
    """An expression that is no rate, cron or at (recorded on AWS)."""
    return validation_error(f"Invalid Schedule Expression {text}.")


def schedule_not_found(name: str) -> AwsError:
    """No schedule of that name in the group."""
    return AwsError("ResourceNotFoundException", f"Schedule {name} does not exist.")


def group_not_found(name: str) -> AwsError:
    """No schedule group of that name."""
    return AwsError("ResourceNotFoundException", f"Schedule group {name} does not exist.")


def schedule_exists(name: str) -> AwsError:
    """The name is taken within the group."""
    return AwsError("ConflictException", f"Schedule {name} already exists.")


def group_exists(name: str) -> AwsError:
    """The name is taken by another group."""
    return AwsError("ConflictException", f"Schedule group {name} already exists.")

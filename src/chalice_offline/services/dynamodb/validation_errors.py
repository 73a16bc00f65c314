"""The error that DynamoDB gives for nearly everything a caller can get wrong."""

from __future__ import annotations

from chalice_offline.core.errors import AwsError


def validation_error(message: str) -> AwsError:
    """Return ValidationException with AWS's text."""
    return AwsError("ValidationException", message)


def invalid_parameter(message: str) -> AwsError:
    """Return ValidationException with AWS's usual opening for values that cannot be."""
    return validation_error(f"One or more parameter values were invalid: {message}")

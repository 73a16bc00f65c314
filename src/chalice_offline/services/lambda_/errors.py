"""Lambda's errors, with AWS's texts."""

from __future__ import annotations

from chalice_offline.core.errors import AwsError


def function_not_found(arn: str) -> AwsError:
    """No function of that name (recorded on AWS)."""
    return AwsError(
        "ResourceNotFoundException", f"Function not found: {arn}", fields={"Type": "User"}
    )


def resource_not_found(message: str) -> AwsError:
    """Something else that is not there."""
    return AwsError("ResourceNotFoundException", message, fields={"Type": "User"})


def invalid_parameter(message: str) -> AwsError:
    """A parameter Lambda refuses."""
    return AwsError("InvalidParameterValueException", message, fields={"Type": "User"})


def throttled(reason: str) -> AwsError:
    """No concurrency left (recorded on AWS)."""
    return AwsError(
        "TooManyRequestsException", "Rate Exceeded.", fields={"Type": "User", "Reason": reason}
    )

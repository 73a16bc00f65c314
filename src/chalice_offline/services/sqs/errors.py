"""The errors SQS answers with, in its words."""

from __future__ import annotations

from chalice_offline.core.errors import AwsError


def invalid_value(parameter: str, value: object, reason: str) -> AwsError:
    """Return the error for a parameter whose value is not acceptable."""
    return invalid_parameter(
        f"Value {value} for parameter {parameter} is invalid. Reason: {reason}"
    )


def invalid_parameter(message: str) -> AwsError:
    """Return an InvalidParameterValue error with a text of its own."""
    return AwsError("InvalidParameterValueException", message)


def missing_parameter(parameter: str) -> AwsError:
    """Return the error for a parameter that the request must contain."""
    message = f"The request must contain the parameter {parameter}."
    return AwsError("MissingRequiredParameterException", message)


def unknown_attribute(name: str) -> AwsError:
    """Return the error for a queue attribute SQS does not know."""
    return AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")


def invalid_attribute(name: str, reason: str = "") -> AwsError:
    """Return the error for a queue attribute with an unacceptable value."""
    text = f"Invalid value for the parameter {name}."
    return AwsError("InvalidAttributeValue", f"{text} Reason: {reason}" if reason else text)


def queue_missing() -> AwsError:
    """Return the error for a queue that does not exist."""
    return AwsError("QueueDoesNotExist", "The specified queue does not exist.")


def resource_missing(message: str) -> AwsError:
    """Return the error for a resource of a message move task that does not exist."""
    return AwsError("ResourceNotFoundException", message, status=404)


def over_limit(message: str) -> AwsError:
    """Return the error for a quota that is used up."""
    return AwsError("OverLimit", message, status=403)

"""SNS's errors, in AWS's words. Texts as recorded from AWS unless a comment says otherwise."""

from __future__ import annotations

from chalice_offline.core.errors import AwsError


def invalid_parameter(reason: str) -> AwsError:
    """Return InvalidParameter with the prefix nearly all of its texts carry."""
    return AwsError("InvalidParameterException", f"Invalid parameter: {reason}")


def bare_invalid_parameter(message: str) -> AwsError:
    """Return InvalidParameter for the few texts without the prefix."""
    return AwsError("InvalidParameterException", message)


def invalid_message_attribute(message: str) -> AwsError:
    """Return ParameterValueInvalid: what SNS says about message attributes."""
    return AwsError("InvalidParameterValueException", message)


def missing_value(name: str) -> AwsError:
    """Return the error for a required parameter that was left out."""
    return invalid_parameter(f"{name} Reason: no value for required parameter")


def topic_not_found() -> AwsError:
    """Return NotFound for a topic."""
    return AwsError("NotFoundException", "Topic does not exist")


def subscription_not_found() -> AwsError:
    """Return NotFound for a subscription."""
    return AwsError("NotFoundException", "Subscription does not exist")


def attributes_missing() -> AwsError:
    """Return the error for an empty attribute map, which SNS takes for an absent one."""
    return AwsError(
        "ValidationError",
        "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: "
        "Member must not be null",
    )

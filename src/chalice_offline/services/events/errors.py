"""EventBridge's error replies, as recorded unless a comment says otherwise."""

from __future__ import annotations

from chalice_offline.core.errors import AwsError


def validation_error(text: str) -> AwsError:
    """Return the error for a request that breaks a rule of the events."""
    return AwsError("ValidationException", text)


def not_found(text: str) -> AwsError:
    """Return the error for something that does not exist; HTTP status 400, as recorded."""
    return AwsError("ResourceNotFoundException", text)


def already_exists(text: str) -> AwsError:
    """Return the error for a name that is taken."""
    return AwsError("ResourceAlreadyExistsException", text)


def limit_exceeded() -> AwsError:
    """Return the error for more than a quota allows."""
    return AwsError(
        "LimitExceededException", "The requested resource exceeds the maximum number allowed."
    )


def no_such_bus(name: str) -> AwsError:
    """Return the error for an event bus that does not exist."""
    return not_found(f"Event bus {name} does not exist.")


def no_such_rule(name: str, bus: str) -> AwsError:
    """Return the error for a rule that does not exist on its bus."""
    return not_found(f"Rule {name} does not exist on EventBus {bus}.")

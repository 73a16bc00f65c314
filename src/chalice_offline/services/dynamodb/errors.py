"""DynamoDB's refusals, in AWS's own words.

The texts are those of replies recorded from AWS (tests of ScyllaDB and LocalStack that were
verified there), of the API reference, and of the developer guide's "Error handling".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping


class MismatchError(AwsError):
    """An item or key that does not fit its table: alone in a transaction, it cancels that."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


def mismatch(message: str) -> AwsError:
    """Return the refusal of an item or key that does not fit its table."""
    return MismatchError(message)


def mismatched_values(message: str) -> AwsError:
    """Return the refusal of an item's value that does not fit its table."""
    return MismatchError(f"One or more parameter values were invalid: {message}")


def validation(message: str) -> AwsError:
    """Return the refusal of a request that can never be right."""
    return AwsError("ValidationException", message)


def invalid_values(message: str) -> AwsError:
    """Return the refusal of a parameter's value."""
    return validation(f"One or more parameter values were invalid: {message}")


def resource_missing(message: str = "") -> AwsError:
    """Return the answer to a name that nothing has."""
    text = "Requested resource not found"
    return AwsError("ResourceNotFoundException", f"{text}: {message}" if message else text)


def table_missing(name: str) -> AwsError:
    """Return the answer of operations on tables, which name the table."""
    return resource_missing(f"Table: {name} not found")


def in_use(message: str) -> AwsError:
    """Return the refusal to change what is being changed, or is there already."""
    return AwsError("ResourceInUseException", message)


def condition_failed(item: Mapping[str, Any] | None = None) -> AwsError:
    """Return the answer to a condition that does not hold, with the item if it was asked for."""
    fields = {} if item is None else {"Item": item}
    return AwsError(
        "ConditionalCheckFailedException", "The conditional request failed", fields=fields
    )


def key_mismatch() -> AwsError:
    """Return the refusal of a key that is not made of exactly the table's key attributes."""
    return MismatchError("The provided key element does not match the schema")


def transaction_too_large() -> AwsError:
    """Return the refusal of more than a transaction may bring along, or read ("Quotas").

    The words are recorded for writes only.
    """
    return validation("Transaction payload size cannot exceed 4194304 bytes")


def refused(what: str) -> AwsError:
    """Return the answer to something AWS has and this emulator has not."""
    return AwsError(
        "NotImplemented",
        f"chalice-offline does not emulate {what}; nothing was changed by this call.",
        status=501,
        sender_fault=False,
    )

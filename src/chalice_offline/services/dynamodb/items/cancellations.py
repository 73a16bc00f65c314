"""Transactions that were not carried out, with a reason for each of their actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb.errors import MismatchError, validation
from chalice_offline.services.dynamodb.items.writes import weigh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.services.dynamodb.items.writes import Plan, Weighed
    from chalice_offline.services.dynamodb.tables.table import Table

Document = dict[str, Any]

_NO_REASON = {"Code": "None"}


def cancelled(reasons: list[Document]) -> AwsError:
    """Return the answer to a transaction that was not carried out."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    return AwsError(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        fields={"CancellationReasons": reasons},
    )


def check_distinct(keys: Sequence[tuple[Table, bytes]]) -> None:
    """Refuse a transaction that names an item twice."""
    if len({(table.id, key) for table, key in keys}) < len(keys):
        raise validation("Transaction request cannot include multiple operations on one item")


def weigh_all(plans: list[Plan]) -> list[Weighed]:
    """Hold every plan against its item; TransactionCanceledException unless all may happen."""
    writes: list[Weighed] = []
    reasons: list[Document] = []
    for plan in plans:
        try:
            writes.append(weigh(plan))
        except AwsError as error:
            reasons.append(reason_of(error))
        else:
            reasons.append(_NO_REASON)
    if len(writes) < len(plans):
        raise cancelled(reasons)
    return writes


def reason_of(error: AwsError) -> Document:
    """Return why an action did not happen, as a cancellation says it."""
    if error.code == "ConditionalCheckFailedException":
        reason: Document = {"Code": "ConditionalCheckFailed", "Message": error.message}
        if "Item" in error.fields:
            reason["Item"] = error.fields["Item"]
        return reason
    if error.code == "DuplicateItemException":
        return {"Code": "DuplicateItem", "Message": error.message}
    return {"Code": "ValidationError", "Message": error.message}


def without_mismatches(found: list[Any]) -> list[Any]:
    """Return what was found if all of it fits; AWS names only the first that does not."""
    for position, one in enumerate(found):
        if isinstance(one, MismatchError):
            reasons: list[Document] = [_NO_REASON for _ in found]
            reasons[position] = reason_of(one)
            raise cancelled(reasons)
    return found

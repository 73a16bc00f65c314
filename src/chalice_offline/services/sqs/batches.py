"""What the three batch operations share: the checks on the request, and per-entry outcomes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.sqs import limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Result

    Entry = dict[str, Any]

_ENTRY_ID = re.compile(rf"[A-Za-z0-9_-]{{1,{limits.BATCH_ENTRY_ID_LENGTH}}}")
# Failed entries carry the query API's codes in both protocols (recorded).
_ENTRY_CODES = {
    "InvalidParameterValueException": "InvalidParameterValue",
    "MissingRequiredParameterException": "MissingParameter",
    "UnsupportedOperation": "AWS.SimpleQueueService.UnsupportedOperation",
}


def check_entries(entries: list[Entry], entry_type: str) -> None:
    """Raise AwsError for a batch that fails as a whole; `entry_type` is the model's shape name."""
    if not entries:
        raise AwsError(
            "EmptyBatchRequest", f"There should be at least one {entry_type} in the request."
        )
    if len(entries) > limits.BATCH_ENTRIES:
        raise AwsError(
            "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are {limits.BATCH_ENTRIES}. "
            f"You have sent {len(entries)}.",
        )
    seen: dict[str, None] = {}
    for entry in entries:
        entry_id: str = entry["Id"]
        if not _ENTRY_ID.fullmatch(entry_id):
            raise AwsError(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and "
                "underscores. It can be at most 80 letters long.",
            )
        if entry_id in seen:
            raise AwsError("BatchEntryIdsNotDistinct", f"Id {entry_id} repeated.")
        seen[entry_id] = None


def each_entry(entries: list[Entry], do: Callable[[Entry], Result]) -> Result:
    """Apply `do` to each entry: what it returns is a success, an AwsError a failure."""
    successful: list[Result] = []
    failed: list[Result] = []
    for entry in entries:
        try:
            successful.append({"Id": entry["Id"], **do(entry)})
        except AwsError as error:
            failed.append(
                {
                    "Id": entry["Id"],
                    "SenderFault": error.sender_fault,
                    "Code": _ENTRY_CODES.get(error.code, error.code),
                    "Message": error.message,
                }
            )
    result: Result = {}
    if successful:
        result["Successful"] = successful
    if failed:
        result["Failed"] = failed
    return result

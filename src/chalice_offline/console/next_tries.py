"""When what a run left undone is tried again, or where it goes instead."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.numerals import whole_number

if TYPE_CHECKING:
    from chalice_offline.console.session import Session
    from chalice_offline.core.run_entry import RunEntry

_LONGEST_PARSED = 1024 * 1024
_FAILURES = b'"batchItemFailures"'


class NextTries:
    """Looks within the emulator's lock; a run that has just ended, for the terminal."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, run: RunEntry) -> dict[str, Any] | None:
        """Return `at_ms`, and `dead_letters`, the queue it goes to then; None if nothing is known.

        A queue's message comes back when its visibility timeout is over; an asynchronous event, or
        what a stream's shard goes no further than, when Lambda has waited. `try` counts from 1;
        `records` is how many of a batch are tried, if not all.
        """
        function = self._session.function(run.subject)
        following = None if function is None else function.next_tries.get(run.request_id)
        if following is not None:
            return _told(following.at_ms, following.number, records=following.records)
        if run.failed:
            records = _records(run)
            return self._of_message(records[0]) if records else None
        if _FAILURES in run.held.get("result", b""):
            return self._of_failures(run)
        return None

    def _of_failures(self, run: RunEntry) -> dict[str, Any] | None:
        """Return when what a batch's handler named as failed comes back; None if nothing does.

        Whether its mapping heeds the names shows in the queue: what it does not is deleted.
        """
        records = _records(run)
        names = _failures(run.held["result"])
        known = {record.get("messageId") for record in records}
        if known.issuperset(names):  # else Lambda takes the whole batch for failed
            records = [record for record in records if record.get("messageId") in names]
        told = [one for record in records if (one := self._of_message(record)) is not None]
        if not told:
            return None
        return {**told[0], "records": len(told) if len(told) < len(known) else None}

    def _of_message(self, record: dict[str, Any]) -> dict[str, Any] | None:
        if record.get("eventSource") != "aws:sqs":
            return None
        arn, message_id = str(record.get("eventSourceARN")), str(record.get("messageId"))
        # SQS is there when it has sent a message, and not at the start of every session.
        from chalice_offline.services.sqs.inspection import next_receive
        from chalice_offline.services.sqs.state import SqsState

        sqs = self._session.emulator.registry.state("sqs", SqsState)
        found = next_receive(sqs, arn, message_id)
        if found is None:
            return None
        at_ms, letters = found
        to = parse_arn(letters).resource if letters else None
        return _told(at_ms, _receives(record) + 1, dead_letters=to)


def _records(run: RunEntry) -> list[dict[str, Any]]:
    payload = run.detail.get("payload", b"")
    if len(payload) > _LONGEST_PARSED:
        return []
    try:
        records = json.loads(payload)["Records"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return []
    if not isinstance(records, list):
        return []
    return [record for record in records if isinstance(record, dict)]


def _failures(result: bytes) -> list[str]:
    """Return the names in a handler's `batchItemFailures`; "" for one that is no name."""
    try:
        failures = json.loads(result)["batchItemFailures"]
        return [str(failure.get("itemIdentifier") or "") for failure in failures or ()]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return []


def _receives(record: dict[str, Any]) -> int:
    attributes = record.get("attributes")
    count = attributes.get("ApproximateReceiveCount") if isinstance(attributes, dict) else None
    return whole_number(count) or 1


def _told(
    at_ms: int, number: int, *, dead_letters: str | None = None, records: int | None = None
) -> dict[str, Any]:
    return {"at_ms": at_ms, "try": number, "dead_letters": dead_letters, "records": records}

"""When what a run left undone is tried again, or where it goes instead."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.services.sqs.inspection import next_receive
from chalice_offline.services.sqs.state import SqsState

if TYPE_CHECKING:
    from chalice_offline.console.session import Session
    from chalice_offline.core.run_entry import RunEntry

_LONGEST_PARSED = 1024 * 1024


class NextTries:
    """Looks within the emulator's lock; a run that has just ended, for the terminal."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._sqs = session.emulator.registry.state("sqs", SqsState)

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
        if not run.failed:
            return None
        record = self._first_record(run.number)
        if record.get("eventSource") != "aws:sqs":
            return None
        arn, message_id = str(record.get("eventSourceARN")), str(record.get("messageId"))
        found = next_receive(self._sqs, arn, message_id)
        if found is None:
            return None
        at_ms, letters = found
        to = parse_arn(letters).resource if letters else None
        return _told(at_ms, _receives(record) + 1, dead_letters=to)

    def _first_record(self, entry: int) -> dict[str, Any]:
        found = self._session.emulator.journal.find(entry)
        payload = found.detail.get("payload", b"") if found is not None else b""
        if len(payload) > _LONGEST_PARSED:
            return {}
        try:
            record = json.loads(payload)["Records"][0]
        except (ValueError, RecursionError, KeyError, IndexError, TypeError):
            return {}
        return record if isinstance(record, dict) else {}


def _receives(record: dict[str, Any]) -> int:
    attributes = record.get("attributes")
    count = attributes.get("ApproximateReceiveCount") if isinstance(attributes, dict) else None
    return int(count) if isinstance(count, str) and count.isdecimal() else 1


def _told(
    at_ms: int, number: int, *, dead_letters: str | None = None, records: int | None = None
) -> dict[str, Any]:
    return {"at_ms": at_ms, "try": number, "dead_letters": dead_letters, "records": records}

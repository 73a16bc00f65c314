"""When the event of a run that failed is tried again, or where it goes instead."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.services.sqs.inspection import next_receive
from chalice_offline.services.sqs.state import SqsState

if TYPE_CHECKING:
    from chalice_offline.console.session import Session
    from chalice_offline.core.recent_runs import RecentRun

_LONGEST_PARSED = 1024 * 1024


class NextTries:
    """Looks within the emulator's lock; a run that has just failed, for the terminal."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._sqs = session.emulator.registry.state("sqs", SqsState)

    def of(self, run: RecentRun) -> dict[str, Any] | None:
        """Return `at_ms`, and `dead_letters`, the queue it goes to then; None if nothing is known.

        A queue's message comes back when its visibility timeout is over; an asynchronous event when
        Lambda has waited. Streams tell nothing here.
        """
        for function in self._session.functions():
            if function.name == run.function and run.request_id in function.next_tries:
                return {"at_ms": function.next_tries[run.request_id], "dead_letters": None}
        record = self._first_record(run.entry)
        if record.get("eventSource") != "aws:sqs":
            return None
        arn, message_id = str(record.get("eventSourceARN")), str(record.get("messageId"))
        found = next_receive(self._sqs, arn, message_id)
        if found is None:
            return None
        at_ms, letters = found
        return {"at_ms": at_ms, "dead_letters": parse_arn(letters).resource if letters else None}

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

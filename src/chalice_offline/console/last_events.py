"""What a function last ran on, by where it came from: the best sample of what it expects."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalice_offline.console.connections import resource_of
from chalice_offline.core.run import RunState
from chalice_offline.core.shortened import is_shortened
from chalice_offline.core.unspelled import UnspelledJson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalice_offline.console.runs import Runs
    from chalice_offline.console.session import Session
    from chalice_offline.core.run_entry import RunEntry

    Event = dict[str, Any]

_RUNS_LOOKED_AT = 2_000
_EVENTS_READ = 50


class LastEvents:
    """Reads the events of the latest runs; used within the emulator's lock."""

    def __init__(self, session: Session, runs: Runs) -> None:
        self._session = session
        self._runs = runs

    def from_resource(self, function: str, resource: str) -> Event | None:
        """Return what came from a queue, topic, bucket, table or stream, by its ARN."""
        return self._latest(
            function, lambda run: resource_of(self._runs.source(run.number).arn) == resource
        )

    def on_bus(self, function: str, pattern: str) -> Event | None:
        """Return an event that a rule's pattern lets pass."""
        return self._latest(
            function,
            lambda run: self._runs.source(run.number).kind == "event",
            lambda event: self._matches(pattern, event),
        )

    def on_route(self, function: str, method: str, path: str) -> Event | None:
        """Return a request to a route: its path with the {names} in it."""
        return self._latest(
            function,
            lambda run: self._runs.source(run.number).kind == "route",
            lambda event: (event.get("httpMethod"), event.get("resource")) == (method, path),
        )

    # ---- within ----------------------------------------------------------------------------------

    def _latest(
        self,
        function: str,
        is_of_it: Callable[[RunEntry], bool],
        fits: Callable[[Event], bool] = lambda _event: True,
    ) -> Event | None:
        """Return the latest event with which a run went well; if none did, the latest."""
        failed: Event | None = None
        for run, event in islice(self._events(function, is_of_it), _EVENTS_READ):
            if not fits(event):
                continue
            if run.state is RunState.RETURNED:
                return event
            failed = failed or event
        return failed

    def _events(
        self, function: str, is_of_it: Callable[[RunEntry], bool]
    ) -> Iterator[tuple[RunEntry, Event]]:
        latest = islice(self._session.emulator.runs.newest_first(), _RUNS_LOOKED_AT)
        for run in latest:
            if run.subject == function and is_of_it(run):
                event = _event_of(run)
                if event is not None:
                    yield run, event

    def _matches(self, pattern: str, event: Event) -> bool:
        answer = self._session.read(
            "events", "TestEventPattern", EventPattern=pattern, Event=json.dumps(event)
        )
        return bool(answer["Result"])


def _event_of(run: RunEntry) -> Event | None:
    """Return the event of a run; None when it is not kept, not whole, or no object."""
    payload = run.held.get("payload")
    if isinstance(payload, UnspelledJson):
        event = payload.document()
    elif payload is None or is_shortened(payload):
        return None
    else:
        try:
            event = json.loads(payload)
        except (ValueError, RecursionError):
            return None
    return event if isinstance(event, dict) else None

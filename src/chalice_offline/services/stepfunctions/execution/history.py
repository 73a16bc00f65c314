"""The history of one execution: events with ids, each naming the one before it in its branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions import limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Kernel

Event = dict[str, Any]


class HistoryFull(Exception):  # noqa: N818 - says what it is
    """There is room for the last event only: the execution fails (25,000 events)."""


class History:
    """Events in AWS's shape, in the order of their ids.

    `keep` is False for Express executions: they have no history that could be read, so only the
    last event and what is logged is needed. `written` is called with each event.
    """

    def __init__(
        self, kernel: Kernel, *, keep: bool, written: Callable[[Event], None] | None = None
    ) -> None:
        self._kernel = kernel
        self._keep = keep
        self._written = written
        self._last_id = 0
        self.events: list[Event] = []

    @property
    def last_id(self) -> int:
        """The id of the event written last."""
        return self._last_id

    def add(
        self, kind: str, previous: int, key: str = "", details: Any = None, *, last: bool = False
    ) -> int:
        """Write an event; return its id. HistoryFull when only `last` ones have room."""
        if self._last_id >= limits.HISTORY_EVENTS_MAX - 1 and not last and self._keep:
            raise HistoryFull
        self._last_id += 1
        event: Event = {
            "timestamp": self._kernel.now_ms / 1000,
            "type": kind,
            "id": self._last_id,
            "previousEventId": previous,
        }
        if key:
            event[key] = details
        if self._keep:
            self.events.append(event)
        if self._written is not None:
            self._written(event)
        return self._last_id

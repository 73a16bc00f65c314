"""Requests to endpoints outside, between the kernel and its driver: sent, answered, abandoned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.driver import Driver
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.core.journal import Entry
    from chalice_offline.core.turn import Turn

    Done = Callable[[HttpResponse | None, str], None]


class Host(Protocol):
    """What is needed of the kernel."""

    driver: Driver

    @property
    def now_ms(self) -> int:
        """The present instant."""
        ...

    def write(
        self,
        kind: str,
        subject: str,
        detail: Mapping[str, Any],
        causes: tuple[int, ...],
        *,
        is_input: bool,
    ) -> Entry:
        """Write an entry into the journal."""
        ...


class OutsideRequests:
    """The requests of one kernel that are under way."""

    def __init__(self, kernel: Host, turn: Turn) -> None:
        self._kernel = kernel
        self._turn = turn
        self._waiting: dict[int, Done] = {}  # by journal entry

    def send(
        self, request: HttpRequest, timeout_ms: int, done: Done, causes: tuple[int, ...]
    ) -> None:
        """Have the driver send a request; the reply is the next input."""
        subject = f"{request.method} {request.url}"
        kernel = self._kernel
        sent = kernel.write("delivery", subject, {"body": request.body}, causes, is_input=False)
        self._waiting[sent.number] = done

        def ended(response: HttpResponse | None, reason: str) -> None:
            with self._turn:
                said = reason if response is None else str(response.status)
                sent.outcome, sent.ended_ms = said, kernel.now_ms
                asked = self._waiting.pop(sent.number, None)
                if asked is not None:
                    asked(response, reason)

        kernel.driver.send(request, timeout_ms, ended)

    def abandon_where(self, fits: Callable[[Done], bool]) -> None:
        """Tell nobody of the replies to requests of which the callback fits."""
        for number, done in list(self._waiting.items()):
            if fits(done):
                del self._waiting[number]

"""Task tokens: what a worker or an approver names the task by that waits for them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Protocol

from chalice_offline.services.stepfunctions.errors import invalid_token, task_timed_out

if TYPE_CHECKING:
    from chalice_offline.core.ids import Ids

_RANDOM_DIGITS = 96


class WaitingTask(Protocol):
    """A task that ends when somebody says so."""

    def succeeded(self, output: Any) -> None:
        """End with an output."""
        ...

    def failed(self, error: str | None, cause: str | None) -> None:
        """End with a failure."""
        ...

    def beats(self) -> None:
        """The worker is alive: the heartbeat begins anew."""
        ...


class TaskTokens:
    """Tasks by token. A token is signed, so that one that was used is told from an invented one."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._secret = ids.hex(32)
        self._waiting: dict[str, WaitingTask] = {}

    def make(self) -> str:
        """Return a new token, for a task that is about to begin."""
        body = self._ids.hex(_RANDOM_DIGITS)
        return body + self._signature(body)

    def bind(self, token: str, task: WaitingTask) -> None:
        """Let a token stand for a task."""
        self._waiting[token] = task

    def find(self, token: str) -> WaitingTask:
        """Return the task that waits; TaskTimedOut once it has ended, InvalidToken for others."""
        task = self._waiting.get(token)
        if task is not None:
            return task
        body = token[:_RANDOM_DIGITS]
        raise task_timed_out() if token == body + self._signature(body) else invalid_token()

    def end(self, token: str) -> None:
        """Forget a token: its task has ended."""
        self._waiting.pop(token, None)

    def _signature(self, body: str) -> str:
        return hashlib.sha256(f"{self._secret}{body}".encode()).hexdigest()

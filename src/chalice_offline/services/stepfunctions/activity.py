"""Activities: tasks that wait for workers, and workers that wait for tasks."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.pending import Pending


@dataclass(slots=True, eq=False)
class ActivityTask:
    """One task as its worker gets it; `started` is told who that is and returns the token."""

    input_text: str
    started: Callable[[str], str]


@dataclass(slots=True, eq=False)
class Poller:
    """A worker that waits."""

    worker: str
    reply: Pending[dict[str, Any]]


@dataclass(slots=True)
class Activity:
    """An activity and its two lines."""

    arn: str
    name: str
    created_ms: int
    tags: dict[str, str] = field(default_factory=dict)
    tasks: deque[ActivityTask] = field(default_factory=deque)
    pollers: deque[Poller] = field(default_factory=deque)

    def schedule(self, task: ActivityTask) -> None:
        """Give a task to the worker that has waited longest, or let it wait for one."""
        self.tasks.append(task)
        if self.pollers:
            poller = self.pollers.popleft()
            poller.reply.resolve(self.take(poller.worker))

    def take(self, worker: str) -> dict[str, Any]:
        """Return the task that has waited longest, as GetActivityTask does."""
        task = self.tasks.popleft()
        return {"taskToken": task.started(worker), "input": task.input_text}

    def withdraw(self, task: ActivityTask) -> None:
        """A task has ended before anybody took it."""
        if task in self.tasks:
            self.tasks.remove(task)

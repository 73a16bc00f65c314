"""Schedules and the groups they are in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn

if TYPE_CHECKING:
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.schedules import Schedule as Occurrences

DEFAULT_GROUP = "default"


@dataclass(slots=True)
class Group:
    """A schedule group of one account and region; `tokens` maps client tokens to names."""

    account_id: str
    region: str
    name: str
    created_ms: int
    modified_ms: int
    client_token: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The group's ARN."""
        return make_arn("scheduler", self.region, self.account_id, f"schedule-group/{self.name}")


@dataclass(slots=True)
class Schedule:
    """A schedule.

    `settings` is the request it was last put with, defaults filled in. `occurrences` says when it
    is due between `start_ms` and `end_ms`; `timer` is set for the next time.
    """

    group: Group
    name: str
    settings: dict[str, Any]
    occurrences: Occurrences
    start_ms: int | None
    end_ms: int | None
    created_ms: int
    modified_ms: int
    client_token: str = ""
    timer: Timer | None = None

    @property
    def arn(self) -> str:
        """The schedule's ARN."""
        group = self.group
        return make_arn(
            "scheduler", group.region, group.account_id, f"schedule/{group.name}/{self.name}"
        )

    @property
    def target(self) -> dict[str, Any]:
        """What is called when it is due."""
        target: dict[str, Any] = self.settings["Target"]
        return target

    @property
    def is_enabled(self) -> bool:
        """Whether it runs at all."""
        return bool(self.settings["State"] == "ENABLED")

    def next_due_ms(self, after_ms: int) -> int | None:
        """Return the first instant after `after_ms` at which it is due, or None."""
        if self.start_ms is not None:
            after_ms = max(after_ms, self.start_ms - 1)
        due_ms = self.occurrences.next_after(after_ms)
        if due_ms is None or (self.end_ms is not None and due_ms > self.end_ms):
            return None
        return due_ms

"""A replay: events of an archive, sent to their bus again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn

if TYPE_CHECKING:
    from chalice_offline.services.events.archive import Archive


@dataclass(slots=True, eq=False)
class Replay:
    """A replay. `settings` are its members as StartReplay got them, times in epoch seconds."""

    name: str
    account_id: str
    region: str
    archive: Archive
    settings: dict[str, Any]
    entry: int
    started_ms: int
    state: str = "STARTING"
    ended_ms: int | None = None
    last_replayed_s: int | None = None

    @property
    def arn(self) -> str:
        """The replay's ARN."""
        return make_arn("events", self.region, self.account_id, f"replay/{self.name}")

    def describe(self) -> dict[str, Any]:
        """Return the replay as ListReplays shows it."""
        described = {
            "ReplayName": self.name,
            "EventSourceArn": self.settings["EventSourceArn"],
            "State": self.state,
            "EventStartTime": self.settings["EventStartTime"],
            "EventEndTime": self.settings["EventEndTime"],
            "ReplayStartTime": self.started_ms / 1000,
        }
        if self.last_replayed_s is not None:
            described["EventLastReplayedTime"] = self.last_replayed_s
        if self.ended_ms is not None:
            described["ReplayEndTime"] = self.ended_ms / 1000
        return described

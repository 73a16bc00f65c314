"""Schedules and rules with a schedule: when each is due next, and having it due now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal
from chalice_offline.core.names import nearest
from chalice_offline.services.events.upcoming import describe_scheduled_rules
from chalice_offline.services.events.upcoming import fire as fire_rule
from chalice_offline.services.scheduler.upcoming import describe_schedules
from chalice_offline.services.scheduler.upcoming import fire as fire_schedule
from chalice_offline.trace import mask

if TYPE_CHECKING:
    from chalice_offline.console.session import Session
    from chalice_offline.core.context import CallContext
    from chalice_offline.services.events.state import EventsState
    from chalice_offline.services.scheduler.state import SchedulerState


class Schedules:
    """What happens by itself, by date and time."""

    def __init__(self, session: Session, events: EventsState, scheduler: SchedulerState) -> None:
        self._session = session
        self._events = events
        self._scheduler = scheduler

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [
            Door("GET", "schedules", self.all),
            Door("POST", "schedules/{name*}/fire", self.fire),
        ]

    def all(self, _asked: Asked) -> dict[str, Any]:
        """Answer all of them, the next one first."""
        with self._session.emulator.lock:
            shown = [_shown(one) for one in self.described()]
            return {"schedules": shown, "now_ms": self._session.emulator.now_ms}

    def described(self) -> list[dict[str, Any]]:
        """Return all of them, the next one first, with what they send as it is: unmasked."""
        context = self._session.context
        found = [
            *({"kind": "rule", **rule} for rule in describe_scheduled_rules(self._events, context)),
            *({"kind": "schedule", **one} for one in describe_schedules(self._scheduler, context)),
        ]
        return sorted(found, key=lambda one: (one["next_ms"] is None, one["next_ms"], one["name"]))

    def fire(self, asked: Asked) -> dict[str, Any]:
        """Have one due now; when it is due next stays as it was."""
        name = asked.name("name")
        with self._session.emulator.lock:
            known = self.described()
        found = [one for one in known if name in (one["name"], one["arn"])]
        if not found:
            near = nearest(name, [one["name"] for one in known])
            raise Refusal(f"There is no schedule {name[:120]}.{near}", 404)
        if len(found) > 1:
            arns = " or ".join(one["arn"] for one in found)
            raise Refusal(f"Several are named {name}: say {arns}.", 409)
        arn = found[0]["arn"]

        def fire(context: CallContext) -> bool:
            if found[0]["kind"] == "rule":
                return fire_rule(self._events, context, arn)
            return fire_schedule(self._scheduler, context, arn)

        session = self._session
        session.emulator.act("schedules.Fire", {"arn": arn}, fire, session.caller(asked.origin))
        return {"fired": arn}


def _shown(schedule: dict[str, Any]) -> dict[str, Any]:
    """Return a schedule masked, with its first target beside the list of all."""
    targets = [{**one, "input": mask(one["input"])} for one in schedule["targets"]]
    first = targets[0] if targets else {"arn": None, "input": None}
    return {**schedule, "targets": targets, "target": first["arn"], "input": first["input"]}

"""One event on its way to one target, and the calls EventBridge makes for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.events.state import PRINCIPAL

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Reply
    from chalice_offline.core.targets import TargetCall
    from chalice_offline.services.events.event import Event
    from chalice_offline.services.events.resources import Rule
    from chalice_offline.services.events.state import EventsState
    from chalice_offline.services.events.target import Target


class Parcel:
    """An event for a target. `payload` is what was made of it for this target."""

    __slots__ = ("event", "least_delay_ms", "payload", "rule", "state", "target")

    def __init__(
        self, state: EventsState, rule: Rule, target: Target, event: Event, payload: str = ""
    ) -> None:
        self.state = state
        self.rule = rule
        self.target = target
        self.event = event
        self.payload = payload
        self.least_delay_ms = 0  # a wait the target asked for, before the next try

    def make(self, call: TargetCall) -> Reply:
        """Make a call as EventBridge; an ARN without account or region means the rule's."""
        bus = self.rule.bus
        return call.make(
            self.state.kernel,
            causes=(self.event.entry,),
            principal=PRINCIPAL,
            account_id=bus.account_id,
            region=bus.region,
            trace_header=self.event.trace_header,
        )

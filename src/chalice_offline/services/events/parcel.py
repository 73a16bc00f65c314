"""One event on its way to one target, and the calls EventBridge makes for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.events.state import PRINCIPAL

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Reply, Request
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

    def call(self, service: str, operation: str, request: Request) -> Reply:
        """Call the target's service in the target's account and region."""
        return self.call_in(
            self.target.arn.account_id, self.target.arn.region, service, operation, request
        )

    def call_in(
        self, account_id: str, region: str, service: str, operation: str, request: Request
    ) -> Reply:
        """Call a service as EventBridge does; an ARN without account or region means the rule's."""
        return self.state.kernel.deliver(
            service,
            operation,
            request,
            account_id=account_id or self.rule.bus.account_id,
            region=region or self.rule.bus.region,
            causes=(self.event.entry,),
            principal=PRINCIPAL,
        )

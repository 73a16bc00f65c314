"""Rules with a schedule: one timer each, at the exact instant it is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.events import routing
from chalice_offline.services.events.event import Event, make_document

if TYPE_CHECKING:
    from chalice_offline.services.events.resources import Rule
    from chalice_offline.services.events.state import EventsState


def arm(events: EventsState, rule: Rule) -> None:
    """Set the rule's timer to the next time it is due; none if it is disabled or has no schedule.

    The timer is not owed: a schedule goes on for ever, and nobody waits for the end of it.
    """
    kernel = events.kernel
    kernel.cancel(rule.timer)
    rule.timer = None
    if rule.schedule is None or not rule.is_enabled:
        return
    due_ms = rule.schedule.next_after(kernel.now_ms)
    if due_ms is not None:
        rule.timer = kernel.at(due_ms, lambda: _fire(events, rule), owed=False, appointment=True)


def _fire(events: EventsState, rule: Rule) -> None:
    send_scheduled_event(events, rule, ())
    arm(events, rule)


def send_scheduled_event(events: EventsState, rule: Rule, causes: tuple[int, ...]) -> None:
    """Send the rule's targets the event that they get when its schedule is due."""
    kernel = events.kernel
    now_ms = kernel.now_ms
    time_s = now_ms // 1000
    document = make_document(
        event_id=kernel.ids.uuid(),
        detail_type="Scheduled Event",
        source="aws.events",
        account_id=rule.bus.account_id,
        time_s=time_s,
        region=rule.bus.region,
        resources=[rule.arn],
        detail={},
    )
    detail = {"schedule": rule.schedule_expression, "event": document["id"]}
    entry = kernel.note(rule.arn, detail, causes, "due")
    # The event goes to this rule's targets alone: it never passes the bus's patterns.
    routing.send_to_targets(events, rule, Event(document, time_s, now_ms, 0, entry))

"""When rules with a schedule are due next, and having one due now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.events.rule_schedules import send_scheduled_event

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.services.events.resources import Rule
    from chalice_offline.services.events.state import EventsState


def describe_scheduled_rules(events: EventsState, context: CallContext) -> list[dict[str, Any]]:
    """Return the caller's rules that have a schedule, each with its next instant."""
    return [
        {
            "arn": rule.arn,
            "name": rule.name,
            "bus": rule.bus.name,
            "expression": rule.schedule_expression,
            "zone": "UTC",
            "enabled": rule.is_enabled,
            "targets": [
                {"arn": one.settings["Arn"], "input": one.settings.get("Input")}
                for one in rule.targets.values()
            ],
            "next_ms": rule.timer.due_ms if rule.timer else None,
        }
        for rule in _scheduled(events, context)
    ]


def fire(events: EventsState, context: CallContext, arn: str) -> bool:
    """Send a rule's targets a scheduled event now; False when there is no such rule.

    When it is due next stays as it was.
    """
    for rule in _scheduled(events, context):
        if rule.arn == arn:
            send_scheduled_event(events, rule, (context.entry,))
            return True
    return False


def _scheduled(events: EventsState, context: CallContext) -> list[Rule]:
    buses = events.here(context).buses.values()
    return [rule for bus in buses for rule in bus.rules.values() if rule.schedule is not None]

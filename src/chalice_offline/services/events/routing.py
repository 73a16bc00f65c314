"""From an event on a bus to the deliveries it causes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.events.near_misses import NearMisses
from chalice_offline.services.events.target_delivery import send_to_target

if TYPE_CHECKING:
    from collections.abc import Collection

    from chalice_offline.services.events.event import Event
    from chalice_offline.services.events.resources import EventBus, Rule
    from chalice_offline.services.events.state import EventsState


def route(
    events: EventsState, bus: EventBus, event: Event, only_rules: Collection[str] | None = None
) -> None:
    """Match an event against the rules of a bus and send it to the targets of those that match.

    `only_rules` are the ARNs of the rules a replay is meant for; None means all.
    """
    matched = [bus.rules[name] for name in bus.index.matching(event.document)]
    if only_rules is not None:
        matched = [rule for rule in matched if rule.arn in only_rules]
    if all(rule.archive for rule in matched):
        events.kernel.note(
            bus.arn,
            {"event": event.id, "near_misses": NearMisses(bus, event.document)},
            (event.entry,),
            "no rule matched",
        )
    for rule in matched:
        if rule.archive is not None:
            rule.archive(event)
        else:
            send_to_targets(events, rule, event)


def send_to_targets(events: EventsState, rule: Rule, event: Event) -> None:
    """Begin the delivery of an event to every target of a rule."""
    if not rule.targets:
        events.kernel.note(rule.arn, {"event": event.id}, (event.entry,), "the rule has no targets")
    for target in rule.targets.values():
        send_to_target(events, rule, target, event)

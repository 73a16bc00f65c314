"""PutTargets, RemoveTargets, ListTargetsByRule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.events.errors import limit_exceeded
from chalice_offline.services.events.limits import TARGETS_PER_RULE
from chalice_offline.services.events.pages import page
from chalice_offline.services.events.rule_checks import refuse_managed
from chalice_offline.services.events.target import Target

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.state import EventsState


def put_targets(events: EventsState, context: CallContext, request: Request) -> Result:
    """Add targets to a rule; one with an id that is there replaces it. All or none."""
    rule = events.find_rule(context, request["Rule"], request)
    refuse_managed(rule, request)
    targets = {settings["Id"]: Target(settings) for settings in request["Targets"]}
    if len(rule.targets.keys() | targets.keys()) > TARGETS_PER_RULE:
        raise limit_exceeded()
    rule.targets.update(targets)
    return {"FailedEntryCount": 0, "FailedEntries": []}


def remove_targets(events: EventsState, context: CallContext, request: Request) -> Result:
    """Remove targets from a rule; ids that are not there are fine."""
    rule = events.find_rule(context, request["Rule"], request)
    refuse_managed(rule, request)
    for target_id in request["Ids"]:
        rule.targets.pop(target_id, None)
    return {"FailedEntryCount": 0, "FailedEntries": []}


def list_targets_by_rule(events: EventsState, context: CallContext, request: Request) -> Result:
    """Show the targets of a rule, in the order in which they were added."""
    rule = events.find_rule(context, request["Rule"], request)
    # A page starts after the id that ended the one before; its place is that of the id.
    places = {target_id: f"{place:09d}" for place, target_id in enumerate(rule.targets)}
    shown, more = page(rule.targets.values(), lambda target: places[target.id], request)
    return {"Targets": [target.settings for target in shown], **more}

"""TagResource, UntagResource, ListTagsForResource, for event buses and rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.arn import parse_arn
from chalice_offline.services.common.tags import tag_list, tags_of, untag
from chalice_offline.services.events.errors import validation_error
from chalice_offline.services.events.resources import DEFAULT_BUS

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.resources import Tags
    from chalice_offline.services.events.state import EventsState


def tag_resource(events: EventsState, context: CallContext, request: Request) -> Result:
    """Add tags; a key that is there gets the new value."""
    _tags_at(events, context, request["ResourceARN"]).update(tags_of(request["Tags"]))
    return {}


def untag_resource(events: EventsState, context: CallContext, request: Request) -> Result:
    """Remove tags; keys that are not there are fine."""
    untag(_tags_at(events, context, request["ResourceARN"]), request["TagKeys"])
    return {}


def list_tags_for_resource(events: EventsState, context: CallContext, request: Request) -> Result:
    """Show the tags of a bus or rule."""
    return tag_list(_tags_at(events, context, request["ResourceARN"]))


def _tags_at(events: EventsState, context: CallContext, resource_arn: str) -> Tags:
    try:
        arn = parse_arn(resource_arn)
    except ValueError as error:
        raise _invalid(resource_arn) from error
    kind, _, path = arn.resource.partition("/")
    if arn.service == "events" and kind == "event-bus":
        return events.find_bus(context, resource_arn).tags
    if arn.service == "events" and kind == "rule":
        # The rule's name follows the last slash; the name of a partner's bus has slashes itself.
        bus_name, _, rule_name = path.rpartition("/")
        bus = events.find_bus_in(arn.account_id, arn.region, bus_name or DEFAULT_BUS)
        return events.find_rule_on(bus, rule_name).tags
    raise _invalid(resource_arn)


def _invalid(resource_arn: str) -> Exception:
    return validation_error(
        f"Parameter {resource_arn} is not valid. Reason: Provided Arn is not in correct format."
    )

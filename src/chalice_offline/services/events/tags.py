"""TagResource, UntagResource, ListTagsForResource, for event buses and rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.arn import parse_arn
from chalice_offline.services.events.errors import validation_error
from chalice_offline.services.events.resources import DEFAULT_BUS

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.resources import Tags
    from chalice_offline.services.events.service import Events


def tags_of(request: Request) -> Tags:
    """Return the tags a request creates its resource with."""
    return {tag["Key"]: tag["Value"] for tag in request.get("Tags", ())}


def tag_resource(service: Events, context: CallContext, request: Request) -> Result:
    """Add tags; a key that is there gets the new value."""
    _tags_at(service, context, request["ResourceARN"]).update(tags_of(request))
    return {}


def untag_resource(service: Events, context: CallContext, request: Request) -> Result:
    """Remove tags; keys that are not there are fine."""
    tags = _tags_at(service, context, request["ResourceARN"])
    for key in request["TagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags_for_resource(service: Events, context: CallContext, request: Request) -> Result:
    """Show the tags of a bus or rule."""
    tags = _tags_at(service, context, request["ResourceARN"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _tags_at(service: Events, context: CallContext, resource_arn: str) -> Tags:
    try:
        arn = parse_arn(resource_arn)
    except ValueError as error:
        raise _invalid(resource_arn) from error
    kind, _, path = arn.resource.partition("/")
    if arn.service == "events" and kind == "event-bus":
        return service.bus(context, resource_arn).tags
    if arn.service == "events" and kind == "rule":
        # The rule's name follows the last slash; the name of a partner's bus has slashes itself.
        bus_name, _, rule_name = path.rpartition("/")
        bus = service.bus_in(arn.account_id, arn.region, bus_name or DEFAULT_BUS)
        return service.rule_on(bus, rule_name).tags
    raise _invalid(resource_arn)


def _invalid(resource_arn: str) -> Exception:
    return validation_error(
        f"Parameter {resource_arn} is not valid. Reason: Provided Arn is not in correct format."
    )

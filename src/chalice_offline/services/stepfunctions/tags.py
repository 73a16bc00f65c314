"""Tags of state machines and activities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.common.tags import counted
from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.errors import resource_not_found, too_many_tags
from chalice_offline.services.stepfunctions.state import check_arn

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.stepfunctions.state import StepFunctionsState


def tag_resource(sfn: StepFunctionsState, _context: CallContext, request: Request) -> Result:
    """Add tags."""
    tags = _tags(sfn, request["resourceArn"])
    added = {tag["key"]: tag["value"] for tag in request["tags"]}
    if counted({**tags, **added}) > limits.TAGS_MAX:
        raise too_many_tags(request["resourceArn"])
    tags.update(added)
    return {}


def untag_resource(sfn: StepFunctionsState, _context: CallContext, request: Request) -> Result:
    """Take tags away."""
    tags = _tags(sfn, request["resourceArn"])
    for key in request["tagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags_for_resource(
    sfn: StepFunctionsState, _context: CallContext, request: Request
) -> Result:
    """List tags."""
    tags = _tags(sfn, request["resourceArn"])
    return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}


def _tags(sfn: StepFunctionsState, arn: str) -> dict[str, str]:
    check_arn(arn)
    found = sfn.machines.get(arn) or sfn.surroundings.activities.get(arn)
    if found is None:
        raise resource_not_found(arn)
    return found.tags

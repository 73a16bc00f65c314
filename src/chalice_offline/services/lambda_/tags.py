"""Tags of functions and event source mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.lambda_.errors import invalid_parameter, resource_not_found
from chalice_offline.services.lambda_.references import reference_of
from chalice_offline.services.lambda_.tag_rules import checked_tags

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.state import LambdaState


def list_tags(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Return a resource's tags."""
    return {"Tags": dict(_tags(lambda_, context, request["Resource"]))}


def tag_resource(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Add or replace tags."""
    tags = _tags(lambda_, context, request["Resource"])
    if not request["Tags"]:
        raise invalid_parameter("An error occurred and the request cannot be processed.")
    tags.update(checked_tags(tags, request["Tags"]))
    _changed(lambda_, context, request["Resource"])
    return {}


def untag_resource(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Remove tags."""
    tags = _tags(lambda_, context, request["Resource"])
    for key in request["TagKeys"]:
        tags.pop(key, None)
    _changed(lambda_, context, request["Resource"])
    return {}


def _changed(lambda_: LambdaState, context: CallContext, arn: str) -> None:
    """Give a function another revision, as every change does (recorded)."""
    function = lambda_.function_or_none(reference_of(arn, context))
    if function is not None and function.upload is not None:
        function.upload.revision = lambda_.kernel.ids.uuid()


def _tags(lambda_: LambdaState, context: CallContext, arn: str) -> dict[str, str]:
    kind, _, rest = arn.partition(":lambda:")[2].partition(":")[2].partition(":")[2].partition(":")
    if kind == "event-source-mapping":
        mapping = lambda_.mappings.get(rest)
        if mapping is None:
            raise resource_not_found(f"Event source mapping not found: {arn}")
        return mapping.tags
    if kind in ("layer", "code-signing-config", "capacity-provider"):
        what = {"capacity-provider": "Capacity provider"}.get(kind, kind)
        raise resource_not_found(f"{what} not found: {arn}")
    reference = reference_of(arn, context)
    if reference.qualifier:
        raise invalid_parameter(
            "Tags on function aliases and versions are not supported. Please specify a function "
            "ARN."
        )
    return lambda_.find_function(arn, context).tags

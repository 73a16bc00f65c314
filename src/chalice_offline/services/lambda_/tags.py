"""Tags of functions and event source mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.arn import parse_arn
from chalice_offline.services.lambda_.errors import invalid_parameter, resource_not_found
from chalice_offline.services.lambda_.function import Function
from chalice_offline.services.lambda_.references import reference_of
from chalice_offline.services.lambda_.tag_rules import checked_tags

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.event_source_mappings.mapping import Mapping
    from chalice_offline.services.lambda_.state import LambdaState

# Resources that have tags on AWS and none here, as AWS's errors name them.
_WITHOUT_TAGS = {
    "layer": "Layer",
    "code-signing-config": "Code signing config",
    "capacity-provider": "Capacity provider",
}


def list_tags(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Return a resource's tags."""
    return {"Tags": dict(_find(lambda_, context, request["Resource"]).tags)}


def tag_resource(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Add or replace tags."""
    resource = _find(lambda_, context, request["Resource"])
    if not request["Tags"]:
        raise invalid_parameter("An error occurred and the request cannot be processed.")
    resource.tags.update(checked_tags(resource.tags, request["Tags"]))
    _changed(lambda_, resource)
    return {}


def untag_resource(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Remove tags."""
    resource = _find(lambda_, context, request["Resource"])
    for key in request["TagKeys"]:
        resource.tags.pop(key, None)
    _changed(lambda_, resource)
    return {}


def _changed(lambda_: LambdaState, resource: Function | Mapping) -> None:
    """Give a function another revision, as every change does (recorded)."""
    if isinstance(resource, Function) and resource.upload is not None:
        resource.upload.revision = lambda_.kernel.ids.uuid()


def _find(lambda_: LambdaState, context: CallContext, arn: str) -> Function | Mapping:
    """Return what has the tags; raises AwsError for what is not there, or has none."""
    kind, _, rest = parse_arn(arn).resource.partition(":")
    if kind == "event-source-mapping":
        mapping = lambda_.mappings.get(rest)
        if mapping is None:
            raise resource_not_found(f"Event source mapping not found: {arn}")
        return mapping
    if kind in _WITHOUT_TAGS:
        raise resource_not_found(f"{_WITHOUT_TAGS[kind]} not found: {arn}")
    if reference_of(arn, context).qualifier:
        raise invalid_parameter(
            "Tags on function aliases and versions are not supported. Please specify a function "
            "ARN."
        )
    return lambda_.find_function(arn, context)

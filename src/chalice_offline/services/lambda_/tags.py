"""Tags of functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.state import LambdaState


def list_tags(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Return a function's tags."""
    return {"Tags": dict(lambda_.find_function(request["Resource"], context).tags)}


def tag_resource(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Add or replace tags."""
    lambda_.find_function(request["Resource"], context).tags.update(request["Tags"])
    return {}


def untag_resource(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Remove tags."""
    tags = lambda_.find_function(request["Resource"], context).tags
    for key in request["TagKeys"]:
        tags.pop(key, None)
    return {}

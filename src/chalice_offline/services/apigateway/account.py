"""What holds for an account's APIs together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.apigateway import limits
from chalice_offline.services.apigateway.patches import Change, Patchable

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.state import ApiGatewayState

_CHANGES = Patchable(
    {"/cloudwatchRoleArn": Change(operations=("add", "replace", "remove"))}, lists_paths=False
)


def get_account(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return the account's settings."""
    del request
    settings = {
        "throttleSettings": {
            "rateLimit": limits.ACCOUNT_RATE,
            "burstLimit": limits.ACCOUNT_BURST,
        },
        "features": ["UsagePlans"],
        "apiKeyVersion": "4",
    }
    return settings | gateway.place(context).account


def update_account(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Change the role with which logs are written."""
    place = gateway.place(context)
    changed = dict(place.account)
    _CHANGES.apply(changed, request.get("patchOperations", []))
    place.account = changed
    return get_account(gateway, context, {})

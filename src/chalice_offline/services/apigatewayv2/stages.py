"""Stages: which deployment is served under a name, and with which settings."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from chalice_offline.services.apigatewayv2.collection import listed
from chalice_offline.services.apigatewayv2.publishing import (
    new_stage,
    publish_changes,
    set_stage,
)

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State


def create_stage(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Make a stage."""
    return copy.deepcopy(new_stage(apis, apis.find_api(context, request), request))


def update_stage(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Change what the request names; all else stays."""
    api, stage = apis.find_api(context, request), apis.find_stage(context, request)
    set_stage(api, stage, request)
    stage["LastUpdatedDate"] = apis.now_s()
    if request.get("AutoDeploy"):
        publish_changes(apis, api)
    return copy.deepcopy(stage)


def get_stage(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Return one stage."""
    return copy.deepcopy(apis.find_stage(context, request))


def get_stages(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Return all stages, in pages."""
    return listed(apis.find_api(context, request).stages.values(), "StageName", request)


def delete_stage(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Delete a stage."""
    apis.find_stage(context, request)
    del apis.find_api(context, request).stages[request["StageName"]]
    return {}


def delete_route_settings(
    apis: ApiGatewayV2State, context: CallContext, request: Request
) -> Result:
    """Let a route have the stage's default settings again."""
    apis.find_stage(context, request)["RouteSettings"].pop(request["RouteKey"], None)
    return {}


def delete_access_log_settings(
    apis: ApiGatewayV2State, context: CallContext, request: Request
) -> Result:
    """Log no requests any more."""
    apis.find_stage(context, request).pop("AccessLogSettings", None)
    return {}


def reset_authorizers_cache(
    apis: ApiGatewayV2State, context: CallContext, request: Request
) -> Result:
    """Forget what authorizers answered."""
    api = apis.find_api(context, request)
    apis.find_stage(context, request)
    for key in [key for key in apis.authorizations if key[0] == api.id]:
        del apis.authorizations[key]
    return {}

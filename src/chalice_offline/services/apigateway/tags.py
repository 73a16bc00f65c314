"""Tags of APIs, stages, keys, plans, links, names and certificates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from chalice_offline.services.apigateway.errors import bad_request, not_found

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import Described
    from chalice_offline.services.apigateway.state import ApiGatewayState

_ARN = re.compile(r"arn:[\w-]+:apigateway:[\w-]*::/([\w-]+)/([^/]+)(?:/stages/([^/]+))?.*")


def tag_resource(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Give a resource tags."""
    resource = _find(gateway, context, request)
    resource["tags"] = resource.get("tags", {}) | request["tags"]
    return {}


def untag_resource(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Take tags from a resource."""
    resource = _find(gateway, context, request)
    gone = request["tagKeys"]
    kept = {key: value for key, value in resource.get("tags", {}).items() if key not in gone}
    resource["tags"] = kept
    return {}


def get_tags(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return a resource's tags."""
    return {"tags": dict(_find(gateway, context, request).get("tags", {}))}


def _find(gateway: ApiGatewayState, context: CallContext, request: Request) -> Described:
    found = _ARN.fullmatch(unquote(request["resourceArn"]))
    if found is None:
        raise bad_request("Invalid ARN specified in the request")
    kind, name, stage = found.groups()
    place = gateway.place(context)
    if kind == "restapis":
        api = gateway.find_api(name, context)
        resource = api.described if stage is None else api.stages.get(stage)
    else:
        tables = {
            "apikeys": place.api_keys,
            "usageplans": place.usage_plans,
            "vpclinks": place.vpc_links,
            "domainnames": place.domain_names,
            "clientcertificates": place.client_certificates,
        }
        resource = tables.get(kind, {}).get(name)
    if resource is None:
        raise not_found("Invalid resource identifier specified")
    return resource

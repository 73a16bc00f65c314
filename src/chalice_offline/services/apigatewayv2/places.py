"""Custom domain names with their mappings, VPC links, tags."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from chalice_offline.services.apigatewayv2.collection import listed
from chalice_offline.services.apigatewayv2.errors import bad_request, conflict, invalid_identifier
from chalice_offline.services.apigatewayv2.state import execute_api_host
from chalice_offline.services.common.served_apis import Mapped

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigatewayv2.api import ById, Described
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State

_ARN = re.compile(
    r"arn:[\w-]+:apigateway:[\w-]*::/(apis|domainnames|vpclinks)/([^/]+)(?:/stages/([^/]+))?"
)


def create_domain_name(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Give APIs a name of the user's own."""
    place, name = apis.place(context), request["DomainName"]
    if any(name in other.domain_names for other in apis.places.values()):
        raise conflict("The domain name you provided already exists.")
    configurations = copy.deepcopy(request.get("DomainNameConfigurations", []))
    for one in configurations:
        host = execute_api_host(f"d-{apis.new_id(10)}", context.region)
        one |= {"ApiGatewayDomainName": host, "DomainNameStatus": "AVAILABLE"}
        one.setdefault("EndpointType", "REGIONAL")
        one.setdefault("SecurityPolicy", "TLS_1_2")
    made: Described = {
        "DomainName": name,
        "DomainNameArn": f"arn:aws:apigateway:{context.region}::/domainnames/{name}",
        "ApiMappingSelectionExpression": "$request.basepath",
        "DomainNameConfigurations": configurations,
        "RoutingMode": request.get("RoutingMode", "API_MAPPING_ONLY"),
        "Tags": dict(request.get("Tags", {})),
    }
    place.domain_names[name] = made
    return copy.deepcopy(made)


def get_domain_name(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Return one domain name."""
    return copy.deepcopy(_name(apis, context, request))


def get_domain_names(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Return the domain names, in pages."""
    return listed(apis.place(context).domain_names.values(), "DomainName", request)


def update_domain_name(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Change what the request names; all else stays."""
    made = _name(apis, context, request)
    for old, new in zip(
        made["DomainNameConfigurations"],
        request.get("DomainNameConfigurations", []),
        strict=False,
    ):
        old |= copy.deepcopy(new)
    return copy.deepcopy(made)


def delete_domain_name(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Take a domain name back."""
    _name(apis, context, request)
    place = apis.place(context)
    del place.domain_names[request["DomainName"]]
    place.api_mappings.pop(request["DomainName"], None)
    return {}


def _name(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Described:
    found = apis.place(context).domain_names.get(request["DomainName"])
    if found is None:
        raise invalid_identifier("domain name")
    return found


def create_api_mapping(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Say which API and stage a part of a domain name is."""
    mappings, key = _mappings(apis, context, request), request.get("ApiMappingKey", "")
    api = apis.find_api(context, request)
    if request["Stage"] not in api.stages:
        raise bad_request("Invalid stage identifier specified")
    if any(other.get("ApiMappingKey", "") == key for other in mappings.values()):
        raise conflict("ApiMapping key already exists for this domain name")
    made = {
        "ApiMappingId": apis.new_id(6),
        "ApiId": api.id,
        "Stage": request["Stage"],
        "ApiMappingKey": key,
    }
    mappings[made["ApiMappingId"]] = made
    return dict(made)


def get_api_mapping(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Return one mapping."""
    return dict(_mapping(apis, context, request))


def get_api_mappings(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Return a domain name's mappings, in pages."""
    return listed(_mappings(apis, context, request).values(), "ApiMappingId", request)


def update_api_mapping(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Change what the request names; all else stays."""
    mapping = _mapping(apis, context, request)
    mapping |= {k: request[k] for k in ("ApiId", "Stage", "ApiMappingKey") if k in request}
    return dict(mapping)


def delete_api_mapping(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Delete one mapping."""
    _mapping(apis, context, request)
    del _mappings(apis, context, request)[request["ApiMappingId"]]
    return {}


def _mappings(apis: ApiGatewayV2State, context: CallContext, request: Request) -> ById:
    _name(apis, context, request)
    return apis.place(context).api_mappings.setdefault(request["DomainName"], {})


def _mapping(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Described:
    found = _mappings(apis, context, request).get(request["ApiMappingId"])
    if found is None:
        raise invalid_identifier("ApiMapping")
    return found


def has_name(apis: ApiGatewayV2State, host: str) -> bool:
    """Say whether a host name is one of these domain names."""
    return any(host in place.api_mappings for place in apis.places.values())


def mapped(apis: ApiGatewayV2State, host: str, path: str) -> Mapped | None:
    """Return what a path of a domain name stands for: the longest mapping that it begins with."""
    for place in apis.places.values():
        fitting = [
            one
            for one in place.api_mappings.get(host, {}).values()
            if _begins(path, one["ApiMappingKey"])
        ]
        if fitting:
            found = max(fitting, key=lambda one: len(one["ApiMappingKey"]))
            base = f"/{found['ApiMappingKey']}" if found["ApiMappingKey"] else ""
            return Mapped(found["ApiId"], found["Stage"], base, path[len(base) :] or "/")
    return None


def _begins(path: str, key: str) -> bool:
    return not key or path == f"/{key}" or path.startswith(f"/{key}/")


def create_vpc_link(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Make a link; there is no network behind it."""
    made: Described = {
        "VpcLinkId": apis.new_id(6),
        "VpcLinkStatus": "AVAILABLE",
        "VpcLinkVersion": "V2",
        "CreatedDate": apis.now_s(),
        "SecurityGroupIds": [],
        "Tags": {},
        **copy.deepcopy(dict(request)),
    }
    apis.place(context).vpc_links[made["VpcLinkId"]] = made
    return copy.deepcopy(made)


def get_vpc_link(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Return one link."""
    return copy.deepcopy(_link(apis, context, request))


def get_vpc_links(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Return the links, in pages."""
    return listed(apis.place(context).vpc_links.values(), "VpcLinkId", request)


def update_vpc_link(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Change a link's name."""
    link = _link(apis, context, request)
    link["Name"] = request.get("Name", link["Name"])
    return copy.deepcopy(link)


def delete_vpc_link(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Delete a link."""
    _link(apis, context, request)
    del apis.place(context).vpc_links[request["VpcLinkId"]]
    return {}


def _link(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Described:
    found = apis.place(context).vpc_links.get(request["VpcLinkId"])
    if found is None:
        raise invalid_identifier("VpcLink")
    return found


def tag_resource(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Give a resource tags."""
    _tagged(apis, context, request).update(request.get("Tags", {}))
    return {}


def untag_resource(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Take tags from a resource."""
    tags = _tagged(apis, context, request)
    for key in request["TagKeys"]:
        tags.pop(key, None)
    return {}


def get_tags(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Return a resource's tags."""
    return {"Tags": dict(_tagged(apis, context, request))}


def _tagged(apis: ApiGatewayV2State, context: CallContext, request: Request) -> dict[str, str]:
    found = _ARN.fullmatch(unquote(request["ResourceArn"]))
    if found is None:
        raise bad_request("Invalid ARN specified in the request")
    kind, name, stage = found.groups()
    resource: Described | None
    if kind == "apis":
        api = apis.find_api(context, {"ApiId": name})
        resource = api.described if stage is None else api.stages.get(stage)
    else:
        place = apis.place(context)
        resource = (place.domain_names if kind == "domainnames" else place.vpc_links).get(name)
    if resource is None:
        raise invalid_identifier("resource")
    tags: dict[str, str] = resource.setdefault("Tags", {})
    return tags

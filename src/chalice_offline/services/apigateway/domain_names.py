"""Custom domain names, and the API that each of their paths is."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from chalice_offline.services.apigateway.domain_mappings import ROOT
from chalice_offline.services.apigateway.errors import bad_request, conflict, not_found
from chalice_offline.services.apigateway.pages import listed
from chalice_offline.services.apigateway.patches import Change, Patchable

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import Described
    from chalice_offline.services.apigateway.state import ApiGatewayState

# The hosted zone of API Gateway in each region is AWS's; these two stand for all here.
_REGIONAL_ZONE = "Z1UJRXOUMOOFQ8"
_EDGE_ZONE = "Z2FDTNDATAQYW2"
_KEPT = (
    "certificateName",
    "certificateArn",
    "regionalCertificateName",
    "regionalCertificateArn",
    "ownershipVerificationCertificateArn",
    "mutualTlsAuthentication",
    "routingMode",
    "endpointAccessMode",
    "tags",
)
_TYPES = "/endpointConfiguration/types"
_MUTUAL_TLS = "mutualTlsAuthentication"
_CHANGES = Patchable(
    {
        "/certificateName": Change(),
        "/certificateArn": Change(),
        "/regionalCertificateName": Change(),
        "/regionalCertificateArn": Change(),
        "/securityPolicy": Change(),
        "/ownershipVerificationCertificateArn": Change(),
        "/endpointConfiguration/ipAddressType": Change(),
        f"/{_MUTUAL_TLS}/truststoreUri": Change(),
        f"/{_MUTUAL_TLS}/truststoreVersion": Change(),
        "/routingMode": Change(),
        "/endpointAccessMode": Change(),
    },
    lists_paths=False,
)
_MAPPING_CHANGES = Patchable(
    {
        "/basePath": Change(),
        "/restapiId": Change(),
        "/restApiId": Change(),
        "/stage": Change(operations=("add", "replace", "remove")),
    },
    lists_paths=False,
)


def create_domain_name(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Take a name."""
    place, name = gateway.place(context), request["domainName"]
    if name in place.domain_names:
        raise bad_request("The domain name you provided already exists.")
    endpoint = request.get("endpointConfiguration") or {"types": ["EDGE"]}
    domain: Described = {
        "domainName": name,
        "endpointConfiguration": {"ipAddressType": "ipv4"} | endpoint,
        "domainNameStatus": "AVAILABLE",
        "securityPolicy": request.get("securityPolicy") or "TLS_1_2",
        "certificateUploadDate": gateway.now_s(),
    }
    domain |= {key: request[key] for key in _KEPT if request.get(key)}
    domain["endpointConfiguration"].setdefault("types", ["EDGE"])
    _give_targets(gateway, context, domain)
    place.domain_names[name] = domain
    return copy.deepcopy(domain)


def get_domain_name(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return one name."""
    return copy.deepcopy(_find(gateway, context, request))


def get_domain_names(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return the caller's names."""
    names = gateway.place(context).domain_names.values()
    return listed([copy.deepcopy(one) for one in names], "domainName", request)


def update_domain_name(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Change a name by patch operations."""
    domain = _find(gateway, context, request)
    changed = copy.deepcopy(domain)
    for operation in request.get("patchOperations", ()):
        if operation.get("path") == _TYPES:
            _change_type(changed["endpointConfiguration"], operation)
        else:
            _CHANGES.apply(changed, [operation])
    if not changed["endpointConfiguration"]["types"]:
        raise bad_request("A domain name must have at least one endpoint type")
    if not changed.get(_MUTUAL_TLS, {}).get("truststoreUri", ""):  # so it is switched off
        changed.pop(_MUTUAL_TLS, None)
    _give_targets(gateway, context, changed)
    domain.clear()
    domain.update(changed)
    return copy.deepcopy(domain)


def _change_type(endpoint: Described, operation: dict[str, str]) -> None:
    """Add an endpoint type or remove one: a name has both while it is moved (developer guide)."""
    kind, types = operation.get("value", ""), endpoint["types"]
    if operation["op"] == "remove":
        endpoint["types"] = [one for one in types if one != kind]
    elif operation["op"] == "add" and kind in ("EDGE", "REGIONAL"):
        endpoint["types"] = [one for one in types if one != kind] + [kind]
    else:
        raise bad_request("Invalid patch operation specified. Must be 'add'|'remove'")


def _give_targets(gateway: ApiGatewayState, context: CallContext, domain: Described) -> None:
    """Give a name the address that each of its endpoint types has, and no other."""
    is_edge = "EDGE" in domain["endpointConfiguration"]["types"]
    is_regional = domain["endpointConfiguration"]["types"] != ["EDGE"]
    if not is_regional:
        domain.pop("regionalDomainName", None)
        domain.pop("regionalHostedZoneId", None)
    elif "regionalDomainName" not in domain:
        target = f"d-{gateway.new_id(10)}.execute-api.{context.region}.amazonaws.com"
        domain |= {"regionalDomainName": target, "regionalHostedZoneId": _REGIONAL_ZONE}
    if not is_edge:
        domain.pop("distributionDomainName", None)
        domain.pop("distributionHostedZoneId", None)
    elif "distributionDomainName" not in domain:
        distribution = f"d{gateway.new_id(13)}.cloudfront.net"
        domain |= {"distributionDomainName": distribution, "distributionHostedZoneId": _EDGE_ZONE}


def delete_domain_name(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Give a name back, with its mappings."""
    domain = _find(gateway, context, request)
    place = gateway.place(context)
    del place.domain_names[domain["domainName"]]
    place.base_path_mappings.pop(domain["domainName"], None)
    return {}


def create_base_path_mapping(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Serve an API below a path of a name."""
    domain = _find(gateway, context, request)
    api = gateway.find_api_or_none(request["restApiId"], context)
    if api is None:
        raise bad_request("Invalid REST API identifier specified")
    if request.get("stage") and request["stage"] not in api.stages:
        raise bad_request("Invalid stage identifier specified")
    base = request.get("basePath") or ROOT
    mappings = gateway.place(context).base_path_mappings.setdefault(domain["domainName"], {})
    if base in mappings:
        raise conflict("Base path already exists for this domain name")
    mapping: Described = {"basePath": base, "restApiId": api.id}
    if request.get("stage"):
        mapping["stage"] = request["stage"]
    mappings[base] = mapping
    return dict(mapping)


def get_base_path_mapping(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Return what one path of a name serves."""
    return dict(_find_mapping(gateway, context, request))


def get_base_path_mappings(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Return what a name serves."""
    domain = _find(gateway, context, request)
    mappings = gateway.place(context).base_path_mappings.get(domain["domainName"], {})
    return listed([dict(one) for one in mappings.values()], "basePath", request)


def update_base_path_mapping(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Change what a path serves, or the path."""
    mapping = _find_mapping(gateway, context, request)
    changed = dict(mapping)
    _MAPPING_CHANGES.apply(changed, request.get("patchOperations", []))
    changed["restApiId"] = changed.pop("restapiId", changed["restApiId"])
    if gateway.find_api_or_none(changed["restApiId"], context) is None:
        raise bad_request("Invalid REST API identifier specified")
    changed["basePath"] = changed["basePath"] or ROOT
    mappings = gateway.place(context).base_path_mappings[request["domainName"]]
    del mappings[mapping["basePath"]]
    mappings[changed["basePath"]] = changed
    return dict(changed)


def delete_base_path_mapping(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Serve nothing below a path of a name any more."""
    mapping = _find_mapping(gateway, context, request)
    del gateway.place(context).base_path_mappings[request["domainName"]][mapping["basePath"]]
    return {}


def _find(gateway: ApiGatewayState, context: CallContext, request: Request) -> Described:
    found = gateway.place(context).domain_names.get(request["domainName"])
    if found is None:
        raise not_found("Invalid domain name identifier specified")
    return found


def _find_mapping(gateway: ApiGatewayState, context: CallContext, request: Request) -> Described:
    domain = _find(gateway, context, request)
    mappings = gateway.place(context).base_path_mappings.get(domain["domainName"], {})
    found = mappings.get(request["basePath"] or ROOT)
    if found is None:
        raise not_found("Invalid base path mapping identifier specified")
    return found

"""VPC links: kept and told, nothing is linked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.apigateway.errors import bad_request, invalid_identifier
from chalice_offline.services.apigateway.pages import listed
from chalice_offline.services.apigateway.patches import Change, Patchable

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import Described
    from chalice_offline.services.apigateway.state import ApiGatewayState

_CHANGES = Patchable({"/name": Change(), "/description": Change()})


def create_vpc_link(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Make a link; it is available at once."""
    if not request["name"]:
        raise bad_request("Name cannot be empty")
    for arn in request["targetArns"]:
        if not arn.startswith("arn:"):
            raise bad_request(f"Invalid ARN. ARN is not well formed {arn}")
    link: Described = {
        "id": gateway.new_id(),
        "name": request["name"],
        "targetArns": request["targetArns"],
    }
    link |= {key: request[key] for key in ("description", "tags") if request.get(key)}
    gateway.place(context).vpc_links[link["id"]] = link
    return link | {"status": "PENDING"}


def get_vpc_link(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return one link."""
    return _shown(_find(gateway, context, request)) | {"tags": {}}


def get_vpc_links(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return the caller's links."""
    links = gateway.place(context).vpc_links.values()
    return listed([_shown(link) for link in links], "id", request)


def update_vpc_link(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Change a link by patch operations."""
    link = _find(gateway, context, request)
    _CHANGES.change(link, request)
    return _shown(link) | {"tags": {}}


def delete_vpc_link(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Delete a link."""
    link = _find(gateway, context, request)
    del gateway.place(context).vpc_links[link["id"]]
    return {}


def _find(gateway: ApiGatewayState, context: CallContext, request: Request) -> Described:
    found = gateway.place(context).vpc_links.get(request["vpcLinkId"])
    if found is None:
        raise invalid_identifier("Vpc Link")
    return found


def _shown(link: Described) -> Described:
    return link | {"status": "AVAILABLE", "statusMessage": "Your vpc link is ready for use"}

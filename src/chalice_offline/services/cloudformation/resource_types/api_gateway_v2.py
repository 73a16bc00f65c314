"""API Gateway's HTTP and WebSocket APIs. Properties: AWS::ApiGatewayV2, template reference."""

from __future__ import annotations

import json
from typing import Any

from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    ResourceType,
    gone_tags,
    only,
    tags_of,
)
from chalice_offline.services.cloudformation.resource_types.by_calls import (
    by_calls,
    keyed,
    replied,
)

_SERVICE = "apigatewayv2"

# ---- APIs ----------------------------------------------------------------------------------------

_DOCUMENT = ("Body", "BodyS3Location", "FailOnWarnings", "BasePath")
_SETTINGS = (
    "Name", "Description", "Version", "CorsConfiguration", "CredentialsArn", "RouteKey", "Target",
    "ApiKeySelectionExpression", "RouteSelectionExpression", "DisableExecuteApiEndpoint",
    "DisableSchemaValidation", "IpAddressType",
)  # fmt: skip


def _create_api(place: Place, _name: str, properties: Properties) -> Resource:
    if (document := _document(place, properties)) is not None:
        made = place.call(_SERVICE, "ImportApi", document)
    else:
        request = only(properties, *_SETTINGS, "ProtocolType")
        if tags := tags_of(properties):
            request["Tags"] = tags
        made = place.call(_SERVICE, "CreateApi", request)
    return Resource(made["ApiId"], {"ApiId": made["ApiId"], "ApiEndpoint": made["ApiEndpoint"]})


def _document(place: Place, properties: Properties) -> dict[str, Any] | None:
    """Return the request for an API that is described by a document; None for all others."""
    body = properties.get("Body")
    if "BodyS3Location" in properties:
        location = only(properties["BodyS3Location"], "Bucket", "Key")
        body = place.call("s3", "GetObject", location)["Body"]
    if body is None:
        return None
    text = body if isinstance(body, bytes | str) else json.dumps(body)
    request: dict[str, Any] = {"Body": text.decode() if isinstance(text, bytes) else text}
    if "BasePath" in properties:
        request["Basepath"] = properties["BasePath"]
    return request | only(properties, "FailOnWarnings")


def _complete_api(place: Place, api: Resource, properties: Properties) -> None:
    """Set what a document does not say, or says otherwise."""
    if any(name in properties for name in _DOCUMENT):
        _set(place, api, {}, properties)


def _update_api(place: Place, api: Resource, before: Properties, after: Properties) -> None:
    if only(before, *_DOCUMENT) != only(after, *_DOCUMENT):
        document = _document(place, after)
        if document is not None:
            place.call(_SERVICE, "ReimportApi", {"ApiId": api.reference, **document})
    if "CorsConfiguration" in before and "CorsConfiguration" not in after:
        place.call(_SERVICE, "DeleteCorsConfiguration", {"ApiId": api.reference})
    _set(place, api, before, after)


def _set(place: Place, api: Resource, before: Properties, after: Properties) -> None:
    if settings := only(after, *_SETTINGS):
        place.call(_SERVICE, "UpdateApi", {"ApiId": api.reference, **settings})
    _retag(place, f"/apis/{api.reference}", before, after)


def _retag(place: Place, path: str, before: Properties, after: Properties) -> None:
    arn = f"arn:{place.partition}:apigateway:{place.region}::{path}"
    if gone := gone_tags(before, after):
        place.call(_SERVICE, "UntagResource", {"ResourceArn": arn, "TagKeys": gone})
    if tags := tags_of(after):
        place.call(_SERVICE, "TagResource", {"ResourceArn": arn, "Tags": tags})


# ---- what an API has -----------------------------------------------------------------------------


def _part(kind: str, *parents: str, fixed: tuple[str, ...] = ()) -> ResourceType:
    """Return the type of what an API has several of; `parents` besides the API name it, too."""
    identity = f"{kind}Id"
    return by_calls(
        _SERVICE,
        f"Create{kind}",
        replied(identity, **{identity: identity}),
        key=keyed(identity, "ApiId", *parents),
        update=f"Update{kind}",
        delete=f"Delete{kind}",
        fixed=("ApiId", *parents, *fixed),
    )


def _retag_stage(place: Place, stage: Resource, before: Properties, after: Properties) -> None:
    _retag(place, f"/apis/{after['ApiId']}/stages/{stage.reference}", before, after)


def _retag_name(place: Place, name: Resource, before: Properties, after: Properties) -> None:
    _retag(place, f"/domainnames/{name.reference}", before, after)


def _retag_link(place: Place, link: Resource, before: Properties, after: Properties) -> None:
    _retag(place, f"/vpclinks/{link.reference}", before, after)


TYPES = {
    "AWS::ApiGatewayV2::Api": ResourceType(
        _create_api,
        lambda place, api, _: place.call(_SERVICE, "DeleteApi", {"ApiId": api.reference}),
        complete=_complete_api,
        update=_update_api,
        fixed=("ProtocolType",),
    ),
    "AWS::ApiGatewayV2::Route": _part("Route"),
    "AWS::ApiGatewayV2::RouteResponse": _part("RouteResponse", "RouteId"),
    "AWS::ApiGatewayV2::Integration": _part("Integration"),
    "AWS::ApiGatewayV2::IntegrationResponse": _part("IntegrationResponse", "IntegrationId"),
    "AWS::ApiGatewayV2::Authorizer": _part("Authorizer"),
    "AWS::ApiGatewayV2::Model": _part("Model"),
    "AWS::ApiGatewayV2::Deployment": _part("Deployment", fixed=("StageName",)),
    "AWS::ApiGatewayV2::Stage": by_calls(
        _SERVICE,
        "CreateStage",
        replied("StageName"),
        key=keyed("StageName", "ApiId"),
        update="UpdateStage",
        delete="DeleteStage",
        change=_retag_stage,
        fixed=("ApiId", "StageName"),
        tags="map",
    ),
    "AWS::ApiGatewayV2::DomainName": by_calls(
        _SERVICE,
        "CreateDomainName",
        replied(
            "DomainName",
            RegionalDomainName="DomainNameConfigurations.0.ApiGatewayDomainName",
            RegionalHostedZoneId="DomainNameConfigurations.0.HostedZoneId",
        ),
        key=keyed("DomainName"),
        update="UpdateDomainName",
        delete="DeleteDomainName",
        change=_retag_name,
        fixed=("DomainName",),
        tags="map",
    ),
    "AWS::ApiGatewayV2::ApiMapping": by_calls(
        _SERVICE,
        "CreateApiMapping",
        replied("ApiMappingId", ApiMappingId="ApiMappingId"),
        key=keyed("ApiMappingId", "ApiId", "DomainName"),
        update="UpdateApiMapping",
        delete="DeleteApiMapping",
        fixed=("DomainName",),
    ),
    "AWS::ApiGatewayV2::VpcLink": by_calls(
        _SERVICE,
        "CreateVpcLink",
        replied("VpcLinkId", VpcLinkId="VpcLinkId"),
        key=keyed("VpcLinkId"),
        update="UpdateVpcLink",
        delete="DeleteVpcLink",
        change=_retag_link,
        fixed=("SecurityGroupIds", "SubnetIds"),
        tags="map",
    ),
}

"""What a REST API has for its callers: authorizers, validators, domain names and their paths.

Properties: AWS::ApiGateway, template reference. All of it is changed in place, where its
documentation says so.
"""

from __future__ import annotations

from typing import Any

from chalice_offline.services.cloudformation.resource_types import api_gateway_patches as patches
from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    ResourceType,
    only,
    tags_of,
)
from chalice_offline.services.cloudformation.resource_types.by_calls import (
    by_calls,
    keyed,
    named,
    replied,
    retagged,
)


def retag(place: Place, path: str, before: Properties, after: Properties) -> None:
    """Set the tags of what stands at a path of API Gateway's ("apikeys/ID")."""
    arn = f"arn:{place.partition}:apigateway:{place.region}::/{path}"
    retagged(place, "apigateway", {"resourceArn": arn}, before, after, how="map")


# Source: "Patch operations", API Gateway API reference.
_AUTHORIZER = {
    "AuthType": "/authType",
    "AuthorizerCredentials": "/authorizerCredentials",
    "AuthorizerUri": "/authorizerUri",
    "IdentitySource": "/identitySource",
    "IdentityValidationExpression": "/identityValidationExpression",
    "Name": "/name",
    "Type": "/type",
}
_VALIDATOR = {
    "ValidateRequestBody": "/validateRequestBody",
    "ValidateRequestParameters": "/validateRequestParameters",
}
_DOMAIN_NAME = {
    "CertificateArn": "/certificateArn",
    "EndpointAccessMode": "/endpointAccessMode",
    "OwnershipVerificationCertificateArn": "/ownershipVerificationCertificateArn",
    "RegionalCertificateArn": "/regionalCertificateArn",
}
_TRUSTSTORE = {
    "TruststoreUri": "/mutualTlsAuthentication/truststoreUri",
    "TruststoreVersion": "/mutualTlsAuthentication/truststoreVersion",
}
_AUTHORIZER_TTL_SECONDS = 300  # what CreateAuthorizer takes if nothing is said


def _update_authorizer(
    place: Place, authorizer: Resource, before: Properties, after: Properties
) -> None:
    """Change an authorizer in place: methods that name it go on to do so."""
    changes = patches.replaced(before, after, _AUTHORIZER)
    ttl = {"AuthorizerResultTtlInSeconds": _AUTHORIZER_TTL_SECONDS}
    paths = {"AuthorizerResultTtlInSeconds": "/authorizerResultTtlInSeconds"}
    changes += patches.replaced(ttl | before, ttl | after, paths)
    arns = before.get("ProviderARNs", []), after.get("ProviderARNs", [])
    changes += patches.values("/providerARNs", *arns)
    if changes:
        request = {"authorizerId": authorizer.reference, "patchOperations": changes}
        place.call("apigateway", "UpdateAuthorizer", request | only(after, "RestApiId"))


def _update_validator(
    place: Place, validator: Resource, before: Properties, after: Properties
) -> None:
    off = dict.fromkeys(_VALIDATOR, False)
    changes = patches.replaced(off | before, off | after, _VALIDATOR)
    if changes:
        request = {"requestValidatorId": validator.reference, "patchOperations": changes}
        place.call("apigateway", "UpdateRequestValidator", request | only(after, "RestApiId"))


def _update_mapping(place: Place, mapping: Resource, before: Properties, after: Properties) -> None:
    changes = patches.replaced(before, after, {"RestApiId": "/restapiId", "Stage": "/stage"})
    request = _mapping_key(mapping, after) | {"patchOperations": changes}
    place.call("apigateway", "UpdateBasePathMapping", request)


def _mapping_key(_mapping: Resource, properties: Properties) -> dict[str, Any]:
    return only(properties, "DomainName") | {"basePath": properties.get("BasePath") or "(none)"}


def _update_domain_name(
    place: Place, name: Resource, before: Properties, after: Properties
) -> Resource:
    """Change a domain name in place: it is reached all the while, and keeps its mappings."""
    changes = patches.replaced(before, after, _DOMAIN_NAME)
    for prop, value in (("SecurityPolicy", "TLS_1_2"), ("RoutingMode", "BASE_PATH_MAPPING_ONLY")):
        usual, path = {prop: value}, f"/{prop[0].lower()}{prop[1:]}"
        changes += patches.replaced(usual | before, usual | after, {prop: path})
    tls = before.get("MutualTlsAuthentication", {}), after.get("MutualTlsAuthentication", {})
    changes += patches.replaced(*tls, _TRUSTSTORE)
    types = [one.get("EndpointConfiguration", {}).get("Types", ["EDGE"]) for one in (before, after)]
    changes += patches.values("/endpointConfiguration/types", *types)
    request = {"domainName": name.reference}
    if changes:
        place.call("apigateway", "UpdateDomainName", request | {"patchOperations": changes})
    retag(place, f"domainnames/{name.reference}", before, after)
    described = place.call("apigateway", "GetDomainName", request)
    return _described_name(place, name.reference, after, described)


_described_name = replied(
    "domainName",
    DistributionDomainName="distributionDomainName",
    DistributionHostedZoneId="distributionHostedZoneId",
    RegionalDomainName="regionalDomainName",
    RegionalHostedZoneId="regionalHostedZoneId",
)


def _create_domain_name(place: Place, name: str, properties: Properties) -> Resource:
    request = properties | {"tags": tags_of(properties)}
    request.pop("Tags", None)
    made = place.call("apigateway", "CreateDomainName", request)
    return _described_name(place, name, properties, made)


TYPES = {
    "AWS::ApiGateway::Authorizer": by_calls(
        "apigateway",
        "CreateAuthorizer",
        replied("id", AuthorizerId="id"),
        key=keyed("authorizerId", "RestApiId"),
        delete="DeleteAuthorizer",
        change=_update_authorizer,
        fixed=("RestApiId",),
    ),
    "AWS::ApiGateway::RequestValidator": by_calls(
        "apigateway",
        "CreateRequestValidator",
        replied("id", RequestValidatorId="id"),
        key=keyed("requestValidatorId", "RestApiId"),
        delete="DeleteRequestValidator",
        change=_update_validator,
        fixed=("RestApiId", "Name"),
    ),
    "AWS::ApiGateway::DomainName": ResourceType(
        _create_domain_name,
        lambda place, name, _: place.call(
            "apigateway", "DeleteDomainName", {"domainName": name.reference}
        ),
        update=_update_domain_name,
        fixed=("DomainName",),
    ),
    "AWS::ApiGateway::BasePathMapping": by_calls(
        "apigateway",
        "CreateBasePathMapping",
        named(),
        key=_mapping_key,
        delete="DeleteBasePathMapping",
        change=_update_mapping,
        fixed=("DomainName", "BasePath"),
    ),
}

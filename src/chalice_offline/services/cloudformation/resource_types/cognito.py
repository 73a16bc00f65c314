"""Cognito: user pools with clients, domains, groups; identity pools. Properties: AWS::Cognito."""

from __future__ import annotations

from typing import Any

from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    tags_of,
)
from chalice_offline.services.cloudformation.resource_types.by_calls import (
    by_calls,
    keyed,
    named,
    replied,
)


def _pool(place: Place, _name: str, _properties: Properties, reply: dict[str, Any]) -> Resource:
    pool = reply["UserPool"]
    provider = f"cognito-idp.{place.region}.amazonaws.com/{pool['Id']}"
    attributes = {
        "Arn": pool["Arn"],
        "ProviderName": provider,
        "ProviderURL": f"https://{provider}",
        "UserPoolId": pool["Id"],
    }
    return Resource(pool["Id"], attributes)


def _client(_place: Place, _name: str, _properties: Properties, reply: dict[str, Any]) -> Resource:
    client = reply["UserPoolClient"]
    attributes = {"ClientId": client["ClientId"], "Name": client.get("ClientName", "")}
    attributes["ClientSecret"] = client.get("ClientSecret", "")
    return Resource(client["ClientId"], attributes)


def _domain(_place: Place, _name: str, properties: Properties, _reply: Any) -> Resource:
    return Resource(properties["Domain"], {"CloudFrontDistribution": ""})


TYPES = {
    "AWS::Cognito::UserPool": by_calls(
        "cognito-idp",
        "CreateUserPool",
        _pool,
        name="UserPoolName",
        key=keyed("UserPoolId"),
        delete="DeleteUserPool",
        update="UpdateUserPool",
        spelled={"UserPoolName": "PoolName", "Schema": "Schema"},
        finished=("EnabledMfas",),
        finish=lambda _place, _pool, _properties: None,
        fixed=("AliasAttributes", "UsernameAttributes", "UsernameConfiguration"),
        longest=128,
    ),
    "AWS::Cognito::UserPoolClient": by_calls(
        "cognito-idp",
        "CreateUserPoolClient",
        _client,
        name="ClientName",
        key=keyed("ClientId", "UserPoolId"),
        delete="DeleteUserPoolClient",
        update="UpdateUserPoolClient",
        fixed=("UserPoolId", "GenerateSecret"),
        longest=128,
    ),
    "AWS::Cognito::UserPoolDomain": by_calls(
        "cognito-idp",
        "CreateUserPoolDomain",
        _domain,
        key=keyed("Domain", "UserPoolId"),
        delete="DeleteUserPoolDomain",
    ),
    "AWS::Cognito::UserPoolGroup": by_calls(
        "cognito-idp",
        "CreateGroup",
        named(),
        name="GroupName",
        key=keyed("GroupName", "UserPoolId"),
        delete="DeleteGroup",
        update="UpdateGroup",
        fixed=("UserPoolId",),
        longest=128,
    ),
    "AWS::Cognito::UserPoolResourceServer": by_calls(
        "cognito-idp",
        "CreateResourceServer",
        replied("ResourceServer.Identifier"),
        key=keyed("Identifier", "UserPoolId"),
        delete="DeleteResourceServer",
        update="UpdateResourceServer",
        fixed=("UserPoolId", "Identifier"),
    ),
    "AWS::Cognito::IdentityPool": by_calls(
        "cognito-identity",
        "CreateIdentityPool",
        replied("IdentityPoolId", Name="IdentityPoolName"),
        name="IdentityPoolName",
        key=lambda pool, properties: {
            "IdentityPoolId": pool.reference,
            "IdentityPoolName": properties.get("IdentityPoolName", "pool"),
        },
        delete="DeleteIdentityPool",
        update="UpdateIdentityPool",
        finished=("CognitoEvents", "CognitoStreams", "PushSync"),
        shaped={"IdentityPoolTags": lambda listed: tags_of({"Tags": listed})},
        finish=lambda _place, _pool, _properties: None,
        longest=128,
    ),
    "AWS::Cognito::IdentityPoolRoleAttachment": by_calls(
        "cognito-identity",
        "SetIdentityPoolRoles",
        lambda _place, _name, properties, _reply: Resource(properties["IdentityPoolId"]),
        key=keyed("IdentityPoolId"),
        update="SetIdentityPoolRoles",
        fixed=("IdentityPoolId",),
    ),
}

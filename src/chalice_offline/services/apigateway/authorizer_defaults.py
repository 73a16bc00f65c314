"""Authorizers as a security scheme of an OpenAPI document declares them."""

from __future__ import annotations

from typing import Any

from chalice_offline.services.apigateway import limits

_EXT = "x-amazon-apigateway-"
_TYPES = {"token": "TOKEN", "request": "REQUEST", "cognito_user_pools": "COGNITO_USER_POOLS"}
_KEPT = (
    "authorizerUri",
    "authorizerCredentials",
    "identityValidationExpression",
    "providerARNs",
)


def authorizer_of(name: str, scheme: dict[str, Any]) -> dict[str, Any] | None:
    """Return the authorizer of a security scheme without its id; None for one that has none."""
    said = scheme.get(f"{_EXT}authorizer")
    if not said:
        return None
    kind = _TYPES.get(str(said.get("type", "")).lower(), "TOKEN")
    authorizer: dict[str, Any] = {
        "name": name,
        "type": kind,
        "authType": scheme.get(f"{_EXT}authtype") or "custom",
    }
    authorizer |= {key: said[key] for key in _KEPT if said.get(key)}
    source = said.get("identitySource")
    if source is None and scheme.get("in") == "header" and kind != "REQUEST":
        source = f"method.request.header.{scheme['name']}"
    if source is not None:
        authorizer["identitySource"] = source
    ttl = said.get("authorizerResultTtlInSeconds")
    if ttl is not None:
        authorizer["authorizerResultTtlInSeconds"] = int(ttl)
    elif kind != "COGNITO_USER_POOLS":
        authorizer["authorizerResultTtlInSeconds"] = limits.AUTHORIZER_TTL_SECONDS
    return authorizer

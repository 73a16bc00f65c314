"""The secret side of a connection: its SecretString, and what may be shown of it."""

from __future__ import annotations

import json
import re
from typing import Any

_WORD_END = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Members whose values DescribeConnection never shows.
_HIDDEN = frozenset({"Password", "ApiKeyValue", "ClientSecret"})


def secret_text(authorization_type: str, parameters: dict[str, Any]) -> str:
    """Return the SecretString of a connection.

    Recorded for each type: {"username", "password"}, {"api_key_name", "api_key_value"},
    {"client_id", "client_secret", "authorization_endpoint", "http_method"}; then
    "invocation_http_parameters" when given.
    """
    secret: dict[str, Any] = {}
    if authorization_type == "BASIC":
        secret.update(_snake_case(parameters["BasicAuthParameters"]))
    elif authorization_type == "API_KEY":
        secret.update(_snake_case(parameters["ApiKeyAuthParameters"]))
    else:
        oauth = dict(parameters["OAuthParameters"])
        client = oauth.pop("ClientParameters", {})
        secret["client_id"] = client.get("ClientID")
        secret["client_secret"] = client.get("ClientSecret")
        secret.update(_snake_case(oauth))
    if "InvocationHttpParameters" in parameters:
        secret["invocation_http_parameters"] = _snake_case(parameters["InvocationHttpParameters"])
    return json.dumps(secret)


def visible(parameters: Any) -> Any:
    """Return parameters as DescribeConnection shows them: without what is secret."""
    if isinstance(parameters, list):
        return [visible(item) for item in parameters]
    if not isinstance(parameters, dict):
        return parameters
    shown = {name: visible(value) for name, value in parameters.items() if name not in _HIDDEN}
    if "Key" in parameters and parameters.get("IsValueSecret", True):
        shown.pop("Value", None)
        shown["IsValueSecret"] = True
    return shown


def _snake_case(value: Any) -> Any:
    if isinstance(value, list):
        return [_snake_case(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {_WORD_END.sub("_", name).lower(): _snake_case(item) for name, item in value.items()}

"""What an OpenAPI document tells about an API's parts, as documentation parts.

Source: AWS, "Documentation for REST APIs" (one part for one location; an import in the mode "merge"
replaces what a part of the same location has) and Chalice's own tests against AWS, which read a
handler's docstring back as the documentation of its method.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalice_offline.services.apigateway.rest_api import Described, RestApi
    from chalice_offline.services.apigateway.state import ApiGatewayState

_WITHOUT_PATH = ("API", "AUTHORIZER", "MODEL")
_OF_METHOD = ("tags", "summary", "description")
_PARAMETERS = {
    "path": "PATH_PARAMETER",
    "query": "QUERY_PARAMETER",
    "header": "REQUEST_HEADER",
    "body": "REQUEST_BODY",
}


def keep_part(
    gateway: ApiGatewayState,
    api: RestApi,
    location: Mapping[str, Any],
    properties: Mapping[str, Any],
) -> str:
    """Document one location of an API and return the part's id; what it had before is replaced."""
    place = dict(location)
    if place.get("type") not in _WITHOUT_PATH:
        place.setdefault("path", "/")
    known = next(
        (one for one in api.documentation_parts.values() if one["location"] == place), None
    )
    part: Described = known or {"id": gateway.new_id(), "location": place}
    part["properties"] = json.dumps(properties)
    api.documentation_parts[part["id"]] = part
    return str(part["id"])


def of_info(info: Mapping[str, Any]) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """Yield where and what a document's head tells of its API."""
    if info.get("description"):
        yield {"type": "API"}, {"info": {"description": info["description"]}}


def of_operation(
    path: str,
    method: str,
    operation: Mapping[str, Any],
    parameters: list[dict[str, Any]],
    responses: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """Yield where and what is told of a method, its parameters and its responses."""
    place = {"path": path, "method": method}
    told = {key: operation[key] for key in _OF_METHOD if operation.get(key)}
    if told:
        yield {"type": "METHOD", **place}, told
    for parameter in parameters:
        kind = _PARAMETERS.get(parameter.get("in", ""))
        if kind and parameter.get("description"):
            name = {} if kind == "REQUEST_BODY" else {"name": parameter["name"]}
            yield {"type": kind, **place, **name}, {"description": parameter["description"]}
    for status, response in responses.items():
        if response.get("description"):
            where = {"type": "RESPONSE", **place, "statusCode": status}
            yield where, {"description": response["description"]}

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

    from chalice_offline.services.apigateway.rest_api import Described
    from chalice_offline.services.apigateway.state import ApiGatewayState

Location = dict[str, str]
_WITHOUT_PATH = ("API", "AUTHORIZER", "MODEL")
_OF_METHOD = ("tags", "summary", "description")
_PARAMETERS = {
    "path": "PATH_PARAMETER",
    "query": "QUERY_PARAMETER",
    "header": "REQUEST_HEADER",
    "body": "REQUEST_BODY",
}
# Source: API Gateway's API reference, "DocumentationPartLocation".
_LOCATION_TYPES = (
    *_WITHOUT_PATH,
    *_PARAMETERS.values(),
    "METHOD",
    "RESOURCE",
    "RESPONSE",
    "RESPONSE_BODY",
    "RESPONSE_HEADER",
)


class DocumentationParts:
    """The documentation parts of an API while a document is taken over: one for each location."""

    def __init__(self, gateway: ApiGatewayState, parts: dict[str, Described]) -> None:
        """Take the parts that there are, by id; what is kept is added to them."""
        self._gateway = gateway
        self._parts = parts
        self._by_location = {_key(one["location"]): one for one in parts.values()}

    def keep(self, location: Location, properties: Any) -> str:
        """Document one location and return its part's id; what it had before is replaced."""
        place = dict(location)
        if place["type"] not in _WITHOUT_PATH:
            place.setdefault("path", "/")
        part = self._by_location.get(_key(place))
        if part is None:
            part = {"id": self._gateway.new_id(), "location": place}
            self._by_location[_key(place)] = self._parts[part["id"]] = part
        part["properties"] = json.dumps(properties)
        return str(part["id"])


def _key(location: Location) -> frozenset[tuple[str, str]]:
    return frozenset(location.items())


def parts_of(documented: Any) -> list[tuple[Location, Any]]:
    """Return where and what the parts are that a document has as such, under `documentationParts`.

    Raises ValueError for what is no part, and says which one it is.
    """
    found = documented.get("documentationParts") or [] if isinstance(documented, dict) else None
    if not isinstance(found, list):
        raise ValueError("documentationParts must be a list")
    return [_part(one, f"documentationParts[{number}]") for number, one in enumerate(found)]


def _part(found: Any, where: str) -> tuple[Location, Any]:
    location = found.get("location") if isinstance(found, dict) else None
    if not isinstance(location, dict) or location.get("type") not in _LOCATION_TYPES:
        raise ValueError(f"{where}: its location needs a type, one of {sorted(_LOCATION_TYPES)}")
    for key, value in location.items():
        if not isinstance(value, str | int | None):
            raise ValueError(f"{where}: {key} of its location must be a text")
    if "properties" not in found:
        raise ValueError(f"{where}: it needs properties")
    # A status code is written as a number, too.
    place = {key: str(value) for key, value in location.items() if value is not None}
    return place, found["properties"]


def of_info(info: Mapping[str, Any]) -> Iterator[tuple[Location, dict[str, Any]]]:
    """Yield where and what a document's head tells of its API."""
    if info.get("description"):
        yield {"type": "API"}, {"info": {"description": info["description"]}}


def of_operation(
    path: str,
    method: str,
    operation: Mapping[str, Any],
    parameters: list[dict[str, Any]],
    responses: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[Location, dict[str, Any]]]:
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

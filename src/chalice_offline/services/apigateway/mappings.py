"""Parameter mappings: where header fields, path and query of a request to a backend come from.

Source: AWS, "API Gateway API request and response data mapping reference".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from chalice_offline.services.apigateway.template_variables import context_variables
from chalice_offline.services.common import json_path

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.exchange import Exchange

_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


def request_value(exchange: Exchange, expression: str) -> list[str]:
    """Return what a request mapping expression stands for; [] for nothing."""
    if expression.startswith("'"):
        return [expression[1:-1]]
    kind, _, rest = expression.partition(".")
    if kind == "method" and rest.startswith("request."):
        return _of_request(exchange, rest.removeprefix("request."))
    if kind == "context":
        return _texts(json_path.find(context_variables(exchange), f"$.{rest}"))
    if kind == "stageVariables":
        return _texts(exchange.variables.get(rest))
    return []


def response_value(
    exchange: Exchange, expression: str, headers: dict[str, list[str]], body: str
) -> list[str]:
    """Return what a response mapping expression stands for; header names are in lower case."""
    if expression.startswith("'"):
        return [expression[1:-1]]
    kind, _, rest = expression.partition(".")
    if kind != "integration":
        return request_value(exchange, expression)
    _, _, what = rest.partition("response.")
    place, _, name = what.partition(".")
    if place == "header":
        return headers.get(name.lower(), [])[-1:]
    if place == "multivalueheader":
        return headers.get(name.lower(), [])
    if place.startswith("body"):
        try:
            document = json.loads(body)
        except ValueError:
            return []
        return _texts(json_path.find(document, name) if name else document)
    return []


def with_stage_variables(text: str, variables: dict[str, str]) -> str:
    """Return a text with ${stageVariables.name} put in; what is not set is empty (recorded)."""
    if "${stageVariables." not in text:
        return text
    return _STAGE_VARIABLE.sub(lambda found: variables.get(found[1], ""), text)


def _of_request(exchange: Exchange, what: str) -> list[str]:
    place, _, name = what.partition(".")
    if place == "body":
        document = exchange.json_body()
        if not name:
            return _texts(exchange.text())
        return _texts(json_path.find(document, name))
    if place == "path":
        value = exchange.path_parameters.get(name)
        return [] if value is None else [unquote(value)]
    if place in ("querystring", "multivaluequerystring"):
        values = exchange.query.get(name, [])
        return values if place.startswith("multi") else values[-1:]
    lower = name.lower()
    values = [v for one, vs in exchange.headers.items() if one.lower() == lower for v in vs]
    return values if place.startswith("multi") else values[-1:]


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bool | dict | list):
        return [json.dumps(value, separators=(",", ":"))]
    return [str(value)]

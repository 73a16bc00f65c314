"""What integrations of WebSocket APIs are sent, and what of their answers goes on: no proxies.

Source: AWS, "Set up data mapping for WebSocket APIs", "WebSocket API mapping template reference",
"Overview of integration responses".
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.services.common import json_path
from chalice_offline.services.common.template_tools import UTIL, input_tool
from chalice_offline.services.common.velocity import TemplateError, render

if TYPE_CHECKING:
    from chalice_offline.services.apigatewayv2.api import ById, Described

_DEFAULT = "$default"
_SELECTED = re.compile(r"\$\{(?:integration\.)?(?:request|response)\.([\w.]+)\}")


class NoMappingError(ValueError):
    """No template fits where one must, or the one that fits cannot be rendered."""


@dataclass(slots=True)
class MappedRequest:
    """What an integration is sent."""

    body: str
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    path: dict[str, str] = field(default_factory=dict)


def mapped_request(
    event: dict[str, Any], integration: Described, variables: dict[str, str]
) -> MappedRequest:
    """Return what an integration gets of an event; raises NoMappingError."""
    told = _text_of(event)
    request = MappedRequest(_request_body(event, integration, told, variables))
    places = {"header": request.headers, "querystring": request.query, "path": request.path}
    for target, expression in (integration.get("RequestParameters") or {}).items():
        _, _, place = target.partition("integration.request.")
        kind, _, name = place.partition(".")
        value = _value(event, told, variables, expression)
        if kind in places and value is not None:
            places[kind][name] = value
    return request


def mapped_reply(
    event: dict[str, Any],
    responses: ById,
    status: int,
    body: str,
    variables: dict[str, str],
) -> str:
    """Return what a route response carries of an answer; raises NoMappingError."""
    response = _chosen(responses, str(status))
    templates = (response or {}).get("ResponseTemplates") or {}
    if response is None or not templates:
        return body
    selection = str(response.get("TemplateSelectionExpression", _DEFAULT))
    template = templates.get(_selected(selection, body, status), templates.get(_DEFAULT))
    return body if template is None else _rendered(template, event, body, variables)


def _chosen(responses: ById, status: str) -> Described | None:
    by_key = {one["IntegrationResponseKey"]: one for one in responses.values()}
    for key, response in by_key.items():
        if key.startswith("/") and key.endswith("/") and re.fullmatch(key[1:-1], status):
            return response
    return by_key.get(_DEFAULT)


def _request_body(
    event: dict[str, Any], integration: Described, told: str, variables: dict[str, str]
) -> str:
    templates = integration.get("RequestTemplates") or {}
    selection = str(integration.get("TemplateSelectionExpression", _DEFAULT))
    template = templates.get(_selected(selection, told, 0), templates.get(_DEFAULT))
    if template is not None:
        return _rendered(template, event, told, variables)
    passes = integration.get("PassthroughBehavior", "WHEN_NO_MATCH")
    if passes == "NEVER" or (passes == "WHEN_NO_TEMPLATES" and templates):
        raise NoMappingError("no template")
    return told


def _selected(selection: str, text: str, status: int) -> str:
    """Return what a template selection expression chooses: a key, or what selects one."""
    found = _SELECTED.fullmatch(selection.strip())
    if found is None:
        return selection.removeprefix("\\")
    what, _, path = found[1].partition(".")
    if what == "statuscode":
        return str(status)
    value = json_path.find(_document(text), path) if what == "body" else None
    return value if isinstance(value, str) else ""


def _rendered(template: str, event: dict[str, Any], body: str, variables: dict[str, str]) -> str:
    known = {
        "input": input_tool(body, lambda name=None: _parameters(event, name)),
        "util": UTIL,
        "context": event["requestContext"],
        "stageVariables": variables,
    }
    try:
        return render(template, known)
    except TemplateError as error:
        raise NoMappingError(str(error)) from error


def _parameters(event: dict[str, Any], name: str | None) -> Any:
    tables = {
        "querystring": event.get("queryStringParameters") or {},
        "header": event.get("headers") or {},
    }
    if name is None:
        return tables
    return next((table[name] for table in tables.values() if name in table), "")


def _value(
    event: dict[str, Any], told: str, variables: dict[str, str], expression: str
) -> str | None:
    """Return what a mapping expression stands for; None when that is nothing."""
    if expression.startswith("'"):
        return expression[1:-1]
    if expression.startswith("context."):
        return _as_text(json_path.find(event["requestContext"], f"$.{expression[8:]}"))
    if expression.startswith("stageVariables."):
        return variables.get(expression.partition(".")[2])
    kind, _, name = expression.removeprefix("route.request.").partition(".")
    if kind == "body":
        return _as_text(json_path.find(_document(told), name)) if name else told
    if kind in ("querystring", "multivaluequerystring"):
        return (event.get("queryStringParameters") or {}).get(name)
    if kind in ("header", "multivalueheader"):
        fields = {key.lower(): value for key, value in (event.get("headers") or {}).items()}
        return fields.get(name.lower())
    return None


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def _document(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _text_of(event: dict[str, Any]) -> str:
    body = str(event.get("body") or "")
    if event.get("isBase64Encoded"):
        return base64.b64decode(body).decode("utf-8", "replace")
    return body

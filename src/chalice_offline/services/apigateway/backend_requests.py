"""What an integration sends: a body out of a template; fields, path and query out of mappings."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from chalice_offline.core.utf8 import utf8
from chalice_offline.services.apigateway import failures
from chalice_offline.services.apigateway.mappings import request_value, with_stage_variables
from chalice_offline.services.apigateway.template_variables import template_variables
from chalice_offline.services.common.velocity import TemplateError, render

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.exchange import Exchange

_JSON = "application/json"


@dataclass(slots=True)
class BackendRequest:
    """A request to an integration's endpoint."""

    uri: str
    headers: dict[str, str]
    query: dict[str, list[str]]
    body: bytes
    path: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The URI with its variables and the query string put in."""
        uri = self.uri
        for name, value in self.path.items():
            for spelled in (f"{{{name}}}", f"{{{name}+}}"):
                uri = uri.replace(spelled, quote(value, safe="/%"))
        pairs = [(name, value) for name, values in self.query.items() for value in values]
        if not pairs:
            return uri
        return f"{uri}{'&' if '?' in uri else '?'}{urlencode(pairs)}"

    @property
    def has_host(self) -> bool:
        """Whether its URI names one."""
        try:
            return bool(urlsplit(self.uri).hostname)
        except ValueError:  # "https://[": what stood for the rest was empty
            return False


def backend_request(exchange: Exchange, *, is_proxy: bool) -> BackendRequest:
    """Return what is sent; a proxy integration passes everything on. Raises GatewayFailure."""
    integration = exchange.taken.integration
    uri = with_stage_variables(integration.get("uri", ""), exchange.variables)
    body = exchange.body if is_proxy else request_body(exchange)
    request = BackendRequest(uri, {}, {}, body)
    if is_proxy:
        passed = {"host", "x-amzn-trace-id", "accept-encoding"}
        for name, values in exchange.headers.items():
            if name.lower() not in passed:
                request.headers[name] = ",".join(values)
        request.query = {name: list(values) for name, values in exchange.query.items()}
        request.path = exchange.decoded_parameters()
    else:
        request.headers["Content-Type"] = exchange.header("content-type") or _JSON
        request.headers["Accept"] = _JSON
    request.headers["X-Amzn-Trace-Id"] = exchange.trace_id
    request.headers.setdefault("User-Agent", f"AmazonAPIGateway_{exchange.api.id}")
    for target, expression in (integration.get("requestParameters") or {}).items():
        _map(exchange, request, target, expression)
    _override(exchange, request)
    return request


def request_body(exchange: Exchange) -> bytes:
    """Return the body that a template makes of the request's, or that is passed through."""
    integration = exchange.taken.integration
    body = _handled(exchange.body, integration.get("contentHandling"), exchange)
    templates = integration.get("requestTemplates") or {}
    content_type = (exchange.header("content-type") or _JSON).partition(";")[0].strip()
    template = templates.get(content_type)
    if template is None:
        behaviour = integration.get("passthroughBehavior", "WHEN_NO_MATCH")
        if behaviour == "NEVER" or (behaviour == "WHEN_NO_TEMPLATES" and templates):
            raise failures.unsupported_media_type()
        return body
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise failures.internal_error() from error
    try:
        return utf8(render(template, template_variables(exchange, text)))
    except TemplateError as error:
        raise failures.internal_error() from error


def _handled(body: bytes, handling: str | None, exchange: Exchange) -> bytes:
    """Source: AWS, "Content type conversions in API Gateway"."""
    if exchange.is_binary and handling == "CONVERT_TO_TEXT":
        return base64.b64encode(body)
    if not exchange.is_binary and handling == "CONVERT_TO_BINARY":
        try:
            return base64.b64decode(body, validate=True)
        except binascii.Error as error:
            raise failures.internal_error() from error
    # What is no binary type to the API is text to it, even if that spoils it (recorded).
    return body if exchange.is_binary or body.isascii() else exchange.text().encode()


def _map(exchange: Exchange, request: BackendRequest, target: str, expression: str) -> None:
    values = request_value(exchange, expression)
    if not values:
        return
    _, _, place, name = target.split(".", 3)
    if place == "header":
        present = [one for one in request.headers if one.lower() == name.lower()]
        for one in present:
            del request.headers[one]
        request.headers[name] = ",".join(values)
    elif place == "querystring":
        request.query[name] = values
    elif place == "path":
        request.path[name] = values[-1]


def _override(exchange: Exchange, request: BackendRequest) -> None:
    override = exchange.overrides.get("requestOverride") or {}
    for name, value in (override.get("header") or {}).items():
        request.headers[name] = str(value)
    for name, value in (override.get("querystring") or {}).items():
        request.query[name] = [str(value)]
    for name, value in (override.get("path") or {}).items():
        request.path[name] = str(value)

"""What becomes of an integration's answer: which integration response fits, and what it makes."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalice_offline.core.utf8 import utf8
from chalice_offline.services.apigateway import failures
from chalice_offline.services.apigateway.exchange import Exchange, Reply
from chalice_offline.services.apigateway.mappings import response_value
from chalice_offline.services.apigateway.template_variables import template_variables
from chalice_offline.services.common.velocity import TemplateError, render

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.rest_api import Described

_JSON = "application/json"


@dataclass(slots=True)
class Answer:
    """An integration's answer. `selected_by` is what selection patterns are held against."""

    status: int
    headers: dict[str, list[str]]  # names in lower case
    body: bytes
    selected_by: str


def integration_reply(exchange: Exchange, answer: Answer) -> Reply:
    """Return the reply that the fitting integration response makes of an answer."""
    exchange.integration_status = answer.status
    response = _selected(exchange, answer.selected_by)
    body, content_type = _body(exchange, response, answer)
    headers: list[tuple[str, str]] = []
    text = answer.body.decode("utf-8", "replace")
    for target, expression in (response.get("responseParameters") or {}).items():
        name = target.removeprefix("method.response.header.")
        values = response_value(exchange, expression, answer.headers, text)
        headers += [(name, value) for value in values]
    override = exchange.overrides.get("responseOverride") or {}
    for name, value in (override.get("header") or {}).items():
        headers = [one for one in headers if one[0].lower() != name.lower()]
        headers.append((name, str(value)))
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", content_type))
    status = override.get("status") or response["statusCode"]
    try:
        return Reply(int(status), headers, body)
    except ValueError as error:
        raise failures.internal_error() from error


def _selected(exchange: Exchange, text: str) -> Described:
    responses = (exchange.taken.integration.get("integrationResponses") or {}).values()
    default = None
    for response in responses:
        pattern = response.get("selectionPattern")
        if not pattern or pattern == "default":
            default = default or response
            continue
        try:
            if re.fullmatch(pattern, text, re.DOTALL):
                return dict(response)
        except re.error as error:
            raise failures.internal_error() from error
    if default is None:
        raise failures.internal_error()
    return dict(default)


def _body(exchange: Exchange, response: Described, answer: Answer) -> tuple[bytes, str]:
    templates = response.get("responseTemplates") or {}
    content_type = (answer.headers.get("content-type") or [_JSON])[-1].partition(";")[0]
    accepted = (exchange.header("accept") or "").partition(",")[0]
    kind = next((one for one in (accepted, content_type) if one in templates), None)
    kind = kind or next(iter(templates), None)
    handling = response.get("contentHandling")
    if kind is None or templates[kind] is None:
        return _handled(answer.body, handling), _JSON
    try:
        text = answer.body.decode()
    except UnicodeDecodeError as error:
        raise failures.internal_error() from error
    try:
        rendered = render(templates[kind], template_variables(exchange, text))
    except TemplateError as error:
        raise failures.internal_error() from error
    return _handled(utf8(rendered), handling), kind


def _handled(body: bytes, handling: str | None) -> bytes:
    if handling == "CONVERT_TO_BINARY":
        try:
            return base64.b64decode(body, validate=True)
        except binascii.Error as error:
            raise failures.internal_error() from error
    if handling == "CONVERT_TO_TEXT":
        return base64.b64encode(body)
    return body

"""What a function gets from its URL: payload format 2.0.

Source: AWS Lambda developer guide, "Invoking Lambda function URLs", "Request payload format";
which content is text: what AWS passes on unencoded (recorded).
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_plus

from chalice_offline.core.http import joined
from chalice_offline.services.common.callers import access_key_in, caller_of

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel, Request
    from chalice_offline.services.lambda_.urls.function_url import FunctionUrl

_TEXT_TYPES = frozenset({"application/json", "application/javascript", "application/xml"})
_TEXT_SUFFIXES = ("+json", "+xml")
_ROUTE = "$default"


def url_event(
    kernel: Kernel, url: FunctionUrl, context: CallContext, request: Request, trace_id: str
) -> Any:
    """Return the event of a request to a function URL."""
    fields = _fields(request, trace_id)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": _ROUTE,
        "rawPath": request["path"],
        "rawQueryString": request["rawQuery"],
    }
    cookies = fields.pop("cookie", "")
    if cookies:
        event["cookies"] = [one.strip() for one in cookies.split(";") if one.strip()]
    event["headers"] = fields
    parameters = _query_parameters(request["rawQuery"])
    if parameters:
        event["queryStringParameters"] = parameters
    event["requestContext"] = _request_context(url, context, request, fields)
    if url.auth_type == "AWS_IAM":
        key = access_key_in(fields.get("authorization", ""))
        caller = caller_of(kernel, key, context.account_id, context.region, (context.entry,))
        event["requestContext"]["authorizer"] = {"iam": caller.described()}
    body: bytes = request["body"]
    is_text = _is_text(fields.get("content-type", ""), body)
    if body:
        event["body"] = body.decode() if is_text else base64.b64encode(body).decode()
    event["isBase64Encoded"] = bool(body) and not is_text
    return event


def _fields(request: Request, trace_id: str) -> dict[str, str]:
    """Return the header fields with those that Lambda's front end adds."""
    sent = dict(joined(request["headers"]))
    host, _, port = request["host"].partition(":")
    scheme = request["scheme"]
    sent["host"] = host if port in ("", "80", "443") else request["host"]
    forwarded = sent.get("x-forwarded-for")
    source_ip = request["sourceIp"]
    sent["x-amzn-trace-id"] = trace_id
    sent["x-forwarded-for"] = f"{forwarded}, {source_ip}" if forwarded else source_ip
    sent["x-forwarded-port"] = port or ("443" if scheme == "https" else "80")
    sent["x-forwarded-proto"] = scheme
    for name in ("connection", "transfer-encoding", "expect"):
        sent.pop(name, None)
    return sent


def _request_context(
    url: FunctionUrl, context: CallContext, request: Request, fields: dict[str, str]
) -> dict[str, Any]:
    is_signed = url.auth_type == "AWS_IAM"
    seconds = context.now_ms / 1000
    described: dict[str, Any] = {
        "accountId": context.account_id if is_signed else "anonymous",
        "apiId": url.url_id,
        "domainName": fields["host"],
        "domainPrefix": url.url_id,
        "http": {
            "method": request["method"],
            "path": unquote(request["path"]),  # unlike rawPath (recorded)
            "protocol": "HTTP/1.1",
            "sourceIp": request["sourceIp"],
            "userAgent": fields.get("user-agent", ""),
        },
        "requestId": context.request_id,
        "routeKey": _ROUTE,
        "stage": _ROUTE,
        "time": datetime.fromtimestamp(seconds, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": context.now_ms,
    }
    return described


def _query_parameters(raw_query: str) -> dict[str, str]:
    """Return each parameter once; several values are joined with commas."""
    parameters: dict[str, str] = {}
    for part in raw_query.split("&"):
        if part:
            raw_name, _, raw_value = part.partition("=")
            name, value = unquote_plus(raw_name), unquote_plus(raw_value)
            parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return parameters


def _is_text(content_type: str, body: bytes) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    if not (kind.startswith("text/") or kind in _TEXT_TYPES or kind.endswith(_TEXT_SUFFIXES)):
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True

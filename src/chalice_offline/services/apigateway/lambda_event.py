"""The event a Lambda function gets for a request, and the response it returns.

Source: AWS, "Lambda proxy integrations in API Gateway": input and output format.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode, b64encode
from copy import deepcopy
from functools import lru_cache
from sys import maxsize
from typing import TYPE_CHECKING, Any

from chalice_offline.core.header_fields import characters
from chalice_offline.core.unspelled import UnspelledJson
from chalice_offline.core.utf8 import utf8
from chalice_offline.services.apigateway import failures
from chalice_offline.services.apigateway.exchange import (
    Reply,
    as_logged,
    as_text,
    full_identity,
    parsed_query,
    passed_on,
)

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.exchange import Exchange

_FUNCTION = re.compile(
    r"arn:[\w-]+:apigateway:[\w-]*:lambda:path/[\d-]+/functions/(.+)/invocations"
)
# What an event has besides what the client sent, at most.
_FURTHER_BYTES = 4_000
_MEMBERS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})


@lru_cache(maxsize=1024)
def lambda_function(uri: str) -> str:
    """Return the function that an integration's or authorizer's URI names; "" for none."""
    found = _FUNCTION.fullmatch(uri)
    return found[1] if found else ""


class ProxyEvent(UnspelledJson):
    """A proxy integration's event: what of a request it is made of, and nothing else.

    It stays in the journal, so it holds few objects, and none of them a step's.
    """

    __slots__ = (
        "_account_id", "_api_id", "_authorizer", "_base_path", "_body", "_deployment_id",
        "_extended_id", "_fields", "_full_path", "_host", "_identity", "_is_canary",
        "_method", "_now_ms", "_path", "_path_parameters", "_protocol", "_query", "_request_id",
        "_route", "_served", "_source_ip", "_stage_name", "_trace_id", "_variables",
        "journal_weight", "longest",
    )  # fmt: skip

    def __init__(self, exchange: Exchange) -> None:
        self._spelled = None
        api, call, body = exchange.api, exchange.call, exchange.body
        self._account_id, self._api_id = api.account_id, api.id
        self._request_id, self._now_ms = call.request_id, call.now_ms
        self._route = exchange.taken
        self._method, self._path, self._query = exchange.method, exchange.path, exchange.raw_query
        self._base_path, self._full_path = exchange.base_path, exchange.full_path
        self._path_parameters = exchange.path_parameters
        self._fields = exchange.fields
        self._body = body
        self._served = exchange.served
        self._host, self._protocol = exchange.host, exchange.protocol
        self._source_ip, self._trace_id = exchange.source_ip, exchange.trace_id
        self._extended_id = exchange.extended_id
        self._deployment_id, self._stage_name = exchange.deployment_id, exchange.stage_name
        self._variables = exchange.variables
        self._is_canary = exchange.is_canary if "canarySettings" in exchange.stage else None
        self._identity = exchange.identity
        self._authorizer = exchange.authorizer
        size = len(body) + len(exchange.raw_query) + 2 * len(exchange.path)
        size += characters(exchange.fields)
        self.journal_weight = size + _FURTHER_BYTES
        # Each character twice, as \uXXXX; what an authorizer said is not counted.
        self.longest = 12 * size + 12 * _FURTHER_BYTES if not exchange.authorizer else maxsize

    def document(self) -> dict[str, Any]:
        """Return the event; all that can be changed of it is its own."""
        headers = passed_on(self._fields, self._host, self._trace_id, self._source_ip)
        query = parsed_query(self._query)
        body: str | None = None
        is_base64 = False
        if self._body:
            is_base64 = self._served.is_binary(_last(headers, "Content-Type") or "")
            body = b64encode(self._body).decode() if is_base64 else as_text(self._body)
        return {
            "resource": self._route.path,
            # Slashes before the path are one, those within it stay (recorded).
            "path": self._event_path(),
            "httpMethod": self._method,
            "headers": {name: values[-1] for name, values in headers.items()} or None,
            "multiValueHeaders": headers or None,
            "queryStringParameters": {n: values[-1] for n, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": self._path_parameters.copy() or None,  # as they were sent (recorded)
            "stageVariables": self._variables.copy() or None,
            "requestContext": self._request_context(_last(headers, "User-Agent")),
            "body": body,
            "isBase64Encoded": is_base64,
        }

    def outline(self) -> dict[str, Any]:
        """Return what the request was for."""
        return {"path": self._event_path(), "httpMethod": self._method, "requestContext": {}}

    def _event_path(self) -> str:
        return f"{self._base_path}/{self._path.lstrip('/')}"

    def _request_context(self, user_agent: str | None) -> dict[str, Any]:
        """Return the `requestContext`, field by field as AWS has it."""
        route = self._route
        found = {
            "resourceId": route.resource_id,
            "resourcePath": route.path,
            "httpMethod": self._method,
            "extendedRequestId": self._extended_id,
            "requestTime": as_logged(self._now_ms // 1000),
            "path": self._full_path,
            "accountId": self._account_id,
            "protocol": self._protocol,
            "stage": self._stage_name,
            "domainPrefix": self._host.partition(".")[0],
            "requestTimeEpoch": self._now_ms,
            "requestId": self._request_id,
            "identity": full_identity(self._source_ip, user_agent, self._identity),
            "domainName": self._host,
            "deploymentId": self._deployment_id,
            "apiId": self._api_id,
        }
        if route.method.get("operationName"):
            found["operationName"] = route.method["operationName"]
        if self._authorizer:
            found["authorizer"] = deepcopy(self._authorizer)
        if self._is_canary is not None:
            found["isCanaryRequest"] = self._is_canary
        return found


def _last(headers: dict[str, list[str]], name: str) -> str | None:
    values = headers.get(name)
    return values[-1] if values else None


def proxy_reply(exchange: Exchange, payload: bytes) -> Reply:
    """Return what the client gets of a function's response; raises GatewayFailure for a bad one."""
    try:
        answer = json.loads(payload.decode())  # as text, or Python looks for other encodings
    except ValueError as error:
        raise failures.bad_gateway() from error
    if not isinstance(answer, dict) or not answer.keys() <= _MEMBERS:
        raise failures.bad_gateway()
    return Reply(_status(answer), _headers(answer), _body(exchange, answer))


def _status(answer: dict[str, Any]) -> int:
    status = answer.get("statusCode", 200)
    if isinstance(status, bool) or not isinstance(status, int | str):
        raise failures.bad_gateway()
    try:
        number = int(status)
    except ValueError as error:
        raise failures.bad_gateway() from error
    if not 100 <= number <= 599:
        raise failures.bad_gateway()
    return number


def _headers(answer: dict[str, Any]) -> list[tuple[str, str]]:
    single, several = answer.get("headers") or {}, answer.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(several, dict):
        raise failures.bad_gateway()
    found: dict[str, list[tuple[str, str]]] = {}
    for name, value in single.items():
        found[name.lower()] = [(name, _header(value))]
    for name, values in several.items():
        if not isinstance(values, list):
            raise failures.bad_gateway()
        kept = [(name, _header(value)) for value in values]
        present = found.setdefault(name.lower(), [])
        present += [one for one in kept if one[1] not in [value for _, value in present]]
    return [one for listed in found.values() for one in listed]


def _header(value: Any) -> str:
    if isinstance(value, dict | list):
        raise failures.bad_gateway()
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _body(exchange: Exchange, answer: dict[str, Any]) -> bytes:
    body = answer.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise failures.bad_gateway()
    if answer.get("isBase64Encoded") is True:
        accepted = (exchange.header("accept") or "").partition(",")[0]
        if exchange.served.is_binary(accepted):
            try:
                return b64decode(body)
            except (binascii.Error, ValueError) as error:
                raise failures.internal_error() from error
    return utf8(body)

"""One request to an API on its way through the steps, and what is known of it so far."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from chalice_offline.core.header_fields import HEADS_KEPT
from chalice_offline.core.pending import Pending

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.header_fields import Fields
    from chalice_offline.services.apigateway.rest_api import Described, RestApi
    from chalice_offline.services.apigateway.routes import Route, ServedApi
    from chalice_offline.services.apigateway.state import ApiGatewayState

# How API Gateway spells header fields that it knows; others stay as they came.
_SPELLINGS = {
    name.lower(): name
    for name in (
        "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control",
        "Content-Type", "Cookie", "Host", "Origin", "Referer", "User-Agent", "Via",
        "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Amzn-Trace-Id",
    )
}  # fmt: skip
_NOT_PASSED_ON = frozenset({"connection", "content-length", "expect", "transfer-encoding"})


@lru_cache(maxsize=16)
def as_logged(second: int) -> str:
    """Return an instant as logs have it: 26/Nov/2026:17:00:00 +0000."""
    return datetime.fromtimestamp(second, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def passed_on(fields: Fields, host: str, trace_id: str, source_ip: str) -> dict[str, list[str]]:
    """Return header fields as API Gateway hands them on, each with all its values."""
    found = {name: [*values] for name, values in _spelled(fields).items()}
    found["Host"] = [host]
    found["X-Amzn-Trace-Id"] = [trace_id]
    found["X-Forwarded-For"] = [source_ip]
    found["X-Forwarded-Port"] = ["443"]
    found["X-Forwarded-Proto"] = ["https"]
    return found


@lru_cache(maxsize=HEADS_KEPT)
def _spelled(fields: Fields) -> Mapping[str, Sequence[str]]:
    """Return what is passed on of a client's header fields."""
    found: dict[str, list[str]] = {}
    spellings: dict[str, str] = {}
    for name, value in fields:
        lower = name.lower()
        spelled = spellings.get(lower)
        if spelled is not None:
            found[spelled].append(value)
        elif lower not in _NOT_PASSED_ON:
            spelled = spellings[lower] = _SPELLINGS.get(lower, name)
            found[spelled] = [value]
    return found


@lru_cache(maxsize=HEADS_KEPT)
def _last_values(fields: Fields) -> Mapping[str, str]:
    """Return the last values of the client's header fields, by their names in lower case."""
    found = {name.lower(): value for name, value in fields}
    return {name: value for name, value in found.items() if name not in _NOT_PASSED_ON}


def parsed_query(raw_query: str) -> dict[str, list[str]]:
    """Return the parameters of a query string, each with all its values."""
    found: dict[str, list[str]] = {}
    if "%" in raw_query or "+" in raw_query:
        pairs = parse_qsl(raw_query, keep_blank_values=True)
    else:  # the same where nothing is encoded, in half the time
        pairs = [part.partition("=")[::2] for part in raw_query.split("&") if part]
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def as_text(body: bytes) -> str:
    """Return a payload as text."""
    return body.decode("utf-8", "replace")


# Who asks, in the order in which API Gateway tells it.
_NOBODY: dict[str, Any] = {
    "cognitoIdentityPoolId": None,
    "accountId": None,
    "cognitoIdentityId": None,
    "caller": None,
    "sourceIp": None,
    "principalOrgId": None,
    "accessKey": None,
    "cognitoAuthenticationType": None,
    "cognitoAuthenticationProvider": None,
    "userArn": None,
    "userAgent": None,
    "user": None,
}


def full_identity(
    source_ip: str, user_agent: str | None, identity: dict[str, Any]
) -> dict[str, Any]:
    """Return who asks; what is not known is null."""
    return _NOBODY | {"sourceIp": source_ip, "userAgent": user_agent} | identity


class GatewayFailure(Exception):  # noqa: N818 - a reply of API Gateway's own, told in AWS's words
    """No integration answers: API Gateway does, with a gateway response of this type."""

    def __init__(self, kind: str, message: str | None, error_type: str, status: int = 0) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
        self.error_type = error_type
        self.status = status
        self.validation_error = ""
        self.mistake = ""  # in the API's definition, as an execution log tells it


@dataclass(slots=True)
class Reply:
    """What the client gets. Header fields may repeat."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""


@dataclass(slots=True)
class Exchange:
    """A request, the route it takes, and what the steps found out."""

    gateway: ApiGatewayState
    call: CallContext
    api: RestApi
    served: ServedApi
    deployment_id: str
    stage_name: str
    stage: Described
    method: str
    path: str
    raw_query: str
    fields: Fields
    body: bytes
    host: str
    source_ip: str
    base_path: str = ""  # what the mapping of a custom domain name took of the path
    is_named: bool = False  # by a custom domain name
    protocol: str = "HTTP/1.1"
    trace_id: str = ""
    extended_id: str = ""
    route: Route | None = None
    path_parameters: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    identity: dict[str, Any] = field(default_factory=dict)
    authorizer: dict[str, Any] = field(default_factory=dict)
    usage_key: str = ""
    overrides: dict[str, Any] = field(default_factory=dict)
    integration_status: int = 0
    error: GatewayFailure | None = None
    reply: Pending[Reply] = field(default_factory=Pending)
    causes: tuple[int, ...] = ()
    is_canary: bool = False
    log: list[str] | None = None
    _headers: dict[str, list[str]] | None = None
    _last: dict[str, str] | None = None
    _query: dict[str, list[str]] | None = None

    @property
    def taken(self) -> Route:
        """The route, once it is found."""
        assert self.route is not None
        return self.route

    @property
    def headers(self) -> dict[str, list[str]]:
        """The header fields as API Gateway hands them on, each with all its values."""
        if self._headers is None:
            self._headers = passed_on(self.fields, self.host, self.trace_id, self.source_ip)
        return self._headers

    def header(self, name: str) -> str | None:
        """Return a header field's last value, whatever the case of its name."""
        if self._last is None:
            self._last = {
                **_last_values(self.fields),
                "host": self.host,
                "x-amzn-trace-id": self.trace_id,
                "x-forwarded-for": self.source_ip,
                "x-forwarded-port": "443",
                "x-forwarded-proto": "https",
            }
        return self._last.get(name.lower())

    @property
    def query(self) -> dict[str, list[str]]:
        """The parameters of the query string, each with all its values."""
        if self._query is None:
            self._query = parsed_query(self.raw_query)
        return self._query

    @property
    def is_binary(self) -> bool:
        """Whether the body is bytes to this API."""
        return self.served.is_binary(self.header("content-type") or "")

    def text(self) -> str:
        """Return the body as text."""
        return as_text(self.body)

    def json_body(self) -> Any:
        """Return the body's document; None for what is no JSON."""
        try:
            return json.loads(self.body) if self.body else None
        except (ValueError, RecursionError):
            return None

    @property
    def method_arn(self) -> str:
        """The ARN that policies name this request by."""
        api, path = self.api, self.path.strip("/")
        return (
            f"arn:aws:execute-api:{api.region}:{api.account_id}:{api.id}/{self.stage_name}/"
            f"{self.method}/{path}"
        )

    @property
    def domain_prefix(self) -> str:
        """The host's first label."""
        return self.host.partition(".")[0]

    @property
    def full_path(self) -> str:
        """The path with the stage in it, or with what a custom domain name has instead."""
        return f"{self.base_path if self.is_named else '/' + self.stage_name}{self.path}"

    def request_time(self) -> str:
        """Return the request's instant as logs have it: 26/Nov/2026:17:00:00 +0000."""
        return as_logged(self.call.now_ms // 1000)

    def full_identity(self) -> dict[str, Any]:
        """Return who asks; what is not known is null."""
        return full_identity(self.source_ip, self.header("user-agent"), self.identity)

    def decoded_parameters(self) -> dict[str, str]:
        """Return the path's variables without percent-encoding."""
        return {name: unquote(value) for name, value in self.path_parameters.items()}

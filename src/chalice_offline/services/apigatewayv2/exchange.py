"""One request to a stage of an HTTP or WebSocket API, and what is known of it so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from chalice_offline.services.apigatewayv2.state import execute_api_host

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request
    from chalice_offline.services.apigatewayv2.api import Api, Described, Snapshot
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State


@dataclass(slots=True)
class Exchange:
    """A request with its stage. `path` begins after the stage, `fields` are as they came."""

    apis: ApiGatewayV2State
    api: Api
    stage: Described
    snapshot: Snapshot
    call: CallContext
    method: str
    path: str
    raw_query: str
    fields: list[tuple[str, str]]
    body: bytes
    host: str
    source_ip: str
    is_named: bool = False  # by a custom domain name
    route: Described = field(default_factory=dict)
    path_parameters: dict[str, str] = field(default_factory=dict)
    authorizer: dict[str, Any] = field(default_factory=dict)

    @property
    def stage_name(self) -> str:
        """The stage's name."""
        return str(self.stage["StageName"])

    @property
    def shown_path(self) -> str:
        """The path as functions see it: with the stage, unless that is $default."""
        return self.path if self.stage_name == "$default" else f"/{self.stage_name}{self.path}"

    @property
    def headers(self) -> dict[str, list[str]]:
        """Header fields in small letters, each with all its values."""
        found: dict[str, list[str]] = {}
        for name, value in self.fields:
            found.setdefault(name.lower(), []).append(value)
        for gone in ("connection", "expect", "transfer-encoding", "upgrade"):
            found.pop(gone, None)
        found["host"] = [self.host]
        found.setdefault("x-forwarded-for", [self.source_ip])
        found.setdefault("x-forwarded-port", ["443"])
        found.setdefault("x-forwarded-proto", ["https"])
        found["x-amzn-trace-id"] = [self.trace_id]
        return found

    @property
    def trace_id(self) -> str:
        """The X-Ray header of the request, or of a trace that begins with it."""
        ids = self.call.request_id.replace("-", "")[:24]
        return self.call.trace_header or f"Root=1-{self.call.now_ms // 1000:08x}-{ids}"

    def header(self, name: str) -> str:
        """Return the values of a header field, joined; "" when it is not there."""
        return ",".join(value for key, value in self.fields if key.lower() == name)

    @property
    def query(self) -> dict[str, list[str]]:
        """The query string's parameters, each with all its values."""
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.raw_query, keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return found

    @property
    def variables(self) -> dict[str, str]:
        """The stage's variables."""
        return dict(self.stage.get("StageVariables") or {})

    @property
    def arn(self) -> str:
        """The request's ARN, as authorizers' policies name it."""
        api = self.api
        place = f"arn:aws:execute-api:{api.region}:{api.account_id}:{api.id}/{self.stage_name}"
        if not api.is_http:
            return f"{place}/{self.route['RouteKey']}"
        return f"{place}/{self.method}{self.path}"

    @property
    def domain(self) -> dict[str, str]:
        """The domain name's two members of request contexts."""
        host = self.host.partition(":")[0]
        return {"domainName": host, "domainPrefix": host.partition(".")[0]}

    @property
    def time(self) -> str:
        """The request's time as API Gateway logs it."""
        moment = datetime.fromtimestamp(self.call.now_ms // 1000, UTC)
        return moment.strftime("%d/%b/%Y:%H:%M:%S +0000")

    @property
    def causes(self) -> tuple[int, ...]:
        """The journal entry of the request."""
        return (self.call.entry,)


def make_exchange(
    apis: ApiGatewayV2State, api: Api, stage: Described, call: CallContext, request: Request
) -> Exchange:
    """Return a request as its steps take it on."""
    return Exchange(
        apis=apis,
        api=api,
        stage=stage,
        snapshot=api.deployed(stage),
        call=call,
        method=request["method"],
        path=request["path"] or "/",
        raw_query=request.get("rawQuery", ""),
        fields=list(request.get("headers", ())),
        body=request.get("body") or b"",
        host=request.get("host") or execute_api_host(api.id, api.region),
        source_ip=request.get("sourceIp") or "127.0.0.1",
        is_named="basePath" in request,
    )

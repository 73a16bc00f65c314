"""What the tests of HTTP and WebSocket APIs share: an API with routes, and requests to it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from chalice_offline.core.context import Caller
from chalice_offline.core.pending import Pending


class Reply(NamedTuple):
    """What a client gets."""

    status: int
    fields: list[tuple[str, str]]
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.fields}

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class HttpApi:
    """One HTTP API with a stage that deploys by itself."""

    def __init__(self, aws: Any, **settings: Any) -> None:
        self.aws = aws
        self.client = aws.client("apigatewayv2")
        made = self.client.create_api(Name="shop", ProtocolType="HTTP", **settings)
        self.id = made["ApiId"]
        self.client.create_stage(ApiId=self.id, StageName="$default", AutoDeploy=True)

    def route(self, key: str, arn: str, version: str = "2.0", **settings: Any) -> str:
        """Let a function answer a route."""
        integration = self.client.create_integration(
            ApiId=self.id,
            IntegrationType="AWS_PROXY",
            IntegrationUri=arn,
            PayloadFormatVersion=version,
        )["IntegrationId"]
        target = f"integrations/{integration}"
        route = self.client.create_route(ApiId=self.id, RouteKey=key, Target=target, **settings)
        return str(route["RouteId"])

    def request(
        self, method: str, path: str, body: bytes = b"", stage: str = "", **headers: str
    ) -> Reply:
        route, _, query = path.partition("?")
        request = {
            "apiId": self.id,
            "stage": stage,
            "method": method,
            "path": route,
            "rawQuery": query,
            "headers": [(name.replace("_", "-"), value) for name, value in headers.items()],
            "body": body,
        }
        reply = self.aws.emulator.call("execute-api", "Request", request, Caller())
        if isinstance(reply, Pending):
            self.aws.driver.wait(reply)
            reply = reply.result()
        return Reply(reply["statusCode"], reply["headers"], reply["body"])


@pytest.fixture
def http_api(aws: Any) -> Any:
    """Make an HTTP API."""
    return lambda **settings: HttpApi(aws, **settings)

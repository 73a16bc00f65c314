"""What routes of WebSocket APIs lead to beside a function's proxy: mocks, services, functions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalice_offline.core.context import Caller

PLACE = "arn:aws:apigateway:us-east-1"


class SocketApi:
    """One WebSocket API, and clients of it."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.client = aws.client("apigatewayv2")
        self.id = self.client.create_api(
            Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
        )["ApiId"]
        self.is_deployed = False

    def route(self, key: str, responses: dict[str, Any] | None = None, **integration: Any) -> None:
        """Make a route whose answers go back, through `responses` of the integration."""
        made = self.client.create_integration(ApiId=self.id, **integration)["IntegrationId"]
        for response_key, settings in (responses or {}).items():
            self.client.create_integration_response(
                ApiId=self.id, IntegrationId=made, IntegrationResponseKey=response_key, **settings
            )
        route = self.client.create_route(
            ApiId=self.id, RouteKey=key, Target=f"integrations/{made}",
            RouteResponseSelectionExpression="$default",
        )["RouteId"]  # fmt: skip
        self.client.create_route_response(ApiId=self.id, RouteId=route, RouteResponseKey="$default")

    def connect(self, query: str = "", **headers: str) -> Socket:
        """Connect to the stage."""
        if not self.is_deployed:
            self.client.create_stage(
                ApiId=self.id, StageName="dev", AutoDeploy=True, StageVariables={"color": "red"}
            )
            self.is_deployed = True
        request = {
            "apiId": self.id,
            "stage": "dev",
            "method": "GET",
            "path": "/",
            "rawQuery": query,
            "headers": [(name.replace("_", "-"), value) for name, value in headers.items()],
        }
        opened = self.aws.emulator.call("execute-api", "Connect", request, Caller())
        if not isinstance(opened, dict):
            self.aws.driver.wait(opened)
            opened = opened.result()
        return Socket(self.aws, opened)


class Socket:
    """A client's side of a connection."""

    def __init__(self, aws: Any, opened: dict[str, Any]) -> None:
        self._aws = aws
        self.status = opened["statusCode"]
        self.id = opened.get("connectionId", "")
        self._feed = opened.get("feed")

    def ask(self, **message: Any) -> Any:
        """Send a message and return the answer."""
        data = json.dumps(message).encode()
        request = {"connectionId": self.id, "data": data, "isText": True}
        self._aws.emulator.call("execute-api", "Receive", request, Caller())
        with self._aws.emulator.lock:
            pending = self._feed.next()
        self._aws.driver.wait(pending)
        return json.loads(pending.result().data)


@pytest.fixture
def sockets(aws: Any) -> SocketApi:
    return SocketApi(aws)


def test_a_mock_answers_with_a_template(sockets: SocketApi) -> None:
    """Which template is chosen by the message; the mock's status decides about $connect."""
    answers = {
        "de": '{"text": "Guten Tag, $input.path(\'$.name\')", "id": "$context.connectionId"}',
        "$default": '{"text": "$stageVariables.color"}',
    }
    sockets.route(
        "greet",
        {"$default": {"ResponseTemplates": answers, "TemplateSelectionExpression": "de"}},
        IntegrationType="MOCK",
        RequestTemplates={"$default": '{"statusCode": 200}'},
    )
    sockets.route(
        "color",
        {
            "/4../": {"ResponseTemplates": {"$default": '"no"'}},
            "$default": {"ResponseTemplates": answers},
        },
        IntegrationType="MOCK",
        TemplateSelectionExpression="${request.body.kind}",
        RequestTemplates={"bad": '{"statusCode": 404}', "$default": '{"statusCode": 200}'},
    )
    sockets.route(
        "$connect",
        IntegrationType="MOCK",
        RequestTemplates={
            "$default": "#if($input.params('key') == 'k'){\"statusCode\": 200}"
            '#else{"statusCode": 403}#end'
        },
    )
    assert sockets.connect().status == 403
    socket = sockets.connect("key=k")
    assert socket.status == 101
    # What a mock answers is empty: templates of the response read nothing of the message.
    assert socket.ask(action="greet", name="Jo") == {"text": "Guten Tag, ", "id": socket.id}
    assert socket.ask(action="color") == {"text": "red"}
    assert socket.ask(action="color", kind="bad") == "no"


def test_a_service_is_called(aws: Any, sockets: SocketApi) -> None:
    """A queue gets what the template says, and the client what the response's template says."""
    sqs = aws.client("sqs")
    queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sockets.route(
        "order",
        {"/2../": {"ResponseTemplates": {"$default": '{"taken": true}'}}},
        IntegrationType="AWS",
        IntegrationMethod="POST",
        IntegrationUri=f"{PLACE}:sqs:path/000000000000/orders",
        RequestParameters={
            "integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"
        },
        RequestTemplates={
            "$default": "Action=SendMessage&MessageBody=$util.urlEncode($input.json('$.item'))"
        },
    )
    assert sockets.connect().ask(action="order", item={"sku": 7}) == {"taken": True}
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"]) == {"sku": 7}


def test_a_function_without_a_proxy_gets_what_a_template_says(aws: Any, sockets: SocketApi) -> None:
    """And its whole result is the answer, unless a template makes another of it."""
    arn = aws.function("sum", lambda event: {"sum": sum(event["numbers"])})
    uri = f"{PLACE}:lambda:path/2015-03-31/functions/{arn}/invocations"
    settings = {"IntegrationType": "AWS", "IntegrationMethod": "POST", "IntegrationUri": uri}
    sockets.route(
        "sum", **settings, RequestTemplates={"$default": '{"numbers": $input.json("$.values")}'}
    )
    sockets.route("never", **settings, PassthroughBehavior="NEVER")
    socket = sockets.connect()
    assert socket.ask(action="sum", values=[1, 2]) == {"sum": 3}
    refused = socket.ask(action="never")
    assert refused["message"] == "Internal server error"
    assert refused["connectionId"] == socket.id
    assert refused["requestId"]


def test_a_template_that_fails_is_an_internal_error(sockets: SocketApi) -> None:
    """As is a URI that names no service."""
    sockets.route("bad", IntegrationType="MOCK", RequestTemplates={"$default": "#if("})
    sockets.route("none", IntegrationType="AWS", IntegrationMethod="POST", IntegrationUri="nothing")
    socket = sockets.connect()
    for key in ("bad", "none"):
        assert socket.ask(action=key)["message"] == "Internal server error"


def test_no_route_is_forbidden(sockets: SocketApi) -> None:
    """Where there is no $default."""
    sockets.route("some", IntegrationType="MOCK")
    assert sockets.connect().ask(action="other")["message"] == "Forbidden"

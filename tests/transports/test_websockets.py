"""WebSockets over real sockets: handshakes, frames, ends, clients that misbehave."""

from __future__ import annotations

import json
import socket as sockets
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from chalice_offline.composition import compose
from chalice_offline.core.context import Caller
from chalice_offline.core.run import Outcome
from chalice_offline.drivers.live import LiveDriver
from chalice_offline.services.lambda_ import FunctionSettings, LambdaState
from chalice_offline.transports.aws_door import aws_endpoint
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.http_server import Server
from chalice_offline.transports.outbound import send_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.run import FunctionRun


class Chat:
    """A WebSocket API whose function remembers events and answers with what it was sent."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.ended = threading.Event()
        self.driver = LiveDriver(run_function=self._run, send_request=send_request)
        self.emulator = compose(self.driver)
        state = self.emulator.registry.state("lambda", LambdaState)
        state.register(FunctionSettings("chat", "000000000000", "us-east-1"))
        self.server = Server(aws_endpoint(Gateway(self.emulator)))
        self.id = self._api()

    def _api(self) -> str:
        api_id = str(
            self.call(
                "CreateApi", Name="chat", ProtocolType="WEBSOCKET",
                RouteSelectionExpression="$request.body.action",
            )["ApiId"]
        )  # fmt: skip
        arn = "arn:aws:lambda:us-east-1:000000000000:function:chat"
        integration = self.call(
            "CreateIntegration", ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=arn
        )["IntegrationId"]
        for key in ("$connect", "$default", "$disconnect", "shout"):
            self.call(
                "CreateRoute", ApiId=api_id, RouteKey=key, Target=f"integrations/{integration}",
                RouteResponseSelectionExpression="$default",
            )  # fmt: skip
        deployment = self.call("CreateDeployment", ApiId=api_id)["DeploymentId"]
        self.call("CreateStage", ApiId=api_id, StageName="live", DeploymentId=deployment)
        return api_id

    def call(self, operation: str, **request: Any) -> Any:
        return self.emulator.call("apigatewayv2", operation, request, Caller())

    def _run(self, run: FunctionRun) -> Outcome:
        event = json.loads(run.payload)
        self.events.append(event)
        kind = event["requestContext"]["eventType"]
        if kind == "DISCONNECT":
            self.ended.set()
        if kind == "MESSAGE":
            answer = f"{event['requestContext']['routeKey']}: {event['body']}"
            return Outcome(json.dumps({"statusCode": 200, "body": answer}).encode())
        return Outcome(b'{"statusCode": 200}')

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.server.port}/_aws/execute-api/{self.id}/live"

    def start(self) -> None:
        self.driver.start()
        self.server.start()

    def stop(self) -> None:
        self.server.stop()
        self.driver.stop()


@pytest.fixture
def chat() -> Iterator[Chat]:
    made = Chat()
    made.start()
    yield made
    made.stop()


def test_messages_go_both_ways(chat: Chat) -> None:
    """Routes are selected out of the body; what selects none goes to $default."""
    with connect(chat.url, open_timeout=10) as client:
        client.send('{"action": "shout", "n": 1}')
        assert client.recv(timeout=10) == 'shout: {"action": "shout", "n": 1}'
        client.send("no json")
        assert client.recv(timeout=10) == "$default: no json"
        client.send('{"action": "$connect"}')
        assert client.recv(timeout=10) == '$default: {"action": "$connect"}'
    assert chat.ended.wait(10)
    assert chat.events[-1]["requestContext"]["disconnectStatusCode"] == 1000


def test_a_host_name_leads_to_the_api_as_well(chat: Chat) -> None:
    """As AWS's URLs do: the stage is in the path."""
    raw = sockets.create_connection(("127.0.0.1", chat.server.port), timeout=10)
    url = f"ws://{chat.id}.execute-api.localhost:{chat.server.port}/live?a=1"
    with connect(url, sock=raw, open_timeout=10) as client:
        client.send("hi")
        assert client.recv(timeout=10) == "$default: hi"
    assert chat.events[0]["queryStringParameters"] == {"a": "1"}
    assert chat.events[0]["requestContext"]["domainName"] == f"{chat.id}.execute-api.localhost"


def test_who_is_connected_is_sent_to_from_outside(chat: Chat) -> None:
    """By @connections; 410 once the client is gone."""
    import boto3

    endpoint = f"http://127.0.0.1:{chat.server.port}/_aws/execute-api/{chat.id}/live"
    manage = boto3.client(
        "apigatewaymanagementapi", endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip
    with connect(chat.url, open_timeout=10) as client:
        id_ = chat.events[0]["requestContext"]["connectionId"]
        manage.post_to_connection(ConnectionId=id_, Data=b"news")
        assert client.recv(timeout=10) == "news"
        manage.post_to_connection(ConnectionId=id_, Data=b"\xff\x00")
        assert client.recv(timeout=10) == b"\xff\x00"
        manage.delete_connection(ConnectionId=id_)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000
    with pytest.raises(manage.exceptions.GoneException):
        manage.post_to_connection(ConnectionId=id_, Data=b"more")


def test_a_handshake_where_no_api_is_is_refused(chat: Chat) -> None:
    """With an HTTP status, before anything is opened."""
    base = f"ws://127.0.0.1:{chat.server.port}"
    for path, status in (
        ("/_aws/execute-api/none/live", 403),
        (f"/_aws/execute-api/{chat.id}/none", 403),
        ("/some-bucket", 400),
    ):
        with pytest.raises(InvalidStatus) as refused:
            connect(base + path, open_timeout=10)
        assert refused.value.response.status_code == status


def test_pages_of_other_origins_do_not_connect(chat: Chat) -> None:
    """A browser lets any page open WebSockets to this machine; the Origin says whose it is."""
    with pytest.raises(InvalidStatus) as refused:
        connect(chat.url, origin="https://evil.example", open_timeout=10)  # type: ignore[arg-type]
    assert refused.value.response.status_code == 403
    assert chat.events == []


def test_a_client_that_vanishes_is_disconnected(chat: Chat) -> None:
    """Without a close frame it is 1006."""
    raw = sockets.create_connection(("127.0.0.1", chat.server.port), timeout=10)
    with connect(chat.url, sock=raw, open_timeout=10):
        raw.shutdown(sockets.SHUT_RDWR)
        assert chat.ended.wait(10)
    context = chat.events[-1]["requestContext"]
    assert (context["eventType"], context["disconnectStatusCode"]) == ("DISCONNECT", 1006)


def test_a_message_over_128_kb_ends_the_connection(chat: Chat) -> None:
    """1009."""
    with connect(chat.url, open_timeout=10) as client:
        client.send("x" * (128 * 1024 + 1))
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_many_clients_are_served_at_once(chat: Chat) -> None:
    """Each hears its own answers."""
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(chat.url, open_timeout=10)) for _ in range(50)]
        for number, client in enumerate(clients):
            client.send(str(number))
        heard = [client.recv(timeout=10) for client in clients]
    assert heard == [f"$default: {number}" for number in range(50)]

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
from tests.transports.raw_http import read_reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.run import FunctionRun


class Chat:
    """A WebSocket API whose function remembers events and answers with what it was sent."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.ended = threading.Event()
        self.may_connect = threading.Event()
        self.may_connect.set()
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
            route = self.call(
                "CreateRoute", ApiId=api_id, RouteKey=key, Target=f"integrations/{integration}",
                RouteResponseSelectionExpression="$default",
            )["RouteId"]  # fmt: skip
            self.call(
                "CreateRouteResponse", ApiId=api_id, RouteId=route, RouteResponseKey="$default"
            )
        deployment = self.call("CreateDeployment", ApiId=api_id)["DeploymentId"]
        self.call("CreateStage", ApiId=api_id, StageName="live", DeploymentId=deployment)
        return api_id

    def call(self, operation: str, **request: Any) -> Any:
        return self.emulator.call("apigatewayv2", operation, request, Caller())

    def _run(self, run: FunctionRun) -> Outcome:
        event = json.loads(run.payload)
        self.events.append(event)
        kind = event["requestContext"]["eventType"]
        if kind == "CONNECT":
            self.may_connect.wait(10)
            asked = event["headers"].get("Sec-WebSocket-Protocol", "").partition(",")[0]
            headers = {"Sec-WebSocket-Protocol": asked} if asked else {}
            return Outcome(json.dumps({"statusCode": 200, "headers": headers}).encode())
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


@pytest.mark.parametrize("requests", [1, 9])
def test_a_connection_may_have_carried_requests_before(chat: Chat, requests: int) -> None:
    """One, or so many that a thread of its own serves it. How long it may idle counts no more."""
    chat.server._server.config.timeout_keep_alive = 1
    raw = sockets.create_connection(("127.0.0.1", chat.server.port), timeout=10)
    for _ in range(requests):
        raw.sendall(b"GET /_localstack/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert read_reply(raw)[0] == 200
    with connect(chat.url, sock=raw, open_timeout=10) as client:
        client.send("hi")
        assert client.recv(timeout=10) == "$default: hi"
        assert not chat.ended.wait(1.2)
        client.send("ho")
        assert client.recv(timeout=10) == "$default: ho"


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


def _handshake(chat: Chat, then: bytes = b"") -> sockets.socket:
    """Open a connection by hand, with frames that do not await the answer."""
    raw = sockets.create_connection(("127.0.0.1", chat.server.port), timeout=10)
    path = chat.url.partition(str(chat.server.port))[2]
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13"
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket"
    raw.sendall(f"{head}\r\n{key}\r\n\r\n".encode() + then)
    return raw


def _rest(raw: sockets.socket) -> bytes:
    with raw:
        found = b""
        while piece := raw.recv(65_536):
            found += piece
    return found.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (b"\x81\x02hi", 1002),  # not masked
        (b"\x81\xff" + b"\x40" + b"\x00" * 11, 1009),  # half of all there is, announced
        (b"\x80\x81\x00\x00\x00\x00x", 1002),  # goes on with nothing
        (b"\xff" * 50, 1002),
        (b"\x88\x82\x00\x00\x00\x00\x0f\xa1", 4001),  # a close of the application's own
        (b"\x88\x80\x00\x00\x00\x00", 1005),  # a close without a code
    ],
)
def test_frames_that_come_with_the_handshake_are_read_after_it(
    chat: Chat, frames: bytes, code: int
) -> None:
    """Malformed ones end the connection as they should, and the function hears why."""
    rest = _rest(_handshake(chat, frames))
    assert rest[:1] == b"\x88"
    assert code == 1005 or rest[2:4] == code.to_bytes(2, "big")
    assert chat.ended.wait(10)
    kinds = [event["requestContext"]["eventType"] for event in chat.events]
    assert kinds == ["CONNECT", "DISCONNECT"]
    assert chat.events[-1]["requestContext"]["disconnectStatusCode"] == code


def test_a_client_that_vanishes_while_it_is_let_in_is_disconnected(chat: Chat) -> None:
    """$connect goes on; then nobody is there."""
    chat.may_connect.clear()
    raw = _handshake(chat)
    raw.close()
    chat.may_connect.set()
    assert chat.ended.wait(10)
    assert chat.events[-1]["requestContext"]["disconnectStatusCode"] == 1006


def test_a_subprotocol_is_what_the_function_chooses(chat: Chat) -> None:
    """Of its reply to $connect nothing else reaches the client."""
    protocols: Any = ["chat.v2", "chat.v1"]
    with connect(chat.url, subprotocols=protocols, open_timeout=10) as client:
        assert client.subprotocol == "chat.v2"


def test_a_message_may_come_in_several_frames_and_several_at_once(chat: Chat) -> None:
    """With a ping between them, which is answered."""
    with connect(chat.url, open_timeout=10) as client:
        pieces = ["x" * 32_768] * 3
        client.send(pieces)
        assert client.recv(timeout=10) == "$default: " + "".join(pieces)
        with client.send_context():
            for text in (b"one", b"two"):
                client.protocol.send_text(text)
        assert {client.recv(timeout=10) for _ in "12"} == {"$default: one", "$default: two"}
        with client.send_context():
            client.protocol.send_text(b"be", fin=False)
            client.protocol.send_ping(b"there?")
            client.protocol.send_continuation(b"gun", fin=True)
        assert client.recv(timeout=10) == "$default: begun"
        assert client.ping().wait(10)


@pytest.mark.parametrize(
    ("sent", "code"), [(b"x" * 32_769, 1009), (b"\xff\xfe", 1007)], ids=["32 KB", "no UTF-8"]
)
def test_a_frame_that_may_not_be_ends_the_connection(chat: Chat, sent: bytes, code: int) -> None:
    """And the function hears why."""
    with connect(chat.url, open_timeout=10) as client:
        with client.send_context():
            client.protocol.send_text(sent)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code
    assert chat.ended.wait(10)
    assert chat.events[-1]["requestContext"]["disconnectStatusCode"] == code


def _post(chat: Chat, id_: str, data: bytes) -> int:
    request = {
        "apiId": chat.id, "stage": "live", "method": "POST", "path": f"/@connections/{id_}",
        "headers": [], "body": data,
    }  # fmt: skip
    reply: Any = chat.emulator.call("execute-api", "Request", request, Caller())
    return int(reply["statusCode"])


def test_who_reads_is_sent_any_number_of_messages(chat: Chat) -> None:
    """What was read counts no more."""
    with connect(chat.url, open_timeout=10) as client:
        id_ = chat.events[0]["requestContext"]["connectionId"]
        for number in range(1_100):
            assert _post(chat, id_, b"%d" % number) == 200
            assert client.recv(timeout=10) == str(number)


def test_what_waits_for_a_client_that_does_not_read_has_an_end(chat: Chat) -> None:
    """429; nothing that was taken is lost."""
    with connect(chat.url, open_timeout=10, max_queue=1) as client:
        id_ = chat.events[0]["requestContext"]["connectionId"]
        message = b"x" * 100_000
        taken = 0
        while _post(chat, id_, message) == 200:
            taken += 1
            assert taken < 1_000
        for _ in range(taken):
            assert len(client.recv(timeout=10)) == len(message)
        assert _post(chat, id_, b"again") == 200


def test_a_socket_is_not_closed_to_make_room(chat: Chat) -> None:
    """Connections that have no request are; a WebSocket's is in use."""
    with connect(chat.url, open_timeout=10) as client:
        chat.server.make_room()
        client.send("still")
        assert client.recv(timeout=10) == "$default: still"
        assert not chat.ended.is_set()


def test_a_server_that_stops_says_so() -> None:
    """1012, and nobody hangs."""
    chat = Chat()
    chat.start()
    with connect(chat.url, open_timeout=10) as client:
        chat.stop()
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


def test_a_message_over_128_kb_ends_the_connection(chat: Chat) -> None:
    """1009."""
    with connect(chat.url, open_timeout=10) as client:
        client.send(["x" * 32_768] * 4 + ["x"])
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

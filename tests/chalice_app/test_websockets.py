"""Websocket handlers as strangers write them: connected, heard, sent to, disconnected."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.testing import Offline
from chalice_offline.testing.websocket import WebSocketRefused

if TYPE_CHECKING:
    from collections.abc import Callable


CHAT = """
import boto3
from chalice import Chalice, WebsocketDisconnectedError
app = Chalice(app_name="demo")
app.experimental_feature_flags.update(["WEBSOCKETS"])
app.websocket_api.session = boto3.session.Session()
SEEN = []

@app.on_ws_connect()
def connect(event):
    SEEN.append(("connect", event.connection_id, event.to_dict()))
    if "refuse" in (event.to_dict().get("queryStringParameters") or {}):
        return {"statusCode": 401}

@app.on_ws_message()
def message(event):
    SEEN.append(("message", event.connection_id, event.body))
    if event.body == "fail":
        raise RuntimeError("no")
    if event.body == "bye":
        app.websocket_api.close(event.connection_id)
        return
    if event.body == "info":
        info = app.websocket_api.info(event.connection_id)
        app.websocket_api.send(event.connection_id, str(sorted(info)))
        return
    if event.body.startswith("to "):
        try:
            app.websocket_api.send(event.body[3:], "from " + event.connection_id)
        except WebsocketDisconnectedError as error:
            app.websocket_api.send(event.connection_id, "gone: " + error.connection_id)
        return
    app.websocket_api.send(event.connection_id, event.body.upper())

@app.on_ws_disconnect()
def disconnect(event):
    SEEN.append(("disconnect", event.connection_id, event.to_dict()["requestContext"]))
"""


@pytest.fixture
def chat(run: Callable[..., Offline]) -> Offline:
    return run(CHAT)


def test_a_message_is_answered_through_the_connection(chat: Offline, projects: Any) -> None:
    """$connect, a message, its answer by @connections, $disconnect."""
    with chat.websocket("/?user=jane", {"X-Token": "t"}) as socket:
        socket.send("hello")
        assert socket.receive() == "HELLO"
    kinds = [(kind, id_) for kind, id_, _ in projects.seen()]
    assert kinds == [(kind, socket.id) for kind in ("connect", "message", "disconnect")]
    opened, closed = projects.seen()[0][2], projects.seen()[2][2]
    assert opened["headers"]["X-Token"] == "t"
    assert opened["queryStringParameters"] == {"user": "jane"}
    assert opened["requestContext"]["eventType"] == "CONNECT"
    assert opened["requestContext"]["routeKey"] == "$connect"
    assert (closed["disconnectStatusCode"], closed["eventType"]) == (1000, "DISCONNECT")


def test_clients_send_to_each_other_and_hear_who_is_gone(chat: Offline) -> None:
    """410 is Chalice's WebsocketDisconnectedError."""
    one, two = chat.websocket(), chat.websocket()
    one.send(f"to {two.id}")
    assert two.receive() == f"from {one.id}"
    two.close()
    one.send(f"to {two.id}")
    assert one.receive() == f"gone: {two.id}"


def test_a_connect_handler_says_no(chat: Offline) -> None:
    """With its own status; nobody is connected."""
    with pytest.raises(WebSocketRefused) as refused:
        chat.websocket("/?refuse=1")
    assert refused.value.status == 401


def test_the_app_closes_a_connection(chat: Offline, projects: Any) -> None:
    """The client hears the end, and $disconnect runs."""
    socket = chat.websocket()
    socket.send("bye")
    assert socket.closed == (1000, "Connection Closed Normally")
    assert projects.seen()[-1][0] == "disconnect"
    with pytest.raises(ConnectionError):
        socket.send("more")


def test_a_connection_can_be_looked_at(chat: Offline) -> None:
    """GetConnection."""
    socket = chat.websocket()
    socket.send("info")
    assert "ConnectedAt" in str(socket.receive())


def test_a_handler_that_fails_is_told_to_the_client(chat: Offline) -> None:
    """In API Gateway's words; the connection stays."""
    socket = chat.websocket()
    socket.send("fail")
    told = json.loads(socket.receive())
    assert (told["message"], told["connectionId"]) == ("Internal server error", socket.id)
    socket.send("on")
    assert socket.receive() == "ON"


def test_a_silent_connection_ends_after_ten_minutes(chat: Offline, projects: Any) -> None:
    """And any after two hours, however busy."""
    socket = chat.websocket()
    chat.advance(minutes=9)
    socket.send("still here")
    chat.advance(minutes=9)
    assert socket.closed is None
    chat.advance(minutes=2)
    assert socket.closed == (1001, "Going away")
    busy = chat.websocket()
    for _ in range(14):
        chat.advance(minutes=9)
        if busy.closed is None:
            busy.send("busy")
    assert busy.closed == (1001, "Going away")
    assert [kind for kind, _, _ in projects.seen()].count("disconnect") == 2


def test_a_message_that_is_too_long_ends_the_connection(chat: Offline) -> None:
    """128 KB at most."""
    socket = chat.websocket()
    socket.send("x" * (128 * 1024 + 1))
    assert socket.closed == (1009, "Message too long")


def test_an_app_without_a_connect_handler_lets_everybody_in(
    run: Callable[..., Offline], projects: Any
) -> None:
    """A message handler is enough. What it returns nobody gets: Chalice makes no route response."""
    offline = run(
        """
        app.experimental_feature_flags.update(["WEBSOCKETS"])
        SEEN = []

        @app.on_ws_message()
        def message(event):
            SEEN.append(event.body)
            return {"body": "hi " + event.body}
        """
    )
    with offline.websocket() as socket:
        socket.send("you")
        assert socket.messages == []
    assert projects.seen() == ["you"]


def test_a_connect_handler_cannot_send_to_its_own_connection(run: Callable[..., Offline]) -> None:
    """It is not there yet: 410, as Chalice's users see on AWS (aws/chalice#1772), and a 502."""
    offline = run(
        CHAT.replace(
            'SEEN.append(("connect"',
            'app.websocket_api.send(event.connection_id, "x")\n    SEEN.append(("connect"',
        )
    )
    with pytest.raises(WebSocketRefused) as refused:
        offline.websocket()
    assert refused.value.status == 502
    assert json.loads(refused.value.body)["message"] == "Internal server error"


def test_a_handler_has_29_seconds(run: Callable[..., Offline]) -> None:
    """Then the client is told, or not let in."""
    offline = run(
        """
        import time
        app.experimental_feature_flags.update(["WEBSOCKETS"])

        @app.on_ws_connect()
        def connect(event):
            if "slow" in (event.to_dict().get("queryStringParameters") or {}):
                time.sleep(40)

        @app.on_ws_message()
        def message(event):
            time.sleep(40)
        """
    )
    socket = offline.websocket()
    socket.send("hello")
    assert json.loads(socket.receive())["message"] == "Endpoint request timed out"
    with pytest.raises(WebSocketRefused) as refused:
        offline.websocket("/?slow=1")
    assert refused.value.status == 504


def test_handlers_are_named_as_chalice_deploys_them(run: Callable[..., Offline]) -> None:
    """And config.json says by that name what is theirs."""
    offline = run(CHAT, config={"lambda_functions": {"websocket_message": {"lambda_timeout": 7}}})
    described = offline.client("lambda").list_functions()["Functions"]
    timeouts = {one["FunctionName"]: one["Timeout"] for one in described}
    assert timeouts == {
        "demo-dev-websocket_connect": 60,
        "demo-dev-websocket_message": 7,
        "demo-dev-websocket_disconnect": 60,
    }


def test_a_trace_tells_of_the_client_and_its_message(chat: Offline) -> None:
    """Who sent what, which handler ran, what it sent."""
    with chat.websocket() as socket:
        socket.send("find me")
    told = str(chat.trace("find me"))
    assert f"connection {socket.id} sends 7 bytes" in told
    assert "─ message runs" in told


def test_a_reload_serves_the_new_handlers(projects: Any) -> None:
    """Whoever was connected is disconnected."""
    offline = projects.run(CHAT)
    old = offline.websocket()
    projects.reload(offline, CHAT.replace(".upper()", ".title()"))
    new = offline.websocket()
    new.send("hello")
    assert new.receive() == "Hello"
    projects.reload(offline, "SEEN = []\n")
    with pytest.raises(WebSocketRefused):
        offline.websocket()
    assert old.closed is None or old.closed[0] == 1001


def test_emulators_of_one_project_each_reach_their_own_clients(projects: Any) -> None:
    """Their code is loaded once, and another seed gives the API another id."""
    directory = projects.write(CHAT)
    with (
        Offline(directory, stage="dev", seed=0) as one,
        Offline(directory, stage="dev", seed=1) as two,
    ):
        assert one.app.sockets() != two.app.sockets()
        for _ in range(2):
            for offline in (one, two):
                with offline.websocket() as socket:
                    socket.send("hello")
                    assert socket.receive() == "HELLO"

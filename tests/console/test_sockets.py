"""WebSocket APIs in the console: drawn, their runs told, their connections spoken to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.console.conftest import Shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHAT = """
import boto3
from chalice import Chalice
app = Chalice(app_name="shop")
app.experimental_feature_flags.update(["WEBSOCKETS"])
app.websocket_api.session = boto3.session.Session()

@app.on_ws_connect()
def connect(event):
    pass

@app.on_ws_message()
def message(event):
    app.websocket_api.send(event.connection_id, event.body.upper())

@app.on_ws_disconnect()
def disconnect(event):
    pass
"""


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Shop]:
    """An app that people talk to."""
    shop = Shop(tmp_path, CHAT)
    yield shop
    shop.offline.stop()


def drawn(shop: Shop) -> dict[tuple[str, str], int]:
    """Return the map: how often each route led to its handler."""
    found = shop.get("wiring")
    labels = {node["id"]: node["label"] for node in found["nodes"] if node["kind"] != "table"}
    return {
        (labels[edge["from"]], labels[edge["to"]]): edge["count"]
        for edge in found["edges"]
        if edge["from"].startswith("socket:")
    }


def test_routes_are_on_the_map_with_their_counts(chat: Shop) -> None:
    """Each of the three leads to its handler; who is connected is told at each."""
    with chat.offline.websocket("/") as socket:
        socket.send("hello")
        assert socket.receive() == "HELLO"
        nodes = {n["label"]: n for n in chat.get("wiring")["nodes"] if n["kind"] == "socket"}
        assert {name: node["open"] for name, node in nodes.items()} == dict.fromkeys(
            ("$connect", "$default", "$disconnect"), 1
        )
    assert drawn(chat) == {
        ("$connect", "connect"): 1,
        ("$default", "message"): 1,
        ("$disconnect", "disconnect"): 1,
    }
    runs = chat.get("runs")["runs"]
    assert {(run["source_kind"], run["source"].split(" ")[0]) for run in runs} == {
        ("socket", "$connect"),
        ("socket", "$default"),
        ("socket", "$disconnect"),
    }


def test_a_connection_is_spoken_to_and_ended(chat: Shop) -> None:
    """What is sent reaches the client; whoever is closed is gone, and its handler hears of it."""
    socket = chat.offline.websocket("/")
    (api,) = chat.get("sockets")["apis"]
    assert [one["id"] for one in api["connections"]] == [socket.id]
    assert {one["key"] for one in api["routes"]} == {"$connect", "$default", "$disconnect"}
    assert chat.post(f"sockets/{socket.id}/send", {"text": "psst"}) == {"sent": 4}
    assert socket.receive() == "psst"
    assert chat.post(f"sockets/{socket.id}/close") == {"closed": socket.id}
    chat.post("time/settle")
    assert chat.get("sockets")["apis"][0]["connections"] == []
    assert drawn(chat)["$disconnect", "disconnect"] == 1


@pytest.mark.parametrize(
    ("name", "body", "status", "words"),
    [
        ("nobody", {"text": "x"}, 404, "Nobody is connected as nobody"),
        ("{id}", {"text": ""}, 400, "text: "),
        ("{id}", {"text": ["x"]}, 400, "text: "),
        ("{id}", {"text": "x" * 131_073}, 400, "131073 bytes"),
    ],
)
def test_what_cannot_be_sent_is_one_sentence(
    chat: Shop, name: str, body: dict[str, Any], status: int, words: str
) -> None:
    """Nothing reaches the client."""
    socket = chat.offline.websocket("/")
    refused = chat.refused("POST", f"sockets/{name.format(id=socket.id)}/send", body)
    assert refused[0] == status
    assert words in refused[1]
    assert len(refused[1].splitlines()) == 1
    chat.post(f"sockets/{socket.id}/send", {"text": "the first"})
    assert socket.receive() == "the first"


def test_what_came_over_a_connection_is_neither_replayed_nor_saved(chat: Shop) -> None:
    """The connection is gone: the sentence says so, and what can be done; a handler's event can."""
    with chat.offline.websocket("/") as socket:
        socket.send("hello")
        assert socket.receive() == "HELLO"
    stories = [one for one in chat.get("stories")["stories"] if one["runs"]]
    assert len(stories) == 3
    for story in stories:
        number = story["story"]
        for method, door, body in (
            ("GET", f"replay/{number}", None),
            ("POST", f"replay/{number}", {}),
            ("POST", f"stories/{number}/test", {"name": "chat"}),
        ):
            status, sentence = chat.refused(method, door, body)
            assert status == 400
            assert sentence == (
                f"Entry {number} came over a WebSocket connection, which cannot be opened again: "
                "run the event of its handler again instead."
            )
    (run,) = [one for one in chat.get("runs")["runs"] if one["name"] == "message"]
    assert chat.get(f"replay/{run['entry']}")["operation"] == "Invoke"
